"""Reading the text of a device file safely: any path, any bytes, bounded and without hanging."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path
from typing import Final

from wampedge.config.problems import Problem
from wampedge.config.report import render
from wampedge.config.statements import MAX_SIZE_BYTES
from wampedge.errors import ConfigError

__all__ = ["clean_text", "decode_source", "read_source"]

_FORBIDDEN: Final = re.compile("[\0-\x08\x0b-\x1f\x7f\ud800-\udfff]+")
_BYTE_ORDER_MARK: Final = "\ufeff"


def read_source(path: Path, what: str = "device file") -> str:
    """Return the text of the file at *path*, which messages call *what*.

    Raises:
        ConfigError: it cannot be read, is no regular file or too large (``problems`` is empty
            then), or its bytes are no UTF-8 text.
    """
    try:
        # Non-blocking: opening a FIFO that nobody writes to would wait for ever.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise ConfigError(f"{what} {path} cannot be read: {reason.lower()}") from error
    mode = os.fstat(descriptor).st_mode
    if not stat.S_ISREG(mode):
        os.close(descriptor)
        kind = "is a directory" if stat.S_ISDIR(mode) else "is not a regular file"
        raise ConfigError(f"{what} {path} {kind}")
    with os.fdopen(descriptor, "rb") as file:
        raw = file.read(MAX_SIZE_BYTES + 1)
    if len(raw) > MAX_SIZE_BYTES:
        raise ConfigError(f"{what} {path} is larger than {MAX_SIZE_BYTES // 1024} KiB")
    return decode_source(raw, str(path))


def decode_source(raw: bytes, file: str) -> str:
    """Return *raw* as text; raises ConfigError with the line of the first byte that is none."""
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff") or raw.count(0) > len(raw) // 4:
        text, hint = "file is UTF-16 text", "save it as UTF-8"
        raise _refusal(
            Problem(file, 1, 1, 2, text, hint, "encoding"), raw.decode("utf-16", "replace")
        )
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        line_start = raw.rfind(b"\n", 0, error.start) + 1
        line = raw.count(b"\n", 0, error.start) + 1
        column = len(raw[line_start : error.start].decode()) + 1
        text = f"byte 0x{raw[error.start]:02x} is not UTF-8 text"
        hint = "save the file as UTF-8"
        problem = Problem(file, line, column, column + 1, text, hint, "encoding")
        raise _refusal(problem, raw.decode("utf-8", "replace")) from error


def clean_text(text: str) -> tuple[str, list[tuple[int, str, str]]]:
    """Return *text* as the scanner wants it, and what was wrong with it.

    A byte order mark and carriage returns before line feeds go away. Characters that no TOML text
    may hold become spaces; each is listed with its offset in the result, once per run of them.
    """
    text = text.removeprefix(_BYTE_ORDER_MARK).replace("\r\n", "\n")
    found: list[tuple[int, str, str]] = []
    for run in _FORBIDDEN.finditer(text):
        name = "NUL" if run[0][0] == "\0" else f"U+{ord(run[0][0]):04X}"
        hint = "is the file saved as UTF-16? save it as UTF-8" if name == "NUL" else "remove it"
        found.append((run.start(), f"control character {name} is not allowed", hint))
    return (_FORBIDDEN.sub(lambda run: " " * len(run[0]), text) if found else text), found


def _refusal(problem: Problem, text: str) -> ConfigError:
    return ConfigError(render([problem], text), [problem])
