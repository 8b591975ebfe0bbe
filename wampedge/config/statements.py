"""The TOML grammar as far as the scanner needs it: regular expressions and limits."""

from __future__ import annotations

import re
from functools import cache
from typing import Final

import tomli

__all__ = [
    "END_OF_LINE",
    "FILLER",
    "KEY_PART",
    "MAX_DEPTH",
    "MAX_KEY_PARTS",
    "MAX_MISTAKES",
    "MAX_PLACES",
    "MAX_SCALAR",
    "MAX_SIZE_BYTES",
    "PLAIN_VALUE",
    "SCALAR",
    "STRINGS",
    "statement_start",
    "unquoted",
]

MAX_DEPTH: Final = 32
MAX_KEY_PARTS: Final = 16
MAX_MISTAKES: Final = 100
"""After so many the text is taken for something else than a device file."""
MAX_PLACES: Final = 10_000
"""Keys and list items of one file; the largest sites stay far below."""
MAX_SIZE_BYTES: Final = 256 * 1024
"""The scanner and ``check`` look at no longer text."""
MAX_SCALAR: Final = 100
"""Characters of a number, flag or date; ``int`` of thousands of digits is slow, then refused."""

FILLER: Final = re.compile(r"(?:[ \t\n]|#[^\n]*)*+")
END_OF_LINE: Final = re.compile(r"[ \t]*(?:#[^\n]*)?(?:\n|\Z)")
KEY_PART: Final = re.compile(r"""[A-Za-z0-9_-]+|"(?:[^"\\\n]|\\[^\n])*+"|'[^'\n]*'""")
SCALAR: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9][^\s,\]}#]*|[^\s,\[\]{}#\"'=]+")
"""A date, one space and a time count as one value."""
STRINGS: Final = (
    ('"""', re.compile(r'"""(?:[^\\"]|\\.|"{1,2}(?!"))*+"{3,5}', re.DOTALL)),
    ("'''", re.compile(r"'''(?:[^']|'{1,2}(?!'))*+'{3,5}", re.DOTALL)),
    ('"', re.compile(r'"(?:[^"\\\n]|\\[^\n])*+"')),
    ("'", re.compile(r"'[^'\n]*'")),
)
PLAIN_VALUE: Final = re.compile(
    r"true|false|[+-]?(?:inf|nan)"
    r"|[+-]?(?:0|[1-9](?:_?[0-9])*)(?:\.[0-9](?:_?[0-9])*)?(?:[eE][+-]?[0-9](?:_?[0-9])*)?"
    r"|0x[0-9A-Fa-f](?:_?[0-9A-Fa-f])*|0o[0-7](?:_?[0-7])*|0b[01](?:_?[01])*"
    r"|[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[Tt ].*)?|[0-9]{2}:[0-9]{2}.*"
)
"""Whether a date exists is left to the parser."""


@cache
def statement_start() -> re.Pattern[str]:
    """Return what looks like a statement at the begin of a line, to go on after a broken one.

    Made when a file has such a mistake: compiling it costs more than scanning a right file.
    """
    key = rf"(?:{KEY_PART.pattern})"
    keys = rf"{key}(?:[ \t]*\.[ \t]*{key})*[ \t]*"
    header = rf"\[{{1,2}}[ \t]*{keys}\]{{1,2}}[ \t]*(?:#|$)"
    return re.compile(rf"^[ \t]*(?:{header}|{keys}=)", re.MULTILINE)


def unquoted(part: str) -> str | None:
    """Return the name a key part means; None when it has an escape that TOML does not know."""
    if part[0] == "'":
        return part[1:-1]
    if part[0] != '"':
        return part
    if "\\" not in part:
        return part[1:-1]
    try:
        name: str = tomli.loads(f"k={part}")["k"]
    except tomli.TOMLDecodeError:
        return None
    return name
