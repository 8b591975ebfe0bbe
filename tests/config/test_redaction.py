from __future__ import annotations

from pathlib import Path

from wampedge.config.redaction import redacted_files, redacted_text

SOURCE = (
    "\ufeffwampedge = 1\r\n"
    '[upstream]\r\nurl = "wss://me:hunter2@hub/"\r\n'
    'auth = { method = "ticket", id = "a", secret = "hunter2" }\r\n'
    "[templates.t]\r\ntoken = 'hunter2'\r\nother = '${file:/etc/x}'\r\n"
)


def test_secrets_are_stars_and_references_stay() -> None:
    assert redacted_text(SOURCE) == (
        "wampedge = 1\n"
        '[upstream]\nurl = "wss://**********@hub/"\n'
        'auth = { method = "ticket", id = "a", secret = "*******" }\n'
        "[templates.t]\ntoken = '*******'\nother = '${file:/etc/x}'\n"
    )


def test_every_file_that_is_still_there_is_shown(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text("secret = 'hunter2'\n")

    texts = redacted_files([tmp_path / "a.toml", tmp_path / "gone.toml"])

    assert texts == {str(tmp_path / "a.toml"): "secret = '*******'\n"}
