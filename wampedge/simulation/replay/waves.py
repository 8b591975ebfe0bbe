"""A trace as waves: pins as levels, buses as what passes over them.

A pin that is an output has the level that was written, an input that of its edges and reads, a wave
its duty from 0 to 1. Each bus has a wire that is high while something passes (``BUS.busy``), one
that is high while it fails (``BUS.failed``), and the text of it, such as ``0x76_w_f7_r_5a80``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from wampedge.hardware.recording.entries import Entry, TraceError
from wampedge.simulation.replay.trace import Trace
from wampedge.simulation.scenario.recording import Change
from wampedge.simulation.scenario.vcd import Word, vcd_text

__all__ = ["waves_of", "write_waves"]

_PINS_WRITTEN: Final = frozenset({"output", "write", "duty"})
_PINS_READ: Final = frozenset({"edge", "read", "before"})
_IDLE: Final = Word("_")
_ON_BUS: Final = (".busy", ".failed")
_MAX_SHOWN: Final = 64


def write_waves(trace: Trace, path: Path) -> None:
    """Write the waves of *trace* to *path*; raises TraceError."""
    try:
        path.write_text(waves_of(trace), encoding="ascii")
    except OSError as error:
        raise TraceError(f"{path} cannot be written: {error.strerror}") from error


def waves_of(trace: Trace) -> str:
    """Return *trace* as a value change dump in nanoseconds since its start."""
    changes = sorted(_all_changes(trace.entries), key=lambda change: change.at_s)
    first = {change.name: _before(change) for change in reversed(changes)}
    return vcd_text(str(trace.header["node"]), first, changes, trace.end_ns / 1e9)


def _before(change: Change) -> Any:
    """Return what was before the first change of a signal."""
    if isinstance(change.value, Word):
        return _IDLE
    return False if change.name.endswith(_ON_BUS) else None


def _all_changes(entries: Iterable[Entry]) -> Iterator[Change]:
    for entry in entries:
        if entry.kind == "pins":
            yield from _pin_change(entry)
        elif entry.kind not in {"mark", "call"}:
            yield from _bus_changes(entry)


def _pin_change(entry: Entry) -> Iterator[Change]:
    name, at_s = f"{entry.bus}:{entry.at}", entry.t / 1e9
    if entry.error:
        return
    if entry.op in _PINS_WRITTEN or entry.op.startswith("pwm "):
        yield Change(at_s, name, entry.w)
    elif entry.op in _PINS_READ:
        # The kernel knows better than we when an edge was.
        yield Change(max(0, entry.w) / 1e9 if entry.op == "edge" else at_s, name, entry.r)
    elif entry.op == "low":
        yield Change(at_s, name, False)


def _bus_changes(entry: Entry) -> Iterator[Change]:
    name = entry.bus.removeprefix("/dev/")
    begin_s, end_s = entry.t / 1e9, (entry.t + max(1, entry.ns)) / 1e9
    yield Change(begin_s, f"{name}.busy", True)
    yield Change(begin_s, name, Word(_text(entry)))
    yield Change(end_s, f"{name}.busy", False)
    yield Change(end_s, name, _IDLE)
    if entry.error:
        yield Change(begin_s, f"{name}.failed", True)
        yield Change(end_s, f"{name}.failed", False)


def _text(entry: Entry) -> str:
    parts = [entry.at, entry.op]
    sent = entry.w if isinstance(entry.w, list) else [entry.w]
    written = "".join(each for each in sent if isinstance(each, str))
    if written:
        parts += ["w", written[:_MAX_SHOWN]]
    if isinstance(entry.r, str) and entry.r:
        parts += ["r", entry.r[:_MAX_SHOWN]]
    if entry.error:
        parts.append(f"errno{entry.errno}" if entry.errno else "failed")
    return "_".join(part for part in parts if part)
