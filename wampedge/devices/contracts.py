"""The seams of the device layer: pins, I2C buses, serial ports, and what lies beneath them.

Drivers see pins, ``I2cDevice``, ``SpiDevice``, ``OneWireDevice`` and ``SerialPort`` only. The real
side of each is in ``wampedge.hardware`` and goes through gpiozero, smbus2, spidev, pyserial and
files of the kernel; the simulator works beneath those libraries (``Substrate``), so the same code
runs with and without hardware.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Literal, Protocol, runtime_checkable

from wampedge.records import Record

__all__ = [
    "Clock",
    "I2cBus",
    "InputPin",
    "ModbusBus",
    "OnBytes",
    "OnEdge",
    "OnLost",
    "OneWireBus",
    "OpenDrainPin",
    "OutputPin",
    "PinBank",
    "Pull",
    "PwmPin",
    "SerialPort",
    "SerialSettings",
    "SpiBus",
    "SpiSettings",
    "Substrate",
    "WiredDevice",
    "Wiring",
]

Pull = Literal["up", "down", "none"]
OnEdge = Callable[[bool, int], None]
"""Called on the event loop with the new electrical level and a monotonic time stamp in ns."""
OnBytes = Callable[[bytes], None]
"""Called on the event loop with the bytes that arrived, never empty."""
OnLost = Callable[[Exception], None]
"""Called on the event loop, once, when a port is gone."""


class Clock(Protocol):
    """The node's clock: virtual in simulation."""

    def time(self) -> float:
        """Return the wall-clock time as Unix seconds."""
        ...

    def monotonic(self) -> float:
        """Return seconds that never run backwards; the same time base as the event loop."""
        ...

    def spend(self, seconds: float) -> None:
        """Block the calling thread for so long; virtual time just moves on."""
        ...


class OutputPin(Protocol):
    """One line driven by the node. Levels are electrical: True is high."""

    name: str

    async def write(self, level: bool) -> None:
        """Drive the line; raises DeviceError."""
        ...

    async def read(self) -> bool:
        """Read the line back; raises DeviceError."""
        ...

    async def close(self) -> None:
        """Release the line; it keeps its level where the chip allows it."""
        ...


class PwmPin(Protocol):
    """One line driven with a pulse-width modulated wave."""

    name: str

    async def set_duty(self, duty: float) -> None:
        """Set the share of each period the line is high, 0.0 to 1.0; raises DeviceError."""
        ...

    async def close(self) -> None:
        """Stop the wave and release the line."""
        ...


class InputPin(Protocol):
    """One line read by the node. Levels are electrical: True is high."""

    name: str

    async def read(self) -> bool:
        """Read the line; raises DeviceError."""
        ...

    @property
    def lost_edges(self) -> int:
        """How many edges are known not to have been told, because they came too fast."""
        ...

    def watch(self, on_edge: OnEdge | None) -> None:
        """Call *on_edge* at each edge from now on; None ends it."""
        ...

    async def close(self) -> None:
        """Release the line."""
        ...


class OpenDrainPin(Protocol):
    """One wire that both ends pull low, and a resistor pulls high."""

    name: str

    async def pull_low(self) -> None:
        """Pull the wire low; raises DeviceError."""
        ...

    async def release(self, on_edge: OnEdge | None) -> None:
        """Let go of the wire and call *on_edge* at each edge from then on; raises DeviceError."""
        ...

    async def close(self) -> None:
        """Release the line."""
        ...


@runtime_checkable
class PinBank(Protocol):
    """A set of numbered lines: the GPIO header of the board, or a port expander."""

    name: str
    lines: Sequence[int]

    async def open_output(self, line: int, *, level: bool) -> OutputPin:
        """Drive *line*, at *level* from the first instant on; raises HardwareError."""
        ...

    async def open_input(self, line: int, *, pull: Pull) -> InputPin:
        """Read *line*; raises HardwareError."""
        ...

    async def open_drain(self, line: int, *, pull: Pull) -> OpenDrainPin:
        """Let *line* be pulled low by both ends; raises HardwareError where the bank cannot."""
        ...

    async def open_pwm(self, line: int, *, frequency_hz: float, duty: float) -> PwmPin:
        """Modulate *line* from *duty* on; raises HardwareError where the bank cannot."""
        ...

    async def close(self) -> None:
        """Release every line."""
        ...


class I2cBus(Protocol):
    """One I2C bus, blocking; used by one worker thread only."""

    name: str

    def transfer(self, address: int, messages: Sequence[bytes | int]) -> list[bytes]:
        """Run one transaction with repeated starts between its messages.

        Args:
            address: 7-bit address.
            messages: bytes are written, an int reads so many bytes.

        Returns:
            What was read, one item for each int, in order.

        Raises:
            BusError: no acknowledge (errno 121), bus held (5), time-out (110), bus gone (19).
        """
        ...

    def close(self) -> None:
        """Close the bus."""
        ...


class SpiSettings(Record):
    """How one chip is spoken to on an SPI bus.

    Attributes:
        chip_select: which chip-select line it is on; 0 is CE0.
        mode: clock polarity and phase, 0 to 3.
        max_speed_hz: highest clock, in hertz.
    """

    chip_select: int = 0
    mode: int = 0
    max_speed_hz: int = 1_000_000


