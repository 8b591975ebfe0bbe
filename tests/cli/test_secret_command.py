from __future__ import annotations

import io
import stat
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from wampedge.cli import main
from wampedge.cli.exit_codes import OK, USAGE
from wampedge.wamp import ed25519
from wampedge.wamp.auth import derive_wampcra_key
from wampedge.wamp.scram import ScramKeys, ScramSecret


class Keyboard(io.StringIO):
    """A terminal that nobody types at; ``getpass`` is told what it reads."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def piped(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give the password on stdin."""
    monkeypatch.setattr(sys, "stdin", io.StringIO("pencil\n"))


def made(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[str, dict[str, Any]]:
    """Return the secret, and what the device file has to say."""
    assert main(["secret", *arguments]) == OK
    told = capsys.readouterr()
    return told.out.strip(), tomllib.loads(told.err.splitlines()[-1])["auth"]


def test_a_ticket_is_long_and_random(capsys: pytest.CaptureFixture[str]) -> None:
    first, auth = made(capsys, "ticket")
    second, _ = made(capsys, "ticket")

    assert auth == {"method": "ticket", "secret": "${file:/path/to/it}"}
    assert len(first) == len(second) == 43
    assert first != second


@pytest.mark.usefixtures("piped")
def test_a_key_of_wampcra_is_that_of_the_password(capsys: pytest.CaptureFixture[str]) -> None:
    key, auth = made(capsys, "wampcra", "--iterations", "5")

    assert auth["iterations"] == 5
    assert len(auth["salt"]) == 32
    assert key == derive_wampcra_key("pencil", auth["salt"], iterations=5, key_length=32)


@pytest.mark.usefixtures("piped")
@pytest.mark.parametrize(
    "flags",
    [
        (),
        ("--iterations", "4096"),
        ("--kdf", "argon2id13", "--memory", "2048"),
        ("--kdf", "argon2id-13", "--memory", "512", "--iterations", "8"),
    ],
)
def test_what_scram_stores_belongs_to_the_password(
    capsys: pytest.CaptureFixture[str], flags: tuple[str, ...]
) -> None:
    text, auth = made(capsys, "scram", *flags)

    stored = ScramSecret.from_text(text)
    assert auth["method"] == "scram"
    assert ScramKeys.of(stored.kdf.derive("pencil")) == stored.keys
    assert len(stored.kdf.salt) == 16


def test_a_key_of_cryptosign_goes_to_a_private_file(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "seed"

    out, auth = made(capsys, "cryptosign", "--out", str(path))

    seed = bytes.fromhex(path.read_text().strip())
    assert out == ""
    assert auth["pubkeys"] == [ed25519.public_key(seed).hex()]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_device_file_is_told_where_the_secret_is(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    _, auth = made(capsys, "ticket", "--out", str(tmp_path / "ticket"))

    assert auth["secret"] == f"${{file:{tmp_path}/ticket}}"


def test_no_file_is_overwritten(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "seed"
    path.write_text("precious")

    assert main(["secret", "ticket", "--out", str(path)]) == USAGE
    assert "file exists" in capsys.readouterr().err
    assert path.read_text() == "precious"


@pytest.mark.usefixtures("piped")
@pytest.mark.parametrize(
    ("flags", "wanted"),
    [
        (("wampcra", "--iterations", "100001"), "iterations must be 1..100000, got 100001"),
        (("scram", "--iterations", "5"), "must be 4096..100000, got 5"),
    ],
)
def test_weak_and_costly_keys_are_refused(
    capsys: pytest.CaptureFixture[str], flags: tuple[str, ...], wanted: str
) -> None:
    assert main(["secret", *flags]) == USAGE
    assert wanted in capsys.readouterr().err


def test_an_empty_password_is_refused(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("\n"))

    assert main(["secret", "scram"]) == USAGE
    assert "the password is empty" in capsys.readouterr().err


@pytest.mark.parametrize(("second", "code"), [("pencil", OK), ("pen", USAGE)])
def test_a_person_is_asked_twice(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, second: str, code: int
) -> None:
    typed = iter(["pencil", second])
    monkeypatch.setattr(sys, "stdin", Keyboard())
    monkeypatch.setattr("getpass.getpass", lambda prompt: next(typed))

    assert main(["secret", "wampcra"]) == code
    assert ("the two passwords differ" in capsys.readouterr().err) is (code == USAGE)
