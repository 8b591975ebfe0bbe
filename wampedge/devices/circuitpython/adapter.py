"""One CircuitPython driver as one device: its properties are channels.

Its code blocks. On I2C and SPI it runs on the worker of the bus, in one unit of the device; on a
serial port on a thread of its own. A driver that loops for ever is given up at its deadline.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from wampedge.devices.circuitpython.known import KnownChannel, KnownDriver
from wampedge.devices.circuitpython.library import library_of
from wampedge.devices.circuitpython.shims import ByteStream, I2cShim, SpiShim, UartShim
from wampedge.devices.circuitpython.sources import DriverClass, classes_of
from wampedge.devices.driver import ChannelSpec, Driver
from wampedge.devices.spelling import nearest, one_of
from wampedge.devices.values import Value
from wampedge.errors import BusError, DeviceError, WrongChipError

__all__ = ["CircuitPythonDriver"]


class CircuitPythonDriver(Driver):
    """Base of the classes made for ``adafruit:NAME``; one subclass a name."""

    module: ClassVar[str]
    """The module of the driver, such as ``adafruit_bme280.basic``."""
    known: ClassVar[KnownDriver]
    """What the table says of it; empty where it is not in there."""
    bus_kind: ClassVar[str]
    _shim: I2cShim | SpiShim | None = None
    _stream: ByteStream | None = None

    @classmethod
    def channels_for(
        cls, params: Mapping[str, Any], channels: Mapping[str, Mapping[str, Any]]
    ) -> Mapping[str, ChannelSpec]:
        """Return the known channels, and those the device file adds."""
        names = dict.fromkeys((*cls.known.channels, *channels))
        return {name: cls.channel(name, channels.get(name, {})).spec() for name in names}

    @classmethod
    def check_params(
        cls, params: Mapping[str, Any], channels: Mapping[str, Mapping[str, Any]]
    ) -> list[tuple[Sequence[str], str]]:
        """Return what the source of the driver has no such class or attribute for."""
        classes = {each.name: each for each in classes_of(cls.module)}
        try:
            chosen = cls._chosen_class(params, classes)
        except LookupError as error:
            return [(("class",), str(error))]
        mistakes: list[tuple[Sequence[str], str]] = []
        if not cls.known.channels and not channels:
            names = ", ".join(_offers(chosen)[:12])
            mistakes.append((("channels",), f"is missing: name some of {names}"))
        for name, table in channels.items():
            mistakes += _attribute_mistakes(name, cls.channel(name, table).attribute, chosen)
        for key in params["arguments"]:
            if key not in chosen.arguments:
                text = f"{chosen.name} takes no {key}{_hint(key, chosen.arguments)}"
                mistakes.append((("arguments", key), text))
        return mistakes

    @classmethod
    def channel(cls, name: str, table: Mapping[str, Any]) -> KnownChannel:
        """Return what the channel *name* is: as the file says, else the table, else its name."""
        known = cls.known.channels.get(name) or KnownChannel(attribute=name)
        return known.but(**_given(table))

    @classmethod
    def _chosen_class(
        cls, params: Mapping[str, Any], classes: Mapping[str, DriverClass]
    ) -> DriverClass:
        """Return the class to use; raises LookupError that says which there are."""
        wanted = params["class"] or cls.known.class_name
        if wanted:
            if wanted in classes:
                return classes[wanted]
            raise LookupError(f"{cls.module} has no class {wanted}{_hint(wanted, classes)}")
        fitting = [each for each in classes.values() if each.bus == cls.bus_kind]
        if len(fitting) == 1:
            return fitting[0]
        names = ", ".join(each.name for each in fitting)
        raise LookupError(f"must name one of the classes of {cls.module}: {names}")

    async def setup(self) -> None:
        """Make the object of the driver; raises WrongChipError, BusError, DeviceError."""
        if self.bus_kind == "serial":
            # What came meanwhile is there when the driver begins anew.
            self._stream = self._stream or ByteStream()
            self.bus.listen(self._stream.feed, lambda _: None)
        self._part = await self._blocking(self._make)

    async def read(self) -> Mapping[str, Value]:
        """Read every channel; raises BusError, DeviceError."""
        values: Mapping[str, Value] = await self._blocking(self._read_all)
        return values

    async def set_channel(self, name: str, value: Value) -> Value:
        """Set an attribute of the driver and return what it says then; raises DeviceError."""
        channel = self.channel(name, self.channel_options.get(name, {}))

        def write() -> Value:
            setattr(self._part, channel.attribute, value)
            value_now: Value = channel.value_of(self._part)
            return value_now

        accepted: Value = await self._blocking(write)
        return accepted

    def __getattr__(self, name: str) -> Any:
        """Return the setter of a channel: the device file decides which there are."""
        channel = name.removeprefix("set_")
        if channel == name:
            raise AttributeError(f"{type(self).__name__} has no attribute {name}")

        async def set_value(value: Value) -> Value:
            return await self.set_channel(channel, value)

        return set_value

    async def _blocking(self, work: Callable[[], Any]) -> Any:
        if self._shim is not None:
            self._shim.patience.renew()
        if self.bus_kind == "serial":
            return await self.thread(_told, work)
        return _told(work)

    def _make(self) -> Any:
        library = library_of(self.context.clock, self.module)
        params = {name: getattr(self, name) for name in ("class", "arguments", "options")}
        chosen = self._chosen_class(params, {each.name: each for each in classes_of(self.module)})
        kind = getattr(library.load(self.module), chosen.name)
        arguments = {**self.known.arguments, **params["arguments"]}
        part = kind(**self._wires(library, chosen), **arguments)
        for name, value in params["options"].items():
            setattr(part, name, value)
        return part

    def _wires(self, library: Any, chosen: DriverClass) -> dict[str, Any]:
        """Return the bus and, where the constructor takes them, address and chip select."""
        wires: dict[str, Any] = {}
        for name in chosen.arguments:
            if name in {"i2c", "i2c_bus"}:
                wires[name] = self._shim = I2cShim(self.bus.run_at)
            elif name in {"spi", "spi_bus"}:
                wires[name] = self._shim = SpiShim(self.bus.run, mode=self.bus.settings.mode)
            elif name in {"cs", "chip_select"}:
                wires[name] = library.load("digitalio").DigitalInOut()
            elif name in {"address", "addr"} and self.bus_kind == "i2c":
                wires[name] = self.bus.address
            elif name == "uart":
                assert self._stream is not None, "made before"
                wires[name] = UartShim(self._stream, self._send, self.context.clock)
        return wires

    def _send(self, data: bytes) -> None:
        """Send over the port, from the thread of the driver."""
        self.context.on_loop(self._queue, data)

    def _queue(self, data: bytes) -> None:
        self.context.later(0.0, lambda: self.bus.write(data))

    def _read_all(self) -> dict[str, Value]:
        names = dict.fromkeys((*self.known.channels, *self.channel_options))
        channels = {n: self.channel(n, self.channel_options.get(n, {})) for n in names}
        for method in self.known.before:
            getattr(self._part, method)()
        seen: dict[str, Any] = {}
        return {name: channel.value_of(self._part, seen) for name, channel in channels.items()}


def _told(work: Callable[[], Any]) -> Any:
    """Do *work* of a foreign driver; raises DeviceError, in our words, for what it raises."""
    try:
        return work()
    except DeviceError:
        raise
    except OSError as error:
        raise BusError(error.strerror or str(error), errno=error.errno) from error
    except Exception as error:  # foreign code may raise anything; its words are passed on
        text = str(error) or type(error).__name__
        if isinstance(error, ValueError) and "No I2C device" in text:
            raise BusError("no part answers at its address", errno=121) from error
        if isinstance(error, RuntimeError) and ("ID" in text or "find" in text):
            raise WrongChipError(f"the driver found another part: {text[:160]}") from error
        raise DeviceError(f"the driver says: {text[:200]}") from error


def _given(table: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a channel table of the device file says, in the words of ``KnownChannel``."""
    words = {"attribute": "attribute", "index": "index", "kind": "kind", "write": "is_settable", "unit": "unit"}  # fmt: skip # noqa: E501 # one table, one line
    return {words[k]: v for k, v in table.items() if k in words and v is not None}


def _offers(chosen: DriverClass) -> list[str]:
    return [name for name in chosen.attributes if not name.startswith("_")]


def _attribute_mistakes(
    name: str, attribute: str, chosen: DriverClass
) -> list[tuple[Sequence[str], str]]:
    first = attribute.partition(".")[0].removesuffix("()")
    if not chosen.is_known_whole or first in chosen.attributes:
        return []
    text = f"{chosen.name} has no attribute {first}{_hint(first, _offers(chosen))}"
    return [(("channels", name), text)]


def _hint(word: str, names: Sequence[str] | Mapping[str, Any]) -> str:
    near = nearest(word, names)
    return (
        f" (did you mean {one_of(near)}?)" if near else f" (it has {', '.join(list(names)[:12])})"
    )
