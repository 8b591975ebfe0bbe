from __future__ import annotations

import os
from pathlib import Path

import pytest

from wampedge.config import check, read_source
from wampedge.config.source import clean_text, decode_source
from wampedge.config.statements import MAX_SIZE_BYTES
from wampedge.errors import ConfigError


def test_the_text_of_a_file_is_read(tmp_path: Path) -> None:
    file = tmp_path / "devices.toml"
    file.write_text("wampedge = 1 # °\n", "utf-8")

    assert read_source(file) == "wampedge = 1 # °\n"


def refusal(path: Path) -> str:
    with pytest.raises(ConfigError) as caught:
        read_source(path)
    assert caught.value.problems == ()
    return str(caught.value)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    path = tmp_path / "none.toml"

    assert refusal(path) == f"device file {path} cannot be read: no such file or directory"


def test_a_folder_is_no_device_file(tmp_path: Path) -> None:
    assert refusal(tmp_path) == f"device file {tmp_path} is a directory"


def test_a_pipe_nobody_writes_to_does_not_hang(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)

    assert refusal(path) == f"device file {path} is not a regular file"


def test_a_name_with_a_nul_byte_is_told() -> None:
    assert "cannot be read: " in refusal(Path("a\0b"))


def test_a_file_of_ten_megabytes_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "devices.toml"
    path.write_bytes(b"#" * 10_000_000)

    assert refusal(path) == f"device file {path} is larger than 256 KiB"


def test_a_file_of_just_the_limit_is_read(tmp_path: Path) -> None:
    path = tmp_path / "devices.toml"
    path.write_bytes(b"#" * MAX_SIZE_BYTES)

    assert len(read_source(path)) == MAX_SIZE_BYTES


@pytest.mark.parametrize(
    ("raw", "line"),
    [
        ("a = 1\n".encode("utf-16"), "f:1:1 file is UTF-16 text (save it as UTF-8)"),
        ("a = 1\n".encode("utf-16-be"), "f:1:1 file is UTF-16 text (save it as UTF-8)"),
        ("a = 1\n".encode("utf-32"), "f:1:1 file is UTF-16 text (save it as UTF-8)"),
        (b"# ok\nx = '\xe9'\n", "f:2:6 byte 0xe9 is not UTF-8 text (save the file as UTF-8)"),
        (b"\xc3\xa9\xff", "f:1:2 byte 0xff is not UTF-8 text (save the file as UTF-8)"),
    ],
)
def test_bytes_that_are_no_utf_8_text_are_told_with_their_line(raw: bytes, line: str) -> None:
    with pytest.raises(ConfigError) as caught:
        decode_source(raw, "f")

    (problem,) = caught.value.problems
    assert f"f:{problem.line}:{problem.column} {problem.text} ({problem.hint})" == line  # type: ignore[attr-defined] # problems of a ConfigError are any objects
    assert f"--> f:{problem.line}:{problem.column}" in str(caught.value)  # type: ignore[attr-defined] # likewise


def test_byte_order_mark_and_carriage_returns_are_taken() -> None:
    assert clean_text("\ufeffa = 1\r\nb = 2\r\n") == ("a = 1\nb = 2\n", [])


def test_control_characters_become_spaces_and_are_told_once_a_run() -> None:
    text, found = clean_text("a = 1\n\0\0\0b = '\x1b'\tc\rd\n")

    assert text == "a = 1\n   b = ' '\tc d\n"
    assert [at for at, _, _ in found] == [6, 14, 18]
    assert found[0][1:] == (
        "control character NUL is not allowed",
        "is the file saved as UTF-16? save it as UTF-8",
    )
    assert found[1][1:] == ("control character U+001B is not allowed", "remove it")


def test_half_a_surrogate_pair_is_told() -> None:
    _, problems = check("wampedge = 1 # \ud800", "f")

    assert (1, 16, "control character U+D800 is not allowed") in [
        (problem.line, problem.column, problem.text) for problem in problems
    ]
