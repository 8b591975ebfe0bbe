"""The time a caller gives its call, after which it is told instead that there is no answer.

Specification, "Call Timeouts".
"""

from __future__ import annotations

from wampedge.router.deadlines import Deadlines
from wampedge.router.names import TIMEOUT
from wampedge.router.pending_call import PendingCall
from wampedge.router.sends import Sends

__all__ = ["GRACE_S", "MAX_TIMEOUT_MS", "limit_time", "timeout_of"]

MAX_TIMEOUT_MS = 2**53
"""Longer times are cut to this, which nobody lives to see; a float cannot hold any integer."""

GRACE_S = 5.0
"""A callee that watches the time itself gets so much more for its ERROR to arrive."""


def timeout_of(option: int | None) -> int:
    """Return the time of a call in milliseconds; 0 where it may take for ever.

    Args:
        option: the option ``timeout`` of CALL, checked before.
    """
    return min(option or 0, MAX_TIMEOUT_MS)


def limit_time(
    pending: PendingCall, timeout_s: float, *, deadlines: Deadlines, grace_s: float = 0.0
) -> None:
    """Give up *pending* once its time is over, whatever part of the result has come by then.

    Args:
        pending: the call.
        timeout_s: its time from now on.
        deadlines: where it waits.
        grace_s: how much longer to wait, where the callee watches the time itself.
    """
    deadline = deadlines.after(timeout_s + grace_s, lambda: _expire(pending, timeout_s))
    pending.at_end += (deadline.cancel,)


def _expire(pending: PendingCall, timeout_s: float) -> Sends:
    pending.end()
    interrupt = pending.interrupt("killnowait", TIMEOUT)
    return [*interrupt, *pending.fail(TIMEOUT, f"no answer within {timeout_s:g} s")]
