"""What an output may do: the policy the device file gives it, and the guard that keeps it.

A driver meets its policy in ``context.guard``. It awaits ``enter`` right before it moves its output
and calls ``noted`` right after it did. Pins guard themselves: an ``OutputPin`` or ``PwmPin`` that
the runtime gives to a device with a policy asks the guard at every write, so that a driver which
never heard of guards cannot move against the policy. Asking twice is harmless.
"""

from __future__ import annotations

from typing import Literal, Protocol

from wampedge.devices.values import Value
from wampedge.records import Record

__all__ = [
    "FREE",
    "Access",
    "FreeGuard",
    "Interlock",
    "OnDisconnect",
    "OutputGuard",
    "OutputPolicy",
    "SafetySessions",
]


class OutputGuard(Protocol):
    """Stands before one output, whoever wants to move it.

    May be used from the event loop and from a unit on the worker of the bus.
    """

    @property
    def policy(self) -> OutputPolicy:
        """What the device file says of the output."""
        ...

    async def enter(self, active: bool, value: Value = None) -> None:
        """Ask to bring the output to *active* (energised, moving) or out of it; does not wait.

        A driver that is refused leaves part and state as they were. The order may come again by
        itself: the runtime repeats it once the other members of its interlock have let go.

        Args:
            active: whether the output is to be active.
            value: what it is to be, in the driver's unit; None where *active* says it all.

        Raises:
            InterlockError: another output of its group is active, or was until just now.
            LimitError: ``min_on`` or ``min_off`` is not over.
            SafetyError: it was switched off for safety and is held there.
        """
        ...

    def noted(self, active: bool, value: Value = None) -> None:
        """Note that the output is *active* now, or is not any more; the arguments of ``enter``."""
        ...


class FreeGuard:
    """The guard of an output without policy: everything is allowed."""

    @property
    def policy(self) -> OutputPolicy:
        """A policy that asks for nothing."""
        return OutputPolicy()

    async def enter(self, active: bool, value: Value = None) -> None:
        """Allow it."""

    def noted(self, active: bool, value: Value = None) -> None:
        """Forget it."""


FREE = FreeGuard()
"""The one guard that guards nothing."""


class OnDisconnect(Record):
    """What an output does when the link upstream is lost.

    Attributes:
        after_s: for how long it must be lost, in seconds.
        do: ``off``, ``on``, ``safe``, a command without arguments such as ``detach``, or a value
            of its channel.
    """

    after_s: float
    do: Value


class Access(Record):
    """Who may use a device or a channel: roles, or None for everybody who may call at all."""

    set: tuple[str, ...] | None = None
    get: tuple[str, ...] | None = None

    def allows(self, action: Literal["set", "get"], role: str) -> bool:
        """Say whether *role* may do *action*."""
        roles = self.set if action == "set" else self.get
        return roles is None or role in roles


class OutputPolicy(Record):
    """The policy of one output device; times are in seconds.

    Attributes:
        on_start: ``off``, ``on``, ``restore``, ``keep`` or a value of its channel.
        on_stop: ``off``, ``on``, ``keep``, ``safe`` or a value of its channel.
        on_disconnect: what to do without the link upstream; None: nothing.
        max_on_s: longest time it may be active; None: no limit.
        min_on_s: how long it stays active at least.
        min_off_s: how long it stays inactive at least.
        safe: its safe state: ``off``, ``on`` or a value of its channel.
        has_safety: whether it takes its safe state when its controlling session falls silent.
        slew_per_s: how fast its value may change, in its public unit a second; None: at once.
    """

    on_start: Value = "off"
    on_stop: Value = "off"
    on_disconnect: OnDisconnect | None = None
    max_on_s: float | None = None
    min_on_s: float = 0.0
    min_off_s: float = 0.0
    safe: Value = "off"
    has_safety: bool = False
    slew_per_s: float | None = None


class Interlock(Record):
    """Outputs of which at most one may be active.

    Attributes:
        name: name of the group.
        members: names of the devices.
        dead_time_s: how long all must rest before another becomes active, in seconds.
        releases_first: an order switches the active member off, instead of being refused.
    """

    name: str
    members: tuple[str, ...]
    dead_time_s: float = 0.0
    releases_first: bool = False


class SafetySessions(Record):
    """What is expected of sessions that control devices with ``safety``.

    Attributes:
        silence_s: for how long one may be silent before its devices take their safe state.
    """

    silence_s: float = 2.0
