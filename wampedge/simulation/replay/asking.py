"""Puts the requests of a trace to simulated parts, each at its time, in virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from wampedge.config.model import SiteConfig
from wampedge.devices.contracts import SpiSettings
from wampedge.errors import DeviceError
from wampedge.hardware.recording.entries import GIVEN_UP, Entry, failed
from wampedge.runtime.ground import wiring_of
from wampedge.simulation.replay.player import Timeline
from wampedge.simulation.replay.trace import Trace
from wampedge_simulator.clock import SimulatedClock, VirtualClockLoop, run_virtual
from wampedge_simulator.nets import HEADER, Wave
from wampedge_simulator.substrate import SimulatedSubstrate

__all__ = ["Answer", "answers_of"]


class Answer(NamedTuple):
    """What a simulated part answered."""

    r: Any = None
    """As ``Entry.r``."""
    errno: int | None = None
    error: str = ""
    """Why it failed, empty where it did not."""


def answers_of(config: SiteConfig, trace: Trace, seed: int) -> list[Answer | None]:
    """Return an answer for each entry of *trace*; None where nobody can be asked.

    Raises:
        HardwareError: a device of *config* has no model.
    """
    return run_virtual(_ask_all(config, trace, seed))


async def _ask_all(config: SiteConfig, trace: Trace, seed: int) -> list[Answer | None]:
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualClockLoop), "parts are asked in virtual time"
    loop.advance(trace.monotonic)
    timeline = Timeline(trace.monotonic)
    clock = _TraceClock(epoch_s=trace.started - trace.monotonic)
    board = SimulatedSubstrate(wiring_of(config), seed=seed, clock=clock)
    board.start()
    answers: list[Answer | None] = [None] * len(trace.entries)
    parts = _Parts(board, config)
    try:
        order = sorted(range(len(answers)), key=lambda index: trace.entries[index].t)
        for index in order:
            entry = trace.entries[index]
            await timeline.sleep_until(entry.t)
            answers[index] = parts.ask(entry)
    finally:
        parts.close()
        board.stop()
    return answers


class _TraceClock(SimulatedClock):
    """Only the trace lets time pass, at the speed its bus had."""

    def pass_by(self, seconds: float) -> None:
        """Do nothing: the next entry says when it is."""


class _Parts:
    """The parts of one board; asked through the libraries drivers use, where there is one."""

    def __init__(self, board: SimulatedSubstrate, config: SiteConfig) -> None:
        self._board = board
        self._config = config
        self._buses: dict[str, Any] = {}
        self._hertz: dict[str, float] = {}
        self._ways: Mapping[str, Callable[[Entry], Answer | None]] = {
            "i2c": self._ask_i2c,
            "spi": self._ask_spi,
            "files": self._ask_files,
            "modbus": self._ask_modbus,
            "serial": self._ask_instruments,
            "pins": self._drive,
        }

    def ask(self, entry: Entry) -> Answer | None:
        """Return the answer to *entry*; None where nobody is asked."""
        way = self._ways.get(entry.kind)
        if way is None or entry.error == GIVEN_UP:
            return None
        try:
            return way(entry)
        except (DeviceError, OSError) as error:
            return Answer(None, *failed(error))

    def close(self) -> None:
        """Close what was opened."""
        for bus in self._buses.values():
            if hasattr(bus, "close"):
                bus.close()

    def _ask_i2c(self, entry: Entry) -> Answer:
        from wampedge.hardware.i2c import SmbusI2cBus  # noqa: PLC0415 # only where there is a bus

        bus = self._bus(entry.bus, SmbusI2cBus)
        messages = [each if isinstance(each, int) else bytes.fromhex(each) for each in entry.w]
        read = b"".join(bus.transfer(int(entry.at, 16), messages))
        return Answer(read.hex() or None)

    def _ask_spi(self, entry: Entry) -> Answer:
        from wampedge.hardware.spi import SpidevBus  # noqa: PLC0415 # only where there is a bus

        bus = self._bus(entry.bus, SpidevBus)
        mode, speed = (int(part) for part in entry.op.replace("mode ", "")[:-3].split(", "))
        answer = bus.transfer(SpiSettings(int(entry.at), mode, speed), bytes.fromhex(entry.w))
        return Answer(answer.hex())

    def _ask_files(self, entry: Entry) -> Answer:
        from wampedge.hardware.sysfs import SysfsFiles  # noqa: PLC0415 # only where there are some

        files = SysfsFiles(self._board.sysfs_path)
        if entry.op == "names":
            return Answer(files.names(entry.at))
        if entry.op == "write":
            files.write(entry.at, bytes.fromhex(entry.w))
            return Answer()
        return Answer(files.read(entry.at).hex())

    def _ask_modbus(self, entry: Entry) -> Answer | None:
        if "UnitOfflineError" in entry.error:
            return None  # the unit was not asked
        network = self._bus(entry.bus, self._network)
        pdu = bytes.fromhex(entry.w)
        unit = network.asked(int(entry.at), pdu)
        answer = None if unit is None else network.answer(unit, pdu)
        if answer is None:
            return Answer(error="BusTimeoutError: the unit does not answer")
        return Answer(answer.hex())

    def _ask_instruments(self, entry: Entry) -> Answer | None:
        """Return what instruments say at once to bytes that were sent."""
        if entry.op != "tx":
            return None
        said = b""
        with self._board.bench.lock:
            for part in self._on_bus(entry.bus):
                said += part.receive(bytes.fromhex(entry.w))
        return Answer(said.hex() or None)

    def _drive(self, entry: Entry) -> None:
        """Give the wires of the header what the node gave them: parts may hang on them."""
        if entry.error:
            return
        net = self._board.net(HEADER, int(entry.at))
        if entry.op in {"output", "write"}:
            net.drive(HEADER, bool(entry.w))
        elif entry.op == "low":
            net.drive(HEADER, False)
        elif entry.op == "free":
            net.drive(HEADER, None)
        elif entry.op.startswith("pwm "):
            self._hertz[entry.at] = float(entry.op[4:])
            net.drive(HEADER, Wave(self._hertz[entry.at], float(entry.w)))
        elif entry.op == "hertz":
            self._hertz[entry.at] = float(entry.w)
            net.drive(HEADER, Wave(self._hertz[entry.at], net.duty))
        elif entry.op == "duty":
            net.drive(HEADER, Wave(self._hertz.get(entry.at, 100.0), float(entry.w)))

    def _network(self, name: str) -> Any:
        from wampedge_simulator.modbus.line import ModbusNetwork  # noqa: PLC0415 # few have any

        return ModbusNetwork(self._on_bus(name), self._board.bench.lock)

    def _on_bus(self, name: str) -> Sequence[Any]:
        on_bus = [each for each in self._config.devices.values() if each.bus == name]
        return [self._board.part(device.name) for device in on_bus]

    def _bus(self, name: str, make: Callable[[str], Any]) -> Any:
        if name not in self._buses:
            self._buses[name] = make(name)
        return self._buses[name]
