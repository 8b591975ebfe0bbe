"""Regular expressions from a device file, held to those that cannot make the node hang.

Python's ``re`` tries alternatives one after another, and some patterns have exponentially many:
``(a+)+b`` needs minutes for thirty letters. The standard library has no linear-time engine, so a
pattern is checked instead: wherever a repetition could go on or stop, the next byte must decide
which. One repetition that does not decide (``.*`` before something it also matches) is allowed,
because a line is short; more are refused with a hint.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from importlib import import_module
from typing import Any

__all__ = ["MAX_DEPTH", "MAX_WAYS", "compile_pattern"]

MAX_WAYS = 2048
"""Ways a line may be tried to be read: one undecided repetition over a line of 1024 bytes."""
MAX_DEPTH = 4
"""Repetitions inside one another; the check looks at each twice, so it bounds its own work too."""
_UNDECIDED = 1024

# ``re._parser`` is the parser of the standard library, under this name since Python 3.11.
_parser: Any = import_module("re._parser")
_ANY = (1 << 256) - 1
_NEWLINE = 1 << 10


class _Shape:
    """What a part of a pattern can do.

    Attributes:
        first: the bytes it can begin with, as a bit mask.
        is_nullable: it can match nothing.
        ways: an upper bound for how often it can be tried in vain.
    """

    __slots__ = ("first", "is_nullable", "ways")

    def __init__(self, first: int, is_nullable: bool, ways: int) -> None:
        self.first = first
        self.is_nullable = is_nullable
        self.ways = ways


def compile_pattern(text: str) -> re.Pattern[bytes]:
    """Return the pattern over the UTF-8 bytes of a line; raises ValueError with the reason."""
    try:
        pattern = re.compile(text.encode())
        ways = _ways(_parser.parse(text.encode()))
    except (re.error, RecursionError, OverflowError, UnicodeEncodeError) as error:
        raise ValueError(f"is no regular expression: {error}") from error
    if pattern.flags:
        raise ValueError("must not set flags such as (?i)")
    if ways > MAX_WAYS:
        raise ValueError(
            "could take for ever on some lines: write what ends each repetition,"
            " such as [^,]+, instead of .+,"
        )
    return pattern


def _ways(tree: Any) -> int:
    """Return how often parts of a pattern can be tried in vain, at most."""
    if _depth(tree) > MAX_DEPTH:
        raise ValueError(f"must not nest more than {MAX_DEPTH} repetitions")
    return _sequence(tree, 0).ways


def _depth(part: Any) -> int:
    """Return how deep repetitions are nested in a parsed pattern."""
    if isinstance(part, tuple) and len(part) == 2 and str(part[0]).endswith("REPEAT"):
        return 1 + _depth(part[1][2])
    if isinstance(part, (list, tuple, _parser.SubPattern)):
        return max((_depth(inner) for inner in part), default=0)
    return 0


def _sequence(items: Iterable[tuple[Any, Any]], follow: int) -> _Shape:
    """Look at parts from the last to the first: what follows one decides how it can go on."""
    first, is_nullable, ways = follow, True, 1
    for operation, argument in reversed(list(items)):
        shape = _shape(operation, argument, first)
        first = shape.first | (first if shape.is_nullable else 0)
        is_nullable = is_nullable and shape.is_nullable
        ways *= shape.ways
        if ways > MAX_WAYS:
            return _Shape(first, is_nullable, MAX_WAYS + 1)
    return _Shape(first, is_nullable, ways)


def _shape(operation: Any, argument: Any, follow: int) -> _Shape:
    look = _LOOKS.get(str(operation))
    if look is None:
        raise ValueError(f"must not use {_NAMES.get(str(operation), str(operation).lower())}")
    return look(argument, follow)


def _repeat(argument: tuple[int, Any, Any], follow: int) -> _Shape:
    least, most, body = argument
    if least == most == 1:
        return _sequence(body, follow)
    once = _sequence(body, 0)
    inner = _sequence(body, follow if most == 1 else follow | once.first)
    if most == 1:
        is_decided = once.first & follow == 0 and not once.is_nullable
        return _Shape(once.first, True, inner.ways if is_decided else inner.ways + 1)
    if once.is_nullable or inner.ways > 1:
        return _Shape(once.first, least == 0 or once.is_nullable, MAX_WAYS + 1)
    is_decided = least == most or once.first & follow == 0
    return _Shape(once.first, least == 0, 1 if is_decided else _UNDECIDED)


def _branch(argument: tuple[None, list[Any]], follow: int) -> _Shape:
    shapes = [_sequence(branch, follow) for branch in argument[1]]
    firsts = [shape.first | (follow if shape.is_nullable else 0) for shape in shapes]
    union, is_decided = 0, True
    for first in firsts:
        is_decided = is_decided and union & first == 0
        union |= first
    ways = [shape.ways for shape in shapes]
    is_nullable = any(shape.is_nullable for shape in shapes)
    return _Shape(union, is_nullable, max(ways) if is_decided else sum(ways))


def _group(argument: tuple[Any, int, int, Any], follow: int) -> _Shape:
    _, add_flags, del_flags, body = argument
    if add_flags or del_flags:
        raise ValueError("must not set flags such as (?i)")
    return _sequence(body, follow)


def _one_of(items: Iterable[tuple[Any, Any]], _: int) -> _Shape:
    mask, is_negated = 0, False
    for operation, argument in items:
        kind = str(operation)
        if kind == "NEGATE":
            is_negated = True
        elif kind == "LITERAL":
            mask |= 1 << argument
        elif kind == "RANGE":
            mask |= (1 << argument[1] + 1) - (1 << argument[0])
        else:
            mask |= _category(str(argument))
    return _Shape(_ANY & ~mask if is_negated else mask, False, 1)


@cache
def _category(name: str) -> int:
    """Return the bytes of a class such as ``CATEGORY_NOT_DIGIT``."""
    sample = {"DIGIT": rb"\d", "SPACE": rb"\s", "WORD": rb"\w"}[name.rpartition("_")[2]]
    mask = sum(1 << byte for byte in range(256) if re.match(sample, bytes((byte,))))
    return _ANY & ~mask if "_NOT_" in name else mask


_LOOKS: Mapping[str, Callable[[Any, int], _Shape]] = {
    "LITERAL": lambda byte, _: _Shape(1 << byte, False, 1),
    "NOT_LITERAL": lambda byte, _: _Shape(_ANY & ~(1 << byte), False, 1),
    "ANY": lambda _, __: _Shape(_ANY & ~_NEWLINE, False, 1),
    "AT": lambda _, __: _Shape(0, True, 1),
    "IN": _one_of,
    "BRANCH": _branch,
    "SUBPATTERN": _group,
    "MAX_REPEAT": _repeat,
    "MIN_REPEAT": _repeat,
}
_NAMES = {
    "GROUPREF": "references to groups",
    "GROUPREF_EXISTS": "references to groups",
    "ASSERT": "look-ahead or look-behind",
    "ASSERT_NOT": "look-ahead or look-behind",
}
