"""What a replay came to, as text for people."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from wampedge.hardware.recording.entries import Entry
from wampedge.simulation.replay.keyed import KeyedPlayer
from wampedge.simulation.replay.player import Request
from wampedge.simulation.replay.strict import StrictPlayer
from wampedge.simulation.replay.trace import Trace

__all__ = ["keyed_report", "request_text", "strict_report"]

_MAX_SHOWN: Final = 20
_MAX_SENT: Final = 48


def request_text(request: Request) -> str:
    """Return a request on one line: where, and what was sent."""
    kind, bus, at, op, sent = request
    return " ".join(part for part in (kind, bus, at, op, _sent_text(sent)) if part)


def strict_report(player: StrictPlayer, trace: Trace) -> str:
    """Return what a strict replay came to."""
    difference = player.difference
    if difference is None:
        count, lag_s = player.made, player.largest_lag_ns / 1e9
        late = f", at most {lag_s:g} s apart in time" if player.largest_lag_ns else ""
        return f"same: {count} transactions as in {trace.path}{late}"
    expected, made = difference.expected, difference.made
    place = f"{trace.path}:{expected.line}" if expected is not None else str(trace.path)
    lines = [f"differs: {place}, {difference.at_ns / 1e9:.6f} s after the start"]
    if expected is not None and expected.request == made:
        lines += [f"  {request_text(made)}", f"  expected at {expected.t / 1e9:.6f} s"]
    elif expected is not None and made is not None:
        lines += _diff(request_text(expected.request), request_text(made))
    elif made is not None:
        lines += ["  expected  nothing more of this part", f"  made      {request_text(made)}"]
    elif expected is not None:
        lines += [f"  expected  {request_text(expected.request)}", "  made      nothing"]
    lines.append(f"{player.made} transactions before it were as in the trace")
    return "\n".join(lines)


def keyed_report(player: KeyedPlayer, trace: Trace) -> str:
    """Return what a keyed replay came to."""
    if not player.strange and not player.missing:
        return f"same: {player.made} transactions, {trace.path} has an answer to each"
    lines = [f"differs: {player.made} transactions have an answer in {trace.path}"]
    if player.strange:
        lines.append("not in the trace:")
        lines += _limited(
            f"  {each.at_ns / 1e9:12.6f} s  {request_text(request)}"
            f"  ({_times(player.strange_counts[request])}"
            f"{', failed for want of an answer' if each.is_unanswered else ''})"
            for request, each in player.strange.items()
        )
    if player.missing:
        lines.append("in the trace, and never made:")
        lines += _limited(f"  line {each.line}: {_entry_text(each)}" for each in player.missing)
    return "\n".join(lines)


def _entry_text(entry: Entry) -> str:
    return request_text(entry.request)


def _sent_text(sent: Any) -> str:
    if sent is None:
        return ""
    if isinstance(sent, list | tuple):
        return " ".join(
            f"w {_cut(each)}" if isinstance(each, str) else f"r {each}" for each in sent
        )
    return _cut(sent) if isinstance(sent, str) else str(sent).lower()


def _cut(text: str) -> str:
    """Return bytes in hexadecimal with gaps, long ones cut."""
    spaced = " ".join(text[place : place + 2] for place in range(0, min(len(text), _MAX_SENT), 2))
    return f"{spaced} ... ({len(text) // 2} bytes)" if len(text) > _MAX_SENT else spaced


def _diff(expected: str, made: str) -> list[str]:
    """Return both, with marks under what is different."""
    size = max(len(expected), len(made))
    pairs = zip(expected.ljust(size), made.ljust(size), strict=True)
    marks = "".join(" " if old == new else "^" for old, new in pairs).rstrip()
    return [f"  expected  {expected}", f"  made      {made}", f"            {marks}"]


def _limited(lines: Iterable[str]) -> Sequence[str]:
    listed = list(lines)
    more = len(listed) - _MAX_SHOWN
    return [*listed[:_MAX_SHOWN], f"  ... and {more} more"] if more > 0 else listed


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"
