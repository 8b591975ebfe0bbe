"""Second tries: a call whose callee dies goes to another callee of the same procedure.

A callee that died may have done what it was called for, so that a second try does it twice. Only
procedures whose callees all say that this is harmless (option ``x_failover`` of REGISTER) are
tried again; see docs/decisions/0016-second-tries-are-asked-for.md.
"""

from __future__ import annotations

from dataclasses import dataclass

from wampedge.router.registration import Registration
from wampedge.wamp.messages import Call

__all__ = ["SecondTry", "second_try"]


@dataclass(frozen=True, slots=True)
class SecondTry:
    """What a call needs to be made again.

    Args:
        registration: whose callees may answer it.
        call: the CALL as it came.
    """

    registration: Registration
    call: Call

    @property
    def is_possible(self) -> bool:
        """Whether somebody is left to answer it, and all who are say that it is harmless."""
        return bool(self.registration.seats) and self.registration.fails_over


def second_try(registration: Registration, call: Call) -> SecondTry | None:
    """Return how *call* may be made again; None where that would not be safe.

    A call whose arguments come in parts is not: the parts are gone.
    """
    if not registration.fails_over or call.options.get("progress") is True:
        return None
    return SecondTry(registration, call)
