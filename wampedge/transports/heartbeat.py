"""Finding a peer that is gone without a word: pings, and what counts as a sign of life."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from wampedge.transports.limits import TransportLimits

__all__ = ["Heartbeat"]


class Heartbeat:
    """Pings a peer and tells when it is silent; belongs to one open connection.

    Any byte from the peer counts, not only the pong. So does progress of a backlog: a slow
    link may need longer than the pong's time for what was queued before the ping.
    A connection cut right after a pong is found one interval and one pong time-out later.

    Args:
        loop: gives the timers.
        limits: interval and time-out.
        send_ping: sends a ping; returns False while the peer is not known to answer one.
        backlog_bytes: how much was handed to the system so far, and how much still waits.
        on_silence: called once when the peer is found gone, with how long it was given.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        limits: TransportLimits,
        *,
        send_ping: Callable[[], bool],
        backlog_bytes: Callable[[], tuple[int, int]],
        on_silence: Callable[[float], None],
    ) -> None:
        self.has_heard = False
        self.round_trip_s: float | None = None
        """From the newest ping to what came first after it; a busy peer says something else before
        its pong, so it may have been longer. None until a ping was answered."""
        self._loop = loop
        self._limits = limits
        self._send_ping = send_ping
        self._backlog_bytes = backlog_bytes
        self._on_silence = on_silence
        self._handed_over = 0
        self._had_backlog = False
        self._is_probing = False
        self._pinged_s: float | None = None
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Send the first ping one interval from now."""
        self._timer = self._loop.call_later(self._limits.ping_interval_s, self._ping)

    def stop(self) -> None:
        """Send no more pings; safe to call twice."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def hear(self) -> None:
        """Take note that something came from the peer, the first thing since the newest ping."""
        self.has_heard = True
        if self._pinged_s is not None:
            self.round_trip_s = self._loop.time() - self._pinged_s
            self._pinged_s = None

    def probe(self, deadline_s: float) -> bool:
        """Ping now: somebody has to know soon whether the peer is still there.

        Args:
            deadline_s: the peer counts as gone when nothing comes from it for so long.

        Returns:
            False when there is no way to find out: the peer is not known to answer a ping.
        """
        if self._timer is None:
            return False
        if self._is_probing:
            return True  # asking again must not give a dead peer more time
        self._is_probing = self._ping_within(deadline_s)
        return self._is_probing

    @property
    def is_silent(self) -> bool:
        """A probe is out, and nothing has come since."""
        return self._is_probing and not self.has_heard

    def _ping(self) -> None:
        if not self._ping_within(self._limits.pong_timeout_s):
            self.start()

    def _ping_within(self, deadline_s: float) -> bool:
        self.has_heard = False
        self._handed_over, waiting = self._backlog_bytes()
        self._had_backlog = waiting > 0
        if not self._send_ping():
            return False
        self._pinged_s = self._loop.time()
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_later(deadline_s, self._check, deadline_s)
        return True

    def _check(self, deadline_s: float) -> None:
        self._is_probing = False
        handed_over, _ = self._backlog_bytes()
        # Without a backlog the ping itself is progress: the system takes it for a dead peer too.
        has_progress = self._had_backlog and handed_over > self._handed_over
        if not self.has_heard and not has_progress:
            self._timer = None
            self._on_silence(deadline_s)
            return
        rest_s = max(self._limits.ping_interval_s - self._limits.pong_timeout_s, 0.0)
        self._timer = self._loop.call_later(rest_s, self._ping)
