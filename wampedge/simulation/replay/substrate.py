"""A substrate without parts: at each seam stands something that asks a player."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from wampedge.devices.contracts import (
    ModbusSettings,
    OnBytes,
    OnLost,
    SerialSettings,
    SpiSettings,
    Substrate,
)
from wampedge.devices.seams import Procedures, SeamKind
from wampedge.devices.worker import pause
from wampedge.errors import HardwareError
from wampedge.hardware.recording.buses import i2c_messages, spi_settings
from wampedge.hardware.recording.entries import GIVEN_UP, Entry, error_of
from wampedge.simulation.replay.pins import ReplayedBank
from wampedge.simulation.replay.player import Player, Request
from wampedge_simulator.clock import BoardClock

__all__ = ["ReplayedSubstrate"]

GIVE_UP_S: Final = 3600.0
"""Longer than anything may take."""


class ReplayedSubstrate(Substrate):
    """Implements ``Substrate`` and ``Seams`` for one node.

    Args:
        player: answers for all parts.
        clock: the node's clock; transactions take as long as they did.
        start_ns: the start of the trace on its monotonic clock.
    """

    is_simulated = True
    description = "a trace, no hardware is touched"

    def __init__(self, player: Player, clock: BoardClock, start_ns: int) -> None:
        self._asked = _Asked(player, clock)
        self._start_ns = start_ns

    @property
    def seams(self) -> ReplayedSubstrate:
        """Itself."""
        return self

    def start(self) -> None:
        """Do nothing: the player is ready."""

    def pin_factory(self) -> Any:
        """Return nothing: pins are asked for at the seam; raises HardwareError."""
        raise HardwareError("a replay has no pins beneath its seams")

    def serial_port(self, settings: SerialSettings) -> SerialSettings:
        """Return *settings* unchanged."""
        return settings

    def modbus_peer(self, settings: ModbusSettings) -> ModbusSettings:
        """Return *settings* unchanged."""
        return settings

    def sysfs_path(self, path: str) -> str:
        """Return *path* unchanged."""
        return path

    def clear_i2c(self, path: str) -> str | None:
        """Say what became of the nine clock pulses."""
        hindrance: str | None = self._asked.at_once(("clear", path, "", "", None)).r
        return hindrance

    def stop(self) -> None:
        """Do nothing."""

    def place(self, kind: SeamKind, name: str, make: Callable[[], Any]) -> Any:
        """Return what asks the player in place of what *make* would make."""
        if kind == "pins":
            return ReplayedBank(self._asked, self._start_ns)
        if kind == "serial":
            self._asked.at_once(("serial", name, "", "open", None))
        return _PLACED[kind](self._asked, name)

    def begin(self, kept: Mapping[str, Mapping[str, Any]]) -> None:
        """Do nothing: who runs the node gave it what was kept."""

    def offered(self, procedures: Procedures, prefix: str) -> Procedures:
        """Return *procedures* unchanged."""
        return procedures

    def stopping(self) -> None:
        """Do nothing: the trace says when the node stops."""


class _Asked:
    """Asks the player and does what its answer says."""

    def __init__(self, player: Player, clock: BoardClock) -> None:
        self.player = player
        self._clock = clock

    def at_once(self, request: Request) -> Entry:
        """Return the answer after the time it took; raises what the trace has."""
        entry = self.player.answer(request)
        if entry.ns:
            self._clock.spend(entry.ns / 1e9)
        return _checked(entry)

    async def later(self, request: Request) -> Entry:
        """Return the answer; others have their turn in the time it took."""
        entry = self.player.answer(request)
        seconds = _duration_s(entry)
        if seconds:
            await asyncio.sleep(seconds)
        return _checked(entry)

    async def paused(self, request: Request) -> Entry:
        """Return the answer for a unit on a worker, which pauses for the time it took."""
        entry = self.player.answer(request)
        seconds = _duration_s(entry)
        if seconds:
            await pause(seconds)
        return _checked(entry)


class _I2cBus:
    """Implements ``I2cBus``."""

    def __init__(self, asked: _Asked, name: str) -> None:
        self.name = name
        self._asked = asked

    def open(self) -> None:
        """Do nothing: that it cannot be opened shows at its first transfer."""

    def transfer(self, address: int, messages: Sequence[bytes | int]) -> list[bytes]:
        """Run one transaction; raises BusError."""
        wanted = i2c_messages(messages)
        read = _bytes(self._asked.at_once(("i2c", self.name, f"0x{address:02x}", "", wanted)))
        answers, start = [], 0
        for message in messages:
            if isinstance(message, int):
                answers.append(read[start : start + message])
                start += message
        return answers

    def close(self) -> None:
        """Do nothing."""


class _SpiBus:
    """Implements ``SpiBus``."""

    def __init__(self, asked: _Asked, name: str) -> None:
        self.name = name
        self._asked = asked

    def open(self) -> None:
        """Do nothing."""

    def transfer(self, settings: SpiSettings, data: bytes) -> bytes:
        """Return what came back; raises BusError."""
        where, how = str(settings.chip_select), spi_settings(settings)
        return _bytes(self._asked.at_once(("spi", self.name, where, how, data.hex())))

    def close(self) -> None:
        """Do nothing."""


class _Files:
    """Implements ``KernelFiles``."""

    def __init__(self, asked: _Asked, name: str) -> None:
        self._name = name
        self._asked = asked

    def read(self, path: str) -> bytes:
        """Return what a file says; raises OSError."""
        return _bytes(self._asked.at_once(("files", self._name, path, "read", None)))

    def write(self, path: str, data: bytes) -> None:
        """Write to a file; raises OSError."""
        self._asked.at_once(("files", self._name, path, "write", data.hex()))

    def names(self, path: str) -> list[str]:
        """Return what is in a folder; raises OSError."""
        return list(self._asked.at_once(("files", self._name, path, "names", None)).r or ())


class _ModbusBus:
    """Implements ``ModbusBus``."""

    def __init__(self, asked: _Asked, name: str) -> None:
        self.name = name
        self._asked = asked

    async def exchange(self, unit_id: int, pdu: bytes, *, own_size: int | None = None) -> bytes:
        """Return the answer of a unit; raises BusTimeoutError, BusError."""
        how = "" if own_size is None else f"{own_size} bytes"
        request = ("modbus", self.name, str(unit_id), how, pdu.hex())
        return _bytes(await self._asked.paused(request))

    def health(self) -> dict[str, Any]:
        """Return nothing."""
        return {}

    def close(self) -> None:
        """Do nothing."""


class _Port:
    """Implements ``SerialPort``."""

    def __init__(self, asked: _Asked, name: str) -> None:
        self.name = name
        self._asked = asked
        self._is_open = True

    def listen(self, on_bytes: OnBytes, on_lost: OnLost) -> None:
        """Hand what came to *on_bytes*; say once to *on_lost* that the port was gone."""

        def deliver(entry: Entry, _lag_ns: int) -> None:
            if entry.op == "lost":
                on_lost(error_of(entry))
            else:
                on_bytes(_bytes(entry))

        self._asked.player.listen(("serial", self.name), deliver)

    async def write(self, data: bytes) -> None:
        """Send *data*; raises BusError."""
        await self._asked.later(("serial", self.name, "", "tx", data.hex()))

    def close(self) -> None:
        """Close the port."""
        try:
            self._asked.at_once(("serial", self.name, "", "close", None))
        finally:
            self._asked.player.listen(("serial", self.name), None)


_PLACED: Mapping[str, Callable[[_Asked, str], Any]] = {
    "i2c": _I2cBus,
    "spi": _SpiBus,
    "files": _Files,
    "modbus": _ModbusBus,
    "serial": _Port,
}


def _bytes(entry: Entry) -> bytes:
    return bytes.fromhex(entry.r or "")


def _duration_s(entry: Entry) -> float:
    """Return how long to wait for an answer; what was given up waits to be given up again."""
    return GIVE_UP_S if entry.error == GIVEN_UP else entry.ns / 1e9


def _checked(entry: Entry) -> Entry:
    if entry.error:
        raise error_of(entry)
    return entry
