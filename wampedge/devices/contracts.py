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

from wampedge.devices.bus_contracts import I2cBus, ModbusBus, OneWireBus, SpiBus, SpiSettings
from wampedge.records import Record

__all__ = [
    "Clock",
    "I2cBus",
    "InputPin",
    "ModbusBus",
    "ModbusSettings",
    "OnBytes",
    "OnEdge",
    "OnLost",
    "OneWireBus",
    "OpenDrainPin",
    "OutputPin",
    "PinBank",
    "PortMatch",
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

    async def set_frequency(self, frequency_hz: float) -> None:
        """Give the wave another frequency, in hertz; raises DeviceError where it cannot have it."""
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

    async def read(self) -> bool:
        """Read the wire, once it was let go; raises DeviceError."""
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


class PortMatch(Record):
    """What a serial port is recognised by, under whatever name it is plugged in.

    Attributes:
        vid: USB vendor number, four hexadecimal digits; None: any.
        pid: USB product number, likewise.
        serial: USB serial number; None: any.
        path: pattern with ``*`` for its place, as ``/dev/serial/by-path`` has it; None: any.
    """

    vid: str | None = None
    pid: str | None = None
    serial: str | None = None
    path: str | None = None

    def __str__(self) -> str:
        known = [("vid", self.vid), ("pid", self.pid), ("serial", self.serial), ("path", self.path)]
        return ", ".join(f"{key} {value}" for key, value in known if value is not None)


class SerialSettings(Record):
    """How a serial port is opened.

    Attributes:
        port: path or pyserial URL.
        baud: bits a second.
        bits: data bits, 5 to 8.
        parity: ``N``, ``E`` or ``O``.
        stop_bits: 1 or 2.
        match: what the port is found by each time it is opened, where ``port`` is empty.
    """

    port: str
    baud: int = 9600
    bits: int = 8
    parity: str = "N"
    stop_bits: int = 1
    match: PortMatch | None = None


class ModbusSettings(Record):
    """How a Modbus line or connection is used.

    Attributes:
        timeout_s: how long an answer may take, in seconds.
        gap_s: least silence before a request, in seconds; 0: what the speed of the line asks for.
        offline_after: unanswered requests in a row after which a unit is left out.
        offline_retry_s: how long it is left out before it is tried again, in seconds.
        host: other end of a connection; None for a line.
        port: TCP port there.
    """

    timeout_s: float = 0.5
    gap_s: float = 0.0
    offline_after: int = 3
    offline_retry_s: float = 30.0
    host: str | None = None
    port: int = 502


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
        channel_options: what the file says of each channel in keys of the driver.
        local: what the driver declares, where it stands beside the device file.
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
    channel_options: Mapping[str, Mapping[str, Any]] = MappingProxyType({})
    local: Any = None


class Wiring(Record):
    """What the device file says is connected where.

    Attributes:
        i2c: bus name to Linux path, such as ``/dev/i2c-1``.
        serial: bus name to port settings.
        devices: every device of the file.
        spi: bus name to the number of the bus; its nodes are ``/dev/spidevNUMBER.*``.
        mux: bus name behind an I2C multiplexer to (device that is the multiplexer, channel).
        modbus: bus name to how a Modbus line or connection is used; lines are in ``serial`` too.
    """

    i2c: Mapping[str, str] = MappingProxyType({})
    serial: Mapping[str, SerialSettings] = MappingProxyType({})
    devices: Sequence[WiredDevice] = ()
    spi: Mapping[str, int] = MappingProxyType({})
    mux: Mapping[str, tuple[str, int]] = MappingProxyType({})
    modbus: Mapping[str, ModbusSettings] = MappingProxyType({})


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

    def modbus_peer(self, settings: ModbusSettings) -> ModbusSettings:
        """Return the settings to connect with instead (the simulator names its own server)."""
        ...

    def sysfs_path(self, path: str) -> str:
        """Return where *path*, below ``/sys``, is now; may be called from any thread.

        Ask again for each access: the simulator brings its file up to the present meanwhile.
        """
        ...

    def clear_i2c(self, path: str) -> str | None:
        """Free the lines of an I2C bus with nine clock pulses; blocks for up to a second.

        May be called from any thread.

        Returns:
            Why it could not be done, or None when it was.
        """
        ...

    def stop(self) -> None:
        """Take the substrate away again."""
        ...
