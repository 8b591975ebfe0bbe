"""Values on the command line: JSON where it is JSON, text otherwise; and back for people."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["keyword", "plain", "to_json_line", "value_of"]


def value_of(text: str) -> Any:
    """Return what *text* means: ``true``, ``21.5``, ``[1, 2]`` are JSON, all else is text."""
    try:
        return json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        return text


def keyword(text: str) -> tuple[str, Any]:
    """Return name and value of ``name=value``; raises argparse.ArgumentTypeError."""
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise argparse.ArgumentTypeError(f"must be name=value, got {text!r}")
    return name, value_of(value)


def plain(args: Sequence[Any], kwargs: Mapping[str, Any]) -> str:
    """Return arguments as one readable text: values first, then ``name=value``; "" is left out."""
    if len(args) == 1 and not kwargs and isinstance(args[0], (dict, list)):
        return json.dumps(args[0], indent=2, ensure_ascii=False, default=_bytes_as_text)
    parts = [_one(value) for value in args]
    parts += [f"{name}={_one(value)}" for name, value in kwargs.items() if value != ""]
    return "  ".join(parts)


def to_json_line(members: Mapping[str, Any]) -> str:
    """Return *members* as one line of JSON; bytes become hexadecimal text."""
    return json.dumps(members, ensure_ascii=False, default=_bytes_as_text)


def _one(value: Any) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, default=_bytes_as_text)


def _bytes_as_text(value: Any) -> str:
    return value.hex() if isinstance(value, bytes) else str(value)


def _refuse_constant(text: str) -> Any:
    raise ValueError(f"{text} is not JSON")
