"""The arbiter of one interlock: at most one member is active, and all rest between two of them.

A member is *unknown* until its line was driven by this process, *active* from the moment it was let
in (before its line moves), and *resting* from the moment its line is known to be inactive. Unknown
ones count as active: the line may still be as the process before left it.
"""

from __future__ import annotations

from typing import Literal

from wampedge.devices.contracts import Clock
from wampedge.devices.output_policy import Interlock
from wampedge.errors import InterlockError

__all__ = ["LEAST_WAIT_S", "Arbiter"]

MemberState = Literal["unknown", "active", "resting"]
LEAST_WAIT_S = 0.001
"""The least time a refusal names: what a clock rounds down to nothing would be tried for ever."""
_LOOK_AGAIN_S = 0.25
"""After which time an order that waits for an unknown member may be tried again."""


class Arbiter:
    """Owned by ``Outputs``, one a group; outlives reloads. Callers hold the lock of ``Outputs``.

    Args:
        config: the group.
        clock: the node's clock.
    """

    def __init__(self, config: Interlock, clock: Clock) -> None:
        self.config = config
        self._clock = clock
        self._state_by_member: dict[str, MemberState] = {}
        self._rested_s: dict[str, float] = {}
        """When each member came to rest, on the monotonic clock."""
        self._promised_to: str | None = None

    def configure(self, config: Interlock) -> None:
        """Take the group as a new device file has it; members that stay are as they are."""
        self.config = config
        for member in set(self._state_by_member) - set(config.members):
            del self._state_by_member[member]
            # Its dead time counts on: the line was active, whatever it is called now.
        over_s = self._clock.monotonic() - config.dead_time_s
        for member in set(self._rested_s) - set(config.members):
            if self._rested_s[member] <= over_s:
                del self._rested_s[member]

    def check(self, member: str, *, goes_on: bool = False) -> None:
        """Raise InterlockError unless *member* may become active now.

        Args:
            member: who asks.
            goes_on: its line is active already, as the process before left it: to let it rest for
                a dead time that was held then would be the harm.
        """
        for other in self.config.members:
            state = self._state_by_member.get(other, "unknown")
            if other != member and state != "resting":
                raise self._refusal(member, other, state)
        if self._promised_to not in (None, member):
            raise self._refusal(member, str(self._promised_to), "active")
        wait_s = 0.0 if goes_on else self.rest_left_s(member)
        if wait_s > 0.0:
            raise InterlockError(
                f"all of interlock {self.config.name} must rest for"
                f" {self.config.dead_time_s:g} s first",
                device=member,
                retry_after_s=max(wait_s, LEAST_WAIT_S),
                group=self.config.name,
            )

    def rest_left_s(self, member: str) -> float:
        """Return for how long the others must rest on before *member* may be active."""
        rested = [at_s for other, at_s in self._rested_s.items() if other != member]
        if not rested:
            return 0.0
        return max(rested) + self.config.dead_time_s - self._clock.monotonic()

    def enter(self, member: str) -> None:
        """Note that *member* is active from now on; ``check`` let it in."""
        self._state_by_member[member] = "active"
        self._promised_to = None

    def rest(self, member: str, *, since_s: float) -> None:
        """Note that *member* is inactive since *since_s* on the monotonic clock."""
        if self._state_by_member.get(member) != "resting":
            self._rested_s[member] = since_s
        self._state_by_member[member] = "resting"

    def forget(self, member: str) -> None:
        """Know nothing of *member* any more: its device let go of its line."""
        self._state_by_member.pop(member, None)

    def others_active(self, member: str) -> list[str]:
        """Return the members that have to let go before *member* may be active."""
        return [
            other
            for other in self.config.members
            if other != member and self._state_by_member.get(other) == "active"
        ]

    def promise(self, member: str) -> None:
        """Let nobody in before *member*, which waits until the others have let go."""
        if self._promised_to not in (None, member):
            raise self._refusal(member, str(self._promised_to), "active")
        self._promised_to = member

    def withdraw(self, member: str) -> None:
        """End the promise to *member*."""
        if self._promised_to == member:
            self._promised_to = None

    def _refusal(self, member: str, holder: str, state: str) -> InterlockError:
        is_unknown = state == "unknown"
        text = f"it is not known yet whether {holder} is on" if is_unknown else f"{holder} is on"
        return InterlockError(
            f"{text} (interlock {self.config.name})",
            device=member,
            retry_after_s=_LOOK_AGAIN_S if is_unknown else None,
            holder=holder,
            group=self.config.name,
        )
