"""The driver API: what a driver declares and what it may use.

A driver is a class. Its attributes are the schema: parameters it takes from the device file
(``param``, ``output_pin``, ``input_pin``, ``pwm_pin``), channels it offers (``reading``,
``setting``), commands (``command``) and momentary events. Checks of the device file, the JSON
Schema, ``describe`` and the reference are all made from these declarations.

A driver never sees WAMP, sockets or threads. Drivers on an I2C bus run as one unit on the worker
of their bus: between two lines of ``read`` no other device can use the bus.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypedDict, Unpack

from wampedge.devices.contracts import PinBank, Pull
from wampedge.devices.declaring import (
    ChannelSpec,
    CommandSpec,
    PinKey,
    PinSpec,
    command,
    declared_by,
    drives,
    input_pin,
    open_drain_pin,
    output_pin,
    param,
    parts_of,
    pwm_pin,
    reading,
    setting,
)
from wampedge.devices.driver_context import DriverContext
from wampedge.devices.fields import Field
from wampedge.devices.values import Value
from wampedge.records import Record

if TYPE_CHECKING:
    from wampedge.devices.pin_use import PinUse

__all__ = [
    "DEADLINE_S",
    "BusKind",
    "ChannelSpec",
    "CommandSpec",
    "Driver",
    "DriverContext",
    "DriverSpec",
    "PinKey",
    "PinSpec",
    "Place",
    "command",
    "input_pin",
    "open_drain_pin",
    "output_pin",
    "param",
    "pwm_pin",
    "reading",
    "setting",
    "spec_of",
]

BusKind = Literal["i2c", "serial", "spi", "modbus", "onewire"]
Place = Literal["sysfs", "thread"]

DEADLINE_S = 2.0
"""How long one unit may take: the longest conversion of a part we know, and slack."""


class DriverSpec(Record):
    """Everything a driver declares; made from a class or from a TOML register map.

    Attributes:
        name: driver name in the device file.
        title: the part in words, such as ``Bosch BME280 temperature, pressure, humidity``.
        bus: kind of bus the device sits on, or None for drivers that only use pins.
        addresses: I2C addresses the part can have; the first is the default.
        params: parameter name to kind, limits and default.
        pins: pin role to what it needs.
        channels: channel name to what it carries, for a device with default parameters.
        channel_fields: keys a ``channels.<name>`` table may have beyond the common ones.
        has_open_channels: the device file names the channels (``line``, ``modbus``).
        commands: command name to its arguments.
        events: momentary events the driver emits.
        event_details: what may ride with them, by name.
        is_polled: the driver has ``read()`` and is sampled every ``every``.
        default_every_s: sampling period when the device file gives none, in seconds; None: 30 s.
        provides_pins: how many pins the device offers to other devices (port expanders).
        is_output: it moves or switches something, so that it takes an output policy.
        driver_class: the class to instantiate.
        deadline_s: how long one unit may take, in seconds.
        provides_buses: how many I2C buses the device offers to others (multiplexers).
        unit_id: number of the part on a Modbus line as it is sold; None: the file must say it.
        spi_mode: clock polarity and phase on an SPI bus, where the file says nothing.
        spi_speed_hz: highest clock of the part on an SPI bus, in hertz.
        place: what a device on no bus needs: ``sysfs``, the files of the kernel, which are read on
            a worker of their own; ``thread``, a worker of its own, as its units may block.
    """

    name: str
    title: str
    driver_class: type[Driver]
    bus: BusKind | None = None
    addresses: Sequence[int] = ()
    params: Mapping[str, Field] = MappingProxyType({})
    pins: Mapping[str, PinSpec] = MappingProxyType({})
    channels: Mapping[str, ChannelSpec] = MappingProxyType({})
    channel_fields: Mapping[str, Field] = MappingProxyType({})
    has_open_channels: bool = False
    commands: Mapping[str, CommandSpec] = MappingProxyType({})
    events: Sequence[str] = ()
    event_details: Mapping[str, Field] = MappingProxyType({})
    is_polled: bool = False
    default_every_s: float | None = None
    provides_pins: int = 0
    is_output: bool = False
    deadline_s: float = DEADLINE_S
    provides_buses: int = 0
    spi_mode: int = 0
    spi_speed_hz: int = 1_000_000
    place: Place | None = None
    unit_id: int | None = None


class _Keywords(TypedDict, total=False):
    """Keywords of a driver class that are taken as they are."""

    deadline_s: float
    event_details: Mapping[str, Field]
    provides_buses: int
    spi_mode: int
    spi_speed_hz: int
    place: Place


class Driver:
    """Base of every driver; states the contract, holds no logic.

    The runtime creates the instance, opens the pins it declares, then awaits ``setup``. It awaits
    ``read`` every sampling period, ``set_<channel>`` and commands when called, ``safe`` before it
    stops, and ``close`` at the end. After an error it awaits ``setup`` again.

    Class keywords: ``bus``, ``addresses``, ``title``, ``events``, ``event_details``,
    ``provides_pins``, ``provides_buses``, ``is_output``, ``default_every_s``, ``deadline_s``,
    ``open_channels``, ``channel_fields``, ``spi_mode``, ``spi_speed_hz``, ``place``; see
    ``DriverSpec``.
    """

    _spec: ClassVar[DriverSpec]

    bus: Any
    """What the device has of its bus, set before ``setup``: ``I2cDevice``, ``SpiDevice``,
    ``OneWireDevice``, ``SerialPort`` ...; None for pins only."""
    context: DriverContext
    slews: ClassVar[bool] = False
    """Whether the driver holds ``context.guard.policy.slew_per_s``, as a ``Ramp`` does."""
    keeps_bus: ClassVar[bool] = False
    """Whether no other part of an I2C bus may be read while ``read`` sleeps, because the traffic
    would disturb the measurement."""
    channel_options: Mapping[str, Mapping[str, Any]] = MappingProxyType({})
    """The ``channels`` table of the device, by the driver's channel names, set before ``setup``."""

    def __init__(self, context: DriverContext, params: Mapping[str, Any], bus: Any = None) -> None:
        self.context = context
        self.bus = bus
        for name in self._spec.params:
            setattr(self, name, params[name])
        for role, pin in self._spec.pins.items():
            if not pin.is_required:
                setattr(self, role, None)

    def __init_subclass__(  # noqa: PLR0913 # the keywords of a driver class, all optional
        cls,
        *,
        bus: BusKind | None = None,
        addresses: Sequence[int] = (),
        title: str = "",
        events: Sequence[str] = (),
        provides_pins: int = 0,
        is_output: bool | None = None,
        default_every_s: float | None = None,
        open_channels: bool = False,
        channel_fields: Mapping[str, Field] | None = None,
        name: str | None = None,
        **more: Unpack[_Keywords],
    ) -> None:
        declared = declared_by(cls)
        cls._spec = DriverSpec(
            name=name or cls.__module__.rpartition(".")[2],
            title=title or (cls.__doc__ or cls.__name__).strip().splitlines()[0].rstrip("."),
            driver_class=cls,
            bus=bus,
            addresses=tuple(addresses),
            **parts_of(declared),
            channel_fields=channel_fields or {},
            has_open_channels=open_channels,
            events=tuple(events),
            is_polled=cls.read is not Driver.read,
            default_every_s=default_every_s,
            provides_pins=provides_pins,
            is_output=drives(declared) if is_output is None else is_output,
            **more,
        )

    @classmethod
    def channels_for(
        cls, params: Mapping[str, Any], channels: Mapping[str, Mapping[str, Any]]
    ) -> Mapping[str, ChannelSpec]:
        """Return the channels of a device with *params* and the ``channels`` table of its file."""
        return cls._spec.channels

    @classmethod
    def commands_for(
        cls, params: Mapping[str, Any], channels: Mapping[str, Mapping[str, Any]]
    ) -> Mapping[str, CommandSpec]:
        """Return the commands of a device with *params* and the ``channels`` table of its file."""
        return cls._spec.commands

    @classmethod
    def check_params(
        cls, params: Mapping[str, Any], channels: Mapping[str, Mapping[str, Any]]
    ) -> list[tuple[Sequence[str], str]]:
        """Return (key path, what is wrong) for rules that join several parameters."""
        return []

    @classmethod
    def check_table(cls, values: Mapping[str, Any]) -> list[tuple[Sequence[str], str]]:
        """Return (key path, what is wrong) for rules that join parameters, pins and output policy.

        *values* are the keys of the device that are right, converted, and its pins by their roles;
        what is not given is None.
        """
        return []

    @classmethod
    def check_pin_use(cls, params: Mapping[str, Any], use: PinUse) -> tuple[str, str] | None:
        """Return why a pin it offers cannot be used so and what helps (or ""); None if it can."""
        return None

    @classmethod
    def usual_period_s(cls, pins: Collection[str]) -> float | None:
        """Return the sampling period of a device that uses *pins*, where the file gives none."""
        return cls._spec.default_every_s

    def counters(self) -> Mapping[str, int]:
        """Return what the driver counts beyond readings, for ``.health``: lost edges, retries."""
        return {}

    def initial_level(self, pin: str) -> bool:
        """Return the electrical level an output pin has from its first instant on."""
        return False

    def input_pull(self, pin: str) -> Pull:
        """Return the pull resistor an input pin is opened with."""
        return "none"

    @classmethod
    def planned_frequency_hz(cls, pin: str, params: Mapping[str, Any]) -> float | None:
        """Return the frequency a PWM pin will be opened with; None if only an instance knows."""
        if cls.pwm_frequency_hz is not Driver.pwm_frequency_hz:
            return None
        frequency_hz: float = params.get("frequency", 100.0)
        return frequency_hz

    def pwm_frequency_hz(self, pin: str) -> float:
        """Return the frequency a PWM pin is opened with: the parameter ``frequency``, or 100 Hz."""
        params = {name: getattr(self, name) for name in self._spec.params}
        return self.planned_frequency_hz(pin, params) or 100.0

    def initial_duty(self, pin: str) -> float:
        """Return the duty a PWM pin has from its first instant on, 0.0 to 1.0."""
        return 0.0

    def start_with(self, value: Value) -> None:
        """Begin with *value* of the only settable channel, as ``on_start`` says; None: inactive.

        Called before pins are opened, so that their first level is right; replaces whatever
        ``take_over`` took over.
        """

    def active_level(self, pin: str) -> bool | None:
        """Return the level at which an output pin is active; None for one that moves nothing."""
        return True

    async def set_inactive(self) -> None:
        """Bring every output to rest now, in the middle of whatever; raises DeviceError."""
        await self.safe()

    async def keep(self) -> None:
        """Leave every output as it is for good; end what nobody else would end, like a pulse."""

    async def setup(self) -> None:
        """Prepare the part; raises DeviceError. Awaited at start and again after a failure."""

    async def read(self) -> Mapping[str, Value]:
        """Sample the part: channel name to value; raises DeviceError."""
        raise NotImplementedError("this driver is not polled")

    async def read_back(self) -> Mapping[str, Value]:
        """Read from the part what it was set to, where it is not sampled; raises DeviceError.

        Awaited for a fresh get. Raises BadReadingError when the part is not as it was told to be.
        """
        return {}

    def take_over(self, before: Driver) -> None:
        """Start from the state of *before*, the same driver on the same pins.

        Called before pins are opened, when the device file was read again and the device is not
        what it was: outputs then keep their level.
        """

    async def run_command(self, name: str, arguments: Mapping[str, Any]) -> Any:
        """Run the command *name*, one of ``commands_for``, with converted *arguments*."""
        return await getattr(self, name)(**arguments)

    async def safe(self) -> None:
        """Put every output to rest; awaited before ``close``, unless ``on_stop`` says else."""

    async def close(self) -> None:
        """Let go of the part; pins and buses are closed by the runtime."""

    def pin_bank(self) -> PinBank:
        """Return the pins this device offers to others (port expanders only)."""
        raise NotImplementedError("this driver offers no pins")

    async def sleep(self, seconds: float) -> None:
        """Wait on the node's clock, in seconds."""
        await self.context.sleep(seconds)

    async def thread(self, function: Callable[..., Any], *args: Any) -> Any:
        """Run *function*, which may block, where it holds up nobody; raises what it raises.

        On a bus that is the worker of the bus. Anywhere else it is one of a few threads: once the
        deadline of the unit passes the call is given up, and the device gets no other thread until
        it comes back.
        """
        return await self.context.thread(function, *args)

    def emit(self, event: str, **details: Value) -> None:
        """Publish a momentary event, one of those the class declares, and its ``event_details``."""
        self.context.emit(event, **details)


def spec_of(driver: type[Driver]) -> DriverSpec:
    """Return what *driver* declares."""
    return driver._spec
