"""What a router counts."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["RouterCounters"]


@dataclass(slots=True)
class RouterCounters:
    """Running totals of one router since it was made; written by the router, read by anyone.

    Args:
        sessions_opened: WELCOMEs sent.
        sessions_aborted: ABORTs sent.
        requests_refused: requests answered with an ERROR by the router itself.
        publications_dropped: refused PUBLISH without acknowledge, so nobody was told.
        late_answers: YIELD and ERROR for invocations that are no longer pending.
        unwanted_progress: progressive results that the caller had not asked for.
        late_cancels: CANCEL for calls that are no longer pending.
        late_inputs: parts of arguments for calls that are no longer pending.
    """

    sessions_opened: int = 0
    sessions_aborted: int = 0
    requests_refused: int = 0
    publications_dropped: int = 0
    late_answers: int = 0
    unwanted_progress: int = 0
    late_cancels: int = 0
    late_inputs: int = 0
