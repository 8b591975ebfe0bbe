"""Results of calls as the types their callers ask for: checked, and said clearly when they are not.

| asked for | takes | gives |
|---|---|---|
| ``bool``, ``int``, ``str``, ``bytes``, ``None`` | exactly that | the value |
| ``float`` | a float or an integer | a float |
| ``list[T]``, ``tuple[T, ...]``, ``tuple[A, B]`` | a list of it | a list or tuple |
| ``dict[str, T]`` | a dict | a dict |
| a dataclass | a dict with its fields, or the keywords of the result | an instance |
| ``A | B``, ``Literal["a", "b"]`` | any of them, tried in this order | what fits first |
| ``list``, ``dict``, ``Any`` | a list, a dict, anything | the value |
"""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Callable, Mapping
from typing import Any, Literal, TypeVar, cast

from wampedge.client.results import CallResult
from wampedge.errors import WrongResultError

__all__ = ["typed_result"]

_T = TypeVar("_T")
_PLAIN = (bool, int, str, bytes, list, dict)


def typed_result(result: CallResult, wanted: type[_T], what: str) -> _T:
    """Return *result* as *wanted*.

    Args:
        result: what the callee answered; its first positional value counts, or for a dataclass
            its keywords when it has no positional value.
        wanted: one of the types of the table above.
        what: the call for people.

    Raises:
        WrongResultError: the result is something else.
        TypeError: *wanted* is no type of the table.
    """
    value: Any = result.value
    if dataclasses.is_dataclass(wanted) and not result.args:
        value = dict(result.kwargs)
    try:
        return cast(_T, _convert(value, wanted, "value"))
    except _MisfitError as misfit:
        raise WrongResultError(
            what, place=misfit.place, wanted=_name(misfit.wanted), found=_shown(misfit.found)
        ) from None


class _MisfitError(Exception):
    """A value is not what was wanted at its place; stays in this module."""

    def __init__(self, place: str, wanted: Any, found: Any) -> None:
        super().__init__(place)
        self.place = place
        self.wanted = wanted
        self.found = found


def _convert(value: Any, wanted: Any, place: str) -> Any:
    if wanted is Any or wanted is object:
        return value
    if wanted is None or wanted is types.NoneType:
        return _exact(value, types.NoneType, place)
    if wanted in _PLAIN:
        return _exact(value, wanted, place)
    if wanted is float:
        return float(value) if type(value) is int else _exact(value, float, place)
    if dataclasses.is_dataclass(wanted):
        return _dataclass(value, wanted, place)
    convert = _CONVERT_BY_ORIGIN.get(typing.get_origin(wanted))
    if convert is None:
        raise TypeError(f"results can be no {wanted!r} (see wampedge.client.typed)")
    return convert(value, wanted, place)


def _exact(value: Any, wanted: Any, place: str) -> Any:
    if type(value) is not wanted:
        raise _MisfitError(place, wanted, value)
    return value


def _dataclass(value: Any, wanted: Any, place: str) -> Any:
    found = _exact(value, dict, place)
    hints = typing.get_type_hints(wanted)
    values = {}
    for field in dataclasses.fields(wanted):
        if field.name in found:
            inner = f"{place}.{field.name}"
            values[field.name] = _convert(found[field.name], hints[field.name], inner)
        elif field.default is field.default_factory is dataclasses.MISSING:
            raise _MisfitError(place, f"a dict with {field.name!r}", found)
    return wanted(**values)


def _elements(value: Any, place: str) -> Any:
    """Return a list as it is; in one process a tuple may come as well."""
    return list(value) if type(value) is tuple else _exact(value, list, place)


def _list(value: Any, wanted: Any, place: str) -> Any:
    (inner,) = typing.get_args(wanted)
    found = _elements(value, place)
    return [_convert(each, inner, f"{place}[{at}]") for at, each in enumerate(found)]


def _tuple(value: Any, wanted: Any, place: str) -> Any:
    inner = typing.get_args(wanted)
    found = _elements(value, place)
    if len(inner) == 2 and inner[1] is ...:
        inner = (inner[0],) * len(found)
    if len(inner) != len(found):
        raise _MisfitError(place, f"a list of {len(inner)}", found)
    pairs = enumerate(zip(found, inner, strict=True))
    return tuple(_convert(each, kind, f"{place}[{at}]") for at, (each, kind) in pairs)


def _dict(value: Any, wanted: Any, place: str) -> Any:
    kind, inner = typing.get_args(wanted)
    return {
        _convert(key, kind, f"key of {place}"): _convert(each, inner, f"{place}[{key!r}]")
        for key, each in _exact(value, dict, place).items()
    }


def _union(value: Any, wanted: Any, place: str) -> Any:
    for kind in typing.get_args(wanted):
        try:
            return _convert(value, kind, place)
        except _MisfitError:
            continue
    raise _MisfitError(place, wanted, value)


def _literal(value: Any, wanted: Any, place: str) -> Any:
    if not any(type(value) is type(each) and value == each for each in typing.get_args(wanted)):
        raise _MisfitError(place, wanted, value)
    return value


_CONVERT_BY_ORIGIN: Mapping[Any, Callable[[Any, Any, str], Any]] = {
    list: _list,
    tuple: _tuple,
    dict: _dict,
    types.UnionType: _union,
    Literal: _literal,
}


def _name(wanted: Any) -> str:
    """Name a type as people write it."""
    if isinstance(wanted, str):
        return wanted
    if wanted is types.NoneType:
        return "None"
    if isinstance(wanted, type) and not typing.get_args(wanted):
        return wanted.__name__
    return str(wanted).replace("typing.", "")


def _shown(found: Any) -> str:
    """Show a value of the wire in at most 60 characters."""
    text = repr(found)
    shown = text if len(text) <= 40 else text[:37] + "..."
    return f"{shown} ({type(found).__name__})"
