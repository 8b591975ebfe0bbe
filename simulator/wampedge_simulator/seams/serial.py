"""The seam beneath pyserial: a pty for each serial bus, with instruments behind it.

pyserial, and anything else that opens a serial port, runs unmodified. A pty can be 8N1 only and has
no modem lines: settings for other formats are answered with 8N1, and what passes is as if the pty
had the format that was asked for. `protocol_sim` has another way in, for all a pty cannot do.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import threading
import time
import tty
from collections.abc import Callable, Sequence
from typing import Protocol

from wampedge.devices.contracts import SerialSettings
from wampedge_simulator.clock import VirtualClockLoop
from wampedge_simulator.seams.line_format import LineFormat, as_received
from wampedge_simulator.transactions import Taps, Transaction

__all__ = ["Instrument", "PortUser", "SimulatedSerialPort"]

_CHUNK = 4096
_CLOSE_ENOUGH_S = 1e-6
_LONGEST_WAIT_S = 86_400.0
"""A read without time-out that gets nothing in so much virtual time never will."""


class Instrument(Protocol):
    """Something at the other end of a serial line."""

    def receive(self, sent: bytes) -> bytes:
        """Take bytes from the node; returns what the instrument answers at once."""
        ...

    def due_at(self) -> float | None:
        """Return when the instrument speaks by itself next (monotonic seconds), or None."""
        ...

    def speak(self) -> bytes:
        """Return what the instrument says now that it is due."""
        ...


class PortUser(Protocol):
    """Who has a port open without its pty."""

    def deliver(self, said: bytes) -> None:
        """Take what instruments say."""
        ...

    def vanish(self) -> None:
        """Notice that the plug was pulled."""
        ...


class SimulatedSerialPort:
    """One serial port; opened, used and closed on the event loop where nothing else is said.

    Args:
        name: name of the bus.
        instruments: what is at the other end; several share the line. One with a method
            ``modem(rts=, dtr=)`` is told of these lines.
        loop: the loop whose time the instruments live in.
        taps: told of what passes, either way.
        line_format: how the instruments are set; None: as the node is.

    Attributes:
        inputs: the modem lines the other end moves, ``cts``, ``dsr``, ``ri`` and ``cd``.
        node_format: how the node has set its end; None: not known yet.
    """

    def __init__(
        self,
        name: str,
        instruments: Sequence[Instrument],
        loop: asyncio.AbstractEventLoop,
        taps: Taps | None = None,
        line_format: LineFormat | None = None,
    ) -> None:
        self.inputs = {"cts": True, "dsr": True, "ri": False, "cd": False}
        self.node_format: LineFormat | None = None
        self._line_format = line_format
        self._pty_format: LineFormat | None = None
        self._user: PortUser | None = None
        self._thread = threading.get_ident()
        self._taps = taps or Taps()
        self._name = name
        self._instruments = tuple(instruments)
        self._loop = loop
        self._timer: asyncio.TimerHandle | None = None
        self._near: int | None = None
        self._far: int | None = None

    @property
    def is_open(self) -> bool:
        """Whether the port is plugged in."""
        return self._near is not None

    def rewire(self, instruments: Sequence[Instrument]) -> None:
        """Put other *instruments* behind the port, while it stays open."""
        self._instruments = tuple(instruments)
        self._plan()

    def open(self) -> None:
        """Make the pty and let the instruments speak."""
        self._near, self._far = os.openpty()
        # Held open here: without any opener the near end would report a hang-up for ever. Raw from
        # the first byte on, or the terminal would echo what instruments say before it is opened.
        tty.setraw(self._far)
        os.set_blocking(self._near, False)
        self._loop.add_reader(self._near, self._read)
        self._plan()

    def settings(self, wanted: SerialSettings) -> SerialSettings:
        """Return the settings that reach this port; ask again each time it is opened."""
        self._pty_format = LineFormat.of(wanted)
        if self._user is None:
            self.node_format = self._pty_format
        path = f"/dev/{self._name} (unplugged)" if self._far is None else os.ttyname(self._far)
        return wanted.but(port=path, bits=8, parity="N", stop_bits=1, match=None)

    def close(self) -> None:
        """Pull the plug: who has the port open sees it vanish. `open` plugs it in again."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._near is not None and self._far is not None:
            if not self._loop.is_closed():
                self._loop.remove_reader(self._near)
            os.close(self._near)
            os.close(self._far)
        self._near = self._far = None
        user, self._user = self._user, None
        if user is not None:
            user.vanish()

    def attach(self, user: PortUser) -> bool:
        """Hand what instruments say to *user* and not to the pty; False: somebody else is there."""
        if self._user is not None:
            return False
        self._user = user
        return True

    def detach(self, user: PortUser) -> None:
        """Go back to the pty; who is not attached is ignored."""
        if self._user is user:
            self._user = None
            self.node_format = self._pty_format

    def hear(self, sent: bytes) -> None:
        """Take what the attached user sends, from any thread; takes its time on the wire."""
        if self._line_format is not None:
            self.pass_by(len(sent) * self._line_format.frame_s)
        if self._is_mine():
            self._take(sent)
        else:
            self._loop.call_soon_threadsafe(self._take, sent)

    def tell_outputs(self, *, rts: bool, dtr: bool) -> None:
        """Tell the instruments of the modem lines the node moves."""
        for instrument in self._instruments:
            modem = getattr(instrument, "modem", None)
            if modem is not None:
                modem(rts=rts, dtr=dtr)

    def wait(
        self, news: threading.Condition, is_done: Callable[[], bool], timeout_s: float | None
    ) -> bool:
        """Let the time of the board go on until *is_done*, for code that blocks.

        Args:
            news: notified when something may have come.
            is_done: whether it has.
            timeout_s: how long to wait at most; None: for ever.

        Returns:
            False where nothing would come for ever.
        """
        if not self._is_mine():
            with news:
                news.wait_for(is_done, timeout_s)
            return True
        limit_s = _LONGEST_WAIT_S if timeout_s is None else timeout_s
        ends_at = self._loop.time() + limit_s
        self.catch_up()
        while not is_done() and self._loop.time() + _CLOSE_ENOUGH_S < ends_at:
            due = self._due()
            if not due and timeout_s is None:
                return False
            self.spend(max(0.0, min([ends_at, *due]) - self._loop.time()))
            self.catch_up()
        return is_done() or timeout_s is not None

    def catch_up(self) -> None:
        """Let instruments say what is due by now; for code that blocks the loop."""
        if self.is_open and self._is_mine():
            self._speak()

    def spend(self, seconds: float) -> None:
        """Let *seconds* pass for code that blocks."""
        if isinstance(self._loop, VirtualClockLoop):
            self._loop.advance(seconds)
        else:
            time.sleep(seconds)

    def pass_by(self, seconds: float) -> None:
        """Let *seconds* of virtual time pass."""
        if isinstance(self._loop, VirtualClockLoop):
            self._loop.advance(seconds)

    def _is_mine(self) -> bool:
        """Whether this code may use the instruments: the loop does not run meanwhile."""
        return threading.get_ident() == self._thread or isinstance(self._loop, VirtualClockLoop)

    def _read(self) -> None:
        assert self._near is not None, "the reader is removed before the descriptor is closed"
        try:
            sent = os.read(self._near, _CHUNK)
        except (BlockingIOError, InterruptedError):
            return
        self._take(sent)

    def _take(self, sent: bytes) -> None:
        """Let the instruments hear what the node sends."""
        if not self.is_open:
            return
        if self._taps.listeners:
            self._taps.tell(Transaction(self._loop.time(), self._name, "", sent, b""))
        if self._line_format is not None and self.node_format is not None:
            sent = as_received(sent, self.node_format, self._line_format, is_strict=True)
        for instrument in self._instruments:
            self._send(instrument.receive(sent))
        self._plan()

    def _speak(self) -> None:
        # Sums of floats miss the instant the timer fires at by less than this.
        now = self._loop.time() + _CLOSE_ENOUGH_S
        for instrument in self._instruments:
            due_at = instrument.due_at()
            if due_at is not None and due_at <= now:
                self._send(instrument.speak())
        self._plan()

    def _due(self) -> list[float]:
        return [at for instrument in self._instruments if (at := instrument.due_at()) is not None]

    def _plan(self) -> None:
        if threading.get_ident() != self._thread:
            self._loop.call_soon_threadsafe(self._plan)
            return
        if self._timer is not None:
            self._timer.cancel()
        due = self._due() if self.is_open else []
        self._timer = self._loop.call_at(min(due), self._speak) if due else None

    def _send(self, said: bytes) -> None:
        """Put bytes on the line; they are lost when nobody reads, as on a real one."""
        assert self._near is not None, "nobody speaks while the port is unplugged"
        if said and self._taps.listeners:
            self._taps.tell(Transaction(self._loop.time(), self._name, "", b"", said))
        if self._line_format is not None and self.node_format is not None:
            said = as_received(said, self._line_format, self.node_format)
        if self._user is not None:
            self._user.deliver(said)
            return
        with contextlib.suppress(BlockingIOError):
            os.write(self._near, said)
