"""The seam beneath pyserial: a pty for each serial bus, with instruments behind it.

pyserial, and anything else that opens a serial port, runs unmodified. Two limits of ptys show: only
8N1 can be set, so settings for other formats are answered with 8N1, and there are no modem lines.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import tty
from collections.abc import Sequence
from typing import Protocol

from wampedge.devices.contracts import SerialSettings
from wampedge_simulator.transactions import Taps, Transaction

__all__ = ["Instrument", "SimulatedSerialPort"]

_CHUNK = 4096
_CLOSE_ENOUGH_S = 1e-6


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


class SimulatedSerialPort:
    """One serial port; opened, used and closed on the event loop.

    Args:
        name: name of the bus.
        instruments: what is at the other end; several share the line.
        loop: the loop whose time the instruments live in.
        taps: told of what passes, either way.
    """

    def __init__(
        self,
        name: str,
        instruments: Sequence[Instrument],
        loop: asyncio.AbstractEventLoop,
        taps: Taps | None = None,
    ) -> None:
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

    def _read(self) -> None:
        assert self._near is not None, "the reader is removed before the descriptor is closed"
        try:
            sent = os.read(self._near, _CHUNK)
        except (BlockingIOError, InterruptedError):
            return
        if self._taps.listeners:
            self._taps.tell(Transaction(self._loop.time(), self._name, "", sent, b""))
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

    def _plan(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        due = [at for instrument in self._instruments if (at := instrument.due_at()) is not None]
        self._timer = self._loop.call_at(min(due), self._speak) if due else None

    def _send(self, said: bytes) -> None:
        """Put bytes on the line; they are lost when nobody reads, as on a real one."""
        assert self._near is not None, "nobody speaks while the port is unplugged"
        if said and self._taps.listeners:
            self._taps.tell(Transaction(self._loop.time(), self._name, "", b"", said))
        with contextlib.suppress(BlockingIOError):
            os.write(self._near, said)
