"""Waves as a value change dump (IEEE 1364): what GTKWave and PulseView show."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final

from wampedge.simulation.scenario.recording import Change

__all__ = ["Word", "vcd_text"]

_FIRST, _LAST = 33, 126
"""Characters of identifiers: all of ASCII that can be seen."""
_SPAN: Final = _LAST - _FIRST + 1


class Word(str):
    """A text that is shown as a wave, such as what passes over a bus; GTKWave's own kind."""

    __slots__ = ()


def vcd_text(name: str, first: Mapping[str, Any], changes: Iterable[Change], end_s: float) -> str:
    """Return a dump in nanoseconds.

    Args:
        name: of the scenario.
        first: level of each pin at time 0.
        changes: in the order of time.
        end_s: when it ends.
    """
    listed = [change for change in changes if _usable(change.value)]
    values: dict[str, list[Any]] = {key: [value] for key, value in first.items()}
    for change in listed:
        values.setdefault(change.name, []).append(change.value)
    kinds = {key: _kind(seen) for key, seen in values.items()}
    codes = {key: _code(index) for index, key in enumerate(values)}
    lines = [
        f"$comment {re.sub('[^ -~]', '?', name).replace('$', '')} $end",
        "$timescale 1ns $end",
        "$scope module site $end",
        *(
            f"$var {kind} {64 if kind == 'real' else 1} {codes[key]} {_label(key)} $end"
            for key, kind in kinds.items()
        ),
        "$upscope $end",
        "$enddefinitions $end",
        "$dumpvars",
        *(_value(first.get(key), kind, codes[key]) for key, kind in kinds.items()),
        "$end",
    ]
    at_ns = -1
    for change in listed:
        change_ns = max(at_ns, round(change.at_s * 1_000_000_000), 0)
        if change_ns != at_ns:
            at_ns = change_ns
            lines.append(f"#{at_ns}")
        lines.append(_value(change.value, kinds[change.name], codes[change.name]))
    lines.append(f"#{max(at_ns, round(end_s * 1_000_000_000))}")
    return "\n".join([*lines, ""])


def _usable(value: Any) -> bool:
    return value is None or isinstance(value, bool | int | float | Word)


def _kind(seen: Collection[Any]) -> str:
    if any(isinstance(value, Word) for value in seen):
        return "string"
    return "wire" if all(value is None or isinstance(value, bool) for value in seen) else "real"


def _value(value: Any, kind: str, code: str) -> str:
    if kind == "string":
        return f"s{_label(value or '_')} {code}"
    if kind == "real":
        return f"r{'nan' if value is None else repr(float(value))} {code}"
    return f"{'x' if value is None else int(value)}{code}"


def _label(name: str) -> str:
    """Return *name* as one word without what readers of dumps trip over."""
    return re.sub(r"[^A-Za-z0-9_.]", "_", name)


def _code(index: int) -> str:
    text = ""
    while True:
        text += chr(_FIRST + index % _SPAN)
        index = index // _SPAN - 1
        if index < 0:
            return text
