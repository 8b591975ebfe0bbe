"""Traces as ``wampedge run --record`` writes them, read and checked as a whole."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from wampedge.hardware.recording.entries import FORMAT, VERSION, Entry, TraceError, entry_of

__all__ = ["MAX_TRACE_BYTES", "Trace", "read_trace"]

MAX_TRACE_BYTES: Final = 1 << 30
_HEADER_KINDS: Final[Mapping[str, tuple[type, ...]]] = {
    "node": (str,),
    "digest": (str,),
    "started": (int, float),
    "monotonic": (int, float),
}


class Trace(NamedTuple):
    """One run of a node, as far as it was recorded."""

    path: Path
    header: Mapping[str, Any]
    entries: tuple[Entry, ...]
    """In the order of the file."""

    @property
    def started(self) -> float:
        """Wall-clock time at its start, in Unix seconds."""
        return float(self.header["started"])

    @property
    def monotonic(self) -> float:
        """Monotonic time at its start, in seconds."""
        return float(self.header["monotonic"])

    @property
    def end_ns(self) -> int:
        """When the last transaction began, in ns since the start."""
        return max((entry.t for entry in self.entries), default=0)

    @property
    def kept(self) -> Mapping[str, Mapping[str, Any]]:
        """What devices kept from an earlier run, by device and key."""
        start = self.mark("start")
        return start.w if start is not None and isinstance(start.w, dict) else {}

    def mark(self, op: str) -> Entry | None:
        """Return the mark *op*, or None."""
        found = (each for each in self.entries if each.kind == "mark" and each.op == op)
        return next(found, None)


def read_trace(path: Path) -> Trace:
    """Return the trace at *path*; raises TraceError that names file and line."""
    try:
        if path.stat().st_size > MAX_TRACE_BYTES:
            raise TraceError(f"{path} is longer than {MAX_TRACE_BYTES >> 20} MB")
        content = path.read_bytes()
    except OSError as error:
        raise TraceError(f"{path} cannot be read: {error.strerror}") from error
    lines = content.split(b"\n")
    rest = lines.pop()
    if rest:
        raise TraceError(
            f"{path}:{len(lines) + 1}: the line has no end: the trace was cut, as when the power"
            f" fails; `head -n {len(lines)} {path}` gives its full lines"
        )
    if not lines:
        raise TraceError(f"{path}:1: the trace is empty")
    header = _header(path, lines[0])
    return Trace(path, header, tuple(_entries(path, lines)))


def _header(path: Path, line: bytes) -> Mapping[str, Any]:
    header = _decoded(path, line, 1)
    if not isinstance(header, dict) or header.get("format") != FORMAT:
        raise TraceError(f'{path}:1: is no trace (its first line must say "format": "{FORMAT}")')
    if header.get("version") != VERSION:
        found = header.get("version")
        raise TraceError(f"{path}:1: is of version {found!r}, this wampedge reads {VERSION}")
    for key, kinds in _HEADER_KINDS.items():
        value = header.get(key)
        if isinstance(value, bool) or not isinstance(value, kinds):
            raise TraceError(f'{path}:1: "{key}" is missing or wrong')
    return header


def _entries(path: Path, lines: list[bytes]) -> Iterator[Entry]:
    for number, line in enumerate(lines[1:], 2):
        fields = _decoded(path, line, number)
        try:
            yield entry_of(fields, number)
        except TraceError as error:
            raise TraceError(f"{path}:{number}: {error}") from error


def _decoded(path: Path, line: bytes, number: int) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError) as error:
        shown = line[:40].decode(errors="replace")
        raise TraceError(f"{path}:{number}: is damaged, no JSON: {shown!r}") from error
