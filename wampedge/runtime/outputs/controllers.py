"""Sessions that control devices with ``safety``: gone or silent, their devices rest.

A session controls a device from its last order on, until another one gives an order. It shows that
it lives with every order to any device of the node, and with calls of ``P.heartbeat``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from wampedge.devices.contracts import Clock

__all__ = ["Controllers"]


class Controllers:
    """Owned by ``Outputs``; used on the event loop.

    Args:
        clock: the node's clock.
        on_lost: called with a device and why nobody controls it any more.
    """

    def __init__(self, clock: Clock, on_lost: Callable[[str, str], None]) -> None:
        self.silence_s = 2.0
        self._clock = clock
        self._on_lost = on_lost
        self._session_by_device: dict[str, int] = {}
        self._heard_s: dict[int, float] = {}
        self._timers: dict[int, asyncio.TimerHandle] = {}

    def take(self, device: str, session: int) -> None:
        """Note that *session* gave an order to *device*."""
        before = self._session_by_device.get(device)
        self._session_by_device[device] = session
        if before is not None and before != session:
            self._forget_idle(before)
        self.hear(session)

    def hear(self, session: int) -> None:
        """Note that *session* lives."""
        if session not in self._session_by_device.values():
            return
        self._heard_s[session] = self._clock.monotonic()
        if session not in self._timers:
            self._arm(session, self.silence_s)

    def leave(self, session: int) -> None:
        """Note that *session* is gone."""
        self._lose(session, "the session that controlled it is gone")

    def release(self, device: str) -> None:
        """Let nobody control *device* any more."""
        session = self._session_by_device.pop(device, None)
        if session is not None:
            self._forget_idle(session)

    def close(self) -> None:
        """Watch nobody any more."""
        self._session_by_device.clear()
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()

    def _arm(self, session: int, delay_s: float) -> None:
        loop = asyncio.get_running_loop()
        self._timers[session] = loop.call_later(delay_s, self._look, session)

    def _look(self, session: int) -> None:
        """See whether *session* was heard in time."""
        del self._timers[session]
        quiet_s = self._clock.monotonic() - self._heard_s[session]
        if quiet_s + 1e-6 >= self.silence_s:
            text = f"the session that controlled it was silent for {self.silence_s:g} s"
            self._lose(session, text)
        else:
            self._arm(session, self.silence_s - quiet_s)

    def _lose(self, session: int, reason: str) -> None:
        lost = [name for name, own in self._session_by_device.items() if own == session]
        for device in lost:
            del self._session_by_device[device]
        self._forget_idle(session)
        for device in lost:
            self._on_lost(device, reason)

    def _forget_idle(self, session: int) -> None:
        """Watch *session* no more where it controls nothing."""
        if session in self._session_by_device.values():
            return
        self._heard_s.pop(session, None)
        timer = self._timers.pop(session, None)
        if timer is not None:
            timer.cancel()
