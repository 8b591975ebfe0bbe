"""One simulated I2C bus: runs transactions on the chips it carries, and lets faults strike."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator, Sequence
from threading import RLock
from typing import Protocol, runtime_checkable

from wampedge.errors import HardwareError
from wampedge_simulator.clock import BoardClock
from wampedge_simulator.i2c.profile import BCM2835, AdapterProfile
from wampedge_simulator.i2c.target import I2cTarget
from wampedge_simulator.part import Part
from wampedge_simulator.transactions import Taps, Transaction

__all__ = ["BlockLength", "I2cMessage", "I2cMux", "I2cPart", "SimulatedI2cBus"]

_BLOCK_MAX = 32

I2cMessage = tuple[int, bytes | int]
"""Address, and the bytes to write or how many to read."""


class BlockLength(int):
    """How many bytes to read besides the 1 to 32 the first of them announces."""


class I2cPart(Protocol):
    """A part with a face to an I2C bus."""

    @property
    def target(self) -> I2cTarget:
        """How the part behaves on the wire."""
        ...


@runtime_checkable
class I2cMux(Protocol):
    """A part that connects other buses to its own."""

    def open_buses(self) -> Iterator[SimulatedI2cBus]:
        """Yield the buses that are connected now."""
        ...


class SimulatedI2cBus:
    """The wire, the adapter, and the chips on it; any thread may use it.

    Args:
        path: device node the bus stands for, such as ``/dev/i2c-1``.
        clock: moved on while a chip holds the clock line.
        lock: the lock of the board.
        profile: the adapter.
        taps: told of every transaction.
    """

    def __init__(
        self,
        path: str,
        *,
        clock: BoardClock,
        lock: RLock,
        profile: AdapterProfile = BCM2835,
        taps: Taps | None = None,
    ) -> None:
        self.path = path
        self._taps = taps or Taps()
        self.profile = profile
        self.has_pull_ups = True
        """Without, no line ever gets high, and every transfer takes too long."""
        self._clock = clock
        self._lock = lock
        self._parts: dict[int, tuple[Part, I2cTarget]] = {}
        self._muxes: list[I2cMux] = []

    def attach(self, address: int, part: Part, target: I2cTarget) -> None:
        """Put a chip at *address*; raises HardwareError where there is one already."""
        if address in self._parts:
            other = self._parts[address][0].name
            raise HardwareError(
                f"address 0x{address:02x} of {self.path} is taken by {other}", device=part.name
            )
        self._parts[address] = (part, target)
        if isinstance(part, I2cMux):
            self._muxes.append(part)

    def detach(self, part: Part) -> None:
        """Take a chip off the bus, if it is on it."""
        with self._lock:
            self._parts = {a: chip for a, chip in self._parts.items() if chip[0] is not part}
            self._muxes = [chip for chip, _ in self._parts.values() if isinstance(chip, I2cMux)]

    def clear_lines(self) -> None:
        """Take nine clock pulses: a part that holds SDA lets go of it."""
        with self._lock:
            for part in self._reachable():
                if "sda_held" in part.faults.pending:
                    part.faults.clear("sda_held")

    def transfer(self, messages: Sequence[I2cMessage]) -> list[bytes]:
        """Run one transaction: a start for each message, one stop at the end.

        Returns:
            What was read, one item for each message that reads.

        Raises:
            OSError: with the error number the adapter would give.
        """
        if not self._taps.listeners:
            return self._transfer(messages)
        at_s = self._clock.monotonic()
        try:
            answers = self._transfer(messages)
        except OSError as error:
            self._taps.tell(self._transaction(at_s, messages, (), error.errno or 0))
            raise
        self._taps.tell(self._transaction(at_s, messages, answers, 0))
        return answers

    def _transaction(
        self, at_s: float, messages: Sequence[I2cMessage], answers: Sequence[bytes], error: int
    ) -> Transaction:
        written = b"".join(content for _, content in messages if isinstance(content, bytes))
        target = f"0x{messages[0][0]:02x}" if messages else ""
        return Transaction(at_s, self.path, target, written, b"".join(answers), error)

    def _transfer(self, messages: Sequence[I2cMessage]) -> list[bytes]:
        profile = self.profile
        _check(messages, profile)
        answers: list[bytes] = []
        touched: list[I2cTarget] = []
        with self._lock:
            try:
                if not self.has_pull_ups:
                    raise _os_error(profile.timeout)
                if self._is_sda_held():
                    if profile.sees_held_sda:
                        raise _os_error(profile.stuck)
                    return [bytes(count) for _, count in messages if isinstance(count, int)]
                for address, content in messages:
                    part, target = self._select(address)
                    touched.append(target)
                    if isinstance(content, int):
                        answers.append(self._read(part, target, content))
                    else:
                        self._write(part, target, content)
            finally:
                for target in touched:
                    target.stop()
                if profile.clock_hz is not None:
                    self._clock.pass_by(_bits(messages) / profile.clock_hz)
        return answers

    def _is_sda_held(self) -> bool:
        for part, _ in self._parts.values():
            if part.faults.pending and "sda_held" in part.faults.pending:
                return True
        if not self._muxes:
            return False
        return any("sda_held" in part.faults.pending for part in self._reachable())

    def _select(self, address: int) -> tuple[Part, I2cTarget]:
        """Return the chip that is at *address* now; raises OSError."""
        if self._muxes:
            answering = self._at(address)
            if len(answering) > 1:  # two chips drive one wire: what the master reads is neither
                raise _os_error(self.profile.stuck)
            chosen = answering[0] if answering else None
        else:
            chosen = self._parts.get(address)
        if chosen is None:
            raise _os_error(self.profile.nack)
        if chosen[0].faults.pending:
            self._strike(chosen[0])
        return chosen

    def _at(self, address: int) -> list[tuple[Part, I2cTarget]]:
        """Return every chip that hears *address* now, those behind open channels included."""
        found = [self._parts[address]] if address in self._parts else []
        for mux in self._muxes:
            for bus in mux.open_buses():
                found += bus._at(address)
        return found

    def _reachable(self) -> Iterator[Part]:
        """Yield every part on the wire now, those behind open channels included."""
        for part, _ in self._parts.values():
            yield part
        for mux in self._muxes:
            for bus in mux.open_buses():
                yield from bus._reachable()

    def _strike(self, part: Part) -> None:
        """Let a fault that concerns a whole transaction happen; raises OSError."""
        faults = part.faults
        if faults.take("absent"):
            part.power_up()
            raise _os_error(self.profile.nack)
        if faults.take("nack"):
            raise _os_error(self.profile.nack)
        if faults.take("timeout"):
            raise _os_error(self.profile.timeout)
        if faults.take("bus_stuck"):
            raise _os_error(self.profile.stuck)

    def _start(self, target: I2cTarget, *, is_read: bool) -> None:
        if not target.start(is_read):
            raise _os_error(self.profile.nack)
        if target.stretch_s:
            self._clock.spend(target.stretch_s)
            target.stretch_s = 0.0

    def _read(self, part: Part, target: I2cTarget, count: int) -> bytes:
        self._start(target, is_read=True)
        read = target.read
        answer = bytearray([read() for _ in range(count)])
        if isinstance(count, BlockLength):
            if not 1 <= answer[0] <= _BLOCK_MAX:
                raise _os_error(errno.EPROTO)
            answer += bytes([read() for _ in range(answer[0])])
        if answer and part.faults.pending and part.faults.take("glitch"):
            answer[len(answer) // 2] ^= 0x10
        return bytes(answer)

    def _write(self, part: Part, target: I2cTarget, content: bytes) -> None:
        self._start(target, is_read=False)
        if content and part.faults.pending and part.faults.take("nack_data"):
            raise _os_error(self.profile.nack_data)
        for byte in content:
            if not target.write(byte):
                raise _os_error(self.profile.nack_data)


def _check(messages: Sequence[I2cMessage], profile: AdapterProfile) -> None:
    """Refuse what the adapter cannot do; raises OSError."""
    if profile.reads_last_only and len(messages) > 1:
        for _, content in messages[:-1]:
            if isinstance(content, int):
                raise _os_error(errno.EOPNOTSUPP)
    if profile.refuses_empty and any(content in {0, b""} for _, content in messages):
        raise _os_error(errno.EOPNOTSUPP)


def _bits(messages: Sequence[I2cMessage]) -> int:
    """Return how long a transaction lasts, in clock pulses: each byte has nine, start and stop one.

    One that breaks off is as long: what is missing of it is less than what adapters do then.
    """
    bits = 1
    for _, content in messages:
        bits += 10 + 9 * (content if isinstance(content, int) else len(content))
    return bits


def _os_error(number: int) -> OSError:
    return OSError(number, os.strerror(number))