class SpiBus(Protocol):
    """One SPI bus, blocking; used by one worker thread only."""

    name: str

    def transfer(self, settings: SpiSettings, data: bytes) -> bytes:
        """Send *data* while its chip is selected; return what came back, as many bytes.

        Raises:
            BusError: the kernel refused it; a part that is not there is no error on this bus.
        """
        ...

    def close(self) -> None:
        """Close the bus."""
        ...


class OneWireBus(Protocol):
    """The 1-Wire buses of the kernel, blocking; used by one worker thread only."""

    name: str

    def read(self, rom_id: str, file: str) -> bytes:
        """Return what *file* of the part *rom_id* (``28-0316a2794f1b``) says; raises BusError."""
        ...

    def write(self, rom_id: str, file: str, data: bytes) -> None:
        """Write *data* to *file* of the part *rom_id*; raises BusError."""
        ...

    def rom_ids(self) -> list[str]:
        """Return the parts the kernel has found; raises BusError."""
        ...

    def close(self) -> None:
        """Close the bus."""
        ...


class ModbusBus(Protocol):
    """One Modbus line or connection; used by one worker only.

    It waits on the thread of its worker, or pauses the unit where the worker runs inline.
    """

    name: str

    async def exchange(self, unit_id: int, pdu: bytes, *, own_size: int | None = None) -> bytes:
        """Send a request to a unit and return its answer, both without the frame around them.

        Args:
            unit_id: the unit.
            pdu: function code and what belongs to it.
            own_size: size of a good answer, for a function that is not of the specification.

        Raises:
            BusTimeoutError: the unit does not answer.
            BusError: what came is damaged, or the line is gone.
        """
        ...

    def counters(self) -> Mapping[str, int]:
        """Return what went wrong on the line so far, for ``.health``."""
        ...

    def close(self) -> None:
        """Close the line."""
        ...


class SerialSettings(Record):
    """How a serial port is opened.

    Attributes:
        port: path or pyserial URL.
        baud: bits a second.
        bits: data bits, 5 to 8.
        parity: ``N``, ``E`` or ``O``.
        stop_bits: 1 or 2.
    """

    port: str
    baud: int = 9600
    bits: int = 8
    parity: str = "N"
    stop_bits: int = 1


class SerialPort(Protocol):
    """One open serial port; used from the event loop only."""

    name: str

    def listen(self, on_bytes: OnBytes, on_lost: OnLost) -> None:
        """Hand every byte that arrives to *on_bytes*; tell *on_lost*, once, that it is gone."""
        ...

    async def write(self, data: bytes) -> None:
        """Send *data*, waiting while the port is busy; raises BusError."""
        ...

    def close(self) -> None:
        """Close the port."""
        ...


class WiredDevice(Record):
    """One device of the device file, as the simulator needs it to put a part in its place.

    Attributes:
        name: name in the device file.
        driver: driver name, which is also the name of the part.
        bus: name of the bus, or None.
        address: I2C address, or None.
        pins: pin role (``pin``, ``interrupt``) to (bank, line); bank ``gpio`` is the header.
        params: the checked driver parameters.
        channels: the channel names the device offers.
        spi: how it is spoken to, or None where it is on no SPI bus.
        rom_id: its number on a 1-Wire bus, or None.
        unit_id: its number on a Modbus line, or None.
    """

    name: str
    driver: str
    bus: str | None = None
    address: int | None = None
    pins: Mapping[str, tuple[str, int]] = MappingProxyType({})
    params: Mapping[str, Any] = MappingProxyType({})
    channels: Sequence[str] = ()
    spi: SpiSettings | None = None
    rom_id: str | None = None
    unit_id: int | None = None


class Wiring(Record):
    """What the device file says is connected where.

    Attributes:
        i2c: bus name to Linux path, such as ``/dev/i2c-1``.
        serial: bus name to port settings.
        devices: every device of the file.
        spi: bus name to the number of the bus; its nodes are ``/dev/spidevNUMBER.*``.
        mux: bus name behind an I2C multiplexer to (device that is the multiplexer, channel).
    """

    i2c: Mapping[str, str] = MappingProxyType({})
    serial: Mapping[str, SerialSettings] = MappingProxyType({})
    devices: Sequence[WiredDevice] = ()
    spi: Mapping[str, int] = MappingProxyType({})
    mux: Mapping[str, tuple[str, int]] = MappingProxyType({})


class Substrate(Protocol):
    """What lies beneath gpiozero, smbus2 and pyserial: the kernel, or the simulator."""

    @property
    def is_simulated(self) -> bool:
        """Whether the parts are simulated."""
        ...

    @property
    def description(self) -> str:
        """What it is, in one line for people."""
        ...

    def start(self) -> None:
        """Put the substrate in place; raises HardwareError naming a part it has no model of."""
        ...

    def pin_factory(self) -> Any:
        """Return the gpiozero pin factory for the GPIO header; raises HardwareError."""
        ...

    def serial_port(self, settings: SerialSettings) -> SerialSettings:
        """Return the settings to open instead (the simulator answers with its own port)."""
        ...

    def stop(self) -> None:
        """Take the substrate away again."""
        ...
