"""Bind the arguments of a call to the declared arguments of a command, naming what is wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from wampedge.devices.fields import REQUIRED, Field, FieldError
from wampedge.errors import InvalidValueError

__all__ = ["bind_arguments"]


def bind_arguments(
    declared: Mapping[str, Field], args: Sequence[Any], kwargs: Mapping[str, Any]
) -> dict[str, Any]:
    """Return every declared argument by name, converted.

    Args:
        declared: name to kind, in positional order.
        args: positional arguments of the call.
        kwargs: keyword arguments of the call.

    Raises:
        InvalidValueError: an argument is missing, unknown, given twice or not of its kind.
    """
    given = _by_name(declared, args, kwargs)
    bound = {}
    for name, kind in declared.items():
        if name in given:
            try:
                bound[name] = kind.convert(given[name])
            except FieldError as error:
                raise InvalidValueError(f"{name}: {error}", field=name) from error
        elif kind.default is REQUIRED:
            raise InvalidValueError(f"{name} is missing", field=name)
        else:
            bound[name] = kind.default
    return bound


def _by_name(
    declared: Mapping[str, Field], args: Sequence[Any], kwargs: Mapping[str, Any]
) -> dict[str, Any]:
    names = list(declared)
    if len(args) > len(names):
        extra = f"takes {_counted(names)}, got {len(args)}"
        raise InvalidValueError(extra, field=f"argument {len(names) + 1}")
    given = dict(zip(names, args, strict=False))
    for name, value in kwargs.items():
        if name not in declared:
            allowed = f"known are: {', '.join(names)}" if names else "none is taken"
            raise InvalidValueError(f"{name} is not an argument ({allowed})", field=name)
        if name in given:
            raise InvalidValueError(f"{name} is given twice", field=name)
        given[name] = value
    return given


def _counted(names: Sequence[str]) -> str:
    if not names:
        return "no arguments"
    return f"{len(names)} argument{'s' if len(names) > 1 else ''} ({', '.join(names)})"
