"""What a driver class declares: parameters, pins, channels and commands, as class attributes.

Drivers import all of it from ``wampedge.devices.driver``.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType
from typing import Any, Literal, TypeVar

from wampedge.devices.answers import ANYTHING, annotation_of
from wampedge.devices.fields import REQUIRED, Boolean, Field, Number
from wampedge.records import Record

__all__ = [
    "ChannelSpec",
    "CommandSpec",
    "DeclaredChannel",
    "DeclaredParam",
    "DeclaredPin",
    "PinKey",
    "PinSpec",
    "command",
    "declared_by",
    "drives",
    "input_pin",
    "open_drain_pin",
    "output_pin",
    "param",
    "parts_of",
    "pwm_pin",
    "reading",
    "setting",
]

PinKey = Literal["key", "pins", "table"]
Method = TypeVar("Method", bound=Callable[..., Awaitable[Any]])


class ChannelSpec(Record):
    """One channel of a device: a value that is read, and maybe set.

    Attributes:
        field: kind and limits of the value.
        unit: unit text such as ``°C``; "" for flags, texts and plain numbers.
        is_settable: the driver has ``async set_<name>(value)``.
        doc: one line for people.
        may_be_empty: None is a good value too: there is nothing, such as no tag at a reader.
    """

    field: Field
    unit: str = ""
    is_settable: bool = False
    doc: str = ""
    may_be_empty: bool = False


class CommandSpec(Record):
    """One command of a device: a method callable from outside.

    Attributes:
        arguments: name to kind and limits, in positional order.
        doc: one line for people.
        has_progress: it answers with a ``Journey``, told as progressive results.
        result: what it answers, as an annotation such as ``float | None``.
    """

    arguments: Mapping[str, Field] = MappingProxyType({})
    doc: str = ""
    has_progress: bool = False
    result: str = ANYTHING


class PinSpec(Record):
    """One pin a device takes.

    Attributes:
        direction: ``output``, ``input``, ``pwm``, or ``open_drain`` for a wire that both ends pull
            low.
        is_required: a device without it is wrong; the attribute of an optional pin may be None.
        doc: one line for people.
        place: how the file names it: ``key`` (``pin = 17``), ``pins`` (with others in a list or
            table ``pins``), ``table`` (``interrupt = { pin = 27, pull = "up" }``).
    """

    direction: Literal["output", "input", "pwm", "open_drain"]
    is_required: bool = True
    doc: str = ""
    place: PinKey = "key"


class DeclaredParam(Record):
    """A parameter, as the attribute of a driver class."""

    field: Field


class DeclaredPin(Record):
    """A pin, as the attribute of a driver class."""

    spec: PinSpec


class DeclaredChannel(Record):
    """A channel, as the attribute of a driver class."""

    spec: ChannelSpec


def param(kind: Field, default: Any = REQUIRED, *, doc: str = "") -> Any:
    """Declare a parameter of the device file; its converted value becomes the attribute."""
    return DeclaredParam(kind.but(default=default, doc=doc or kind.doc))


def output_pin(*, doc: str = "", place: PinKey = "key", is_required: bool = True) -> Any:
    """Declare a pin the driver drives; the attribute becomes an ``OutputPin``."""
    return DeclaredPin(PinSpec("output", is_required, doc, place))


def input_pin(*, doc: str = "", place: PinKey = "key", is_required: bool = True) -> Any:
    """Declare a pin the driver reads; the attribute becomes an ``InputPin``."""
    return DeclaredPin(PinSpec("input", is_required, doc, place))


def pwm_pin(*, doc: str = "", place: PinKey = "key", is_required: bool = True) -> Any:
    """Declare a pin the driver modulates; the attribute becomes a ``PwmPin``."""
    return DeclaredPin(PinSpec("pwm", is_required, doc, place))


def open_drain_pin(*, doc: str = "", place: PinKey = "key") -> Any:
    """Declare a wire both ends pull low; the attribute becomes an ``OpenDrainPin``."""
    return DeclaredPin(PinSpec("open_drain", doc=doc, place=place))


def reading(
    unit: str = "",
    *,
    range: tuple[float, float] | None = None,  # noqa: A002 # the word of datasheets
    kind: Field | None = None,
    doc: str = "",
    may_be_empty: bool = False,
) -> Any:
    """Declare a channel that is read. *range* is what the part can measure, in *unit*.

    One that *may_be_empty* has None for "there is nothing", which is a good reading.
    """
    low, high = range or (None, None)
    kind = kind or Number(minimum=low, maximum=high)
    return DeclaredChannel(ChannelSpec(kind, unit=unit, doc=doc, may_be_empty=may_be_empty))


def setting(kind: Field | None = None, *, unit: str = "", doc: str = "") -> Any:
    """Declare a channel that is read and set; the class has ``async set_<name>(value)``."""
    return DeclaredChannel(ChannelSpec(kind or Boolean(), unit=unit, is_settable=True, doc=doc))


def command(
    arguments: Mapping[str, Field] | None = None,
    *,
    name: str = "",
    has_progress: bool = False,
) -> Callable[[Method], Method]:
    """Declare an async method as a command; *arguments* in the order of its parameters.

    One that has progress returns a ``Journey``: its caller waits for the end of it. *name* is for
    commands whose method cannot be called so; ``run_command`` then finds the method. What the
    method is annotated to return is what callers are told that they get.
    """

    def mark(method: Method) -> Method:
        doc = (method.__doc__ or "").strip().splitlines()
        result = annotation_of(method)
        spec = CommandSpec(dict(arguments or {}), doc[0] if doc else "", has_progress, result)
        method.__wampedge_command__ = spec  # type: ignore[attr-defined] # functions take attributes
        method.__wampedge_name__ = name  # type: ignore[attr-defined] # as above
        return method

    return mark


def declared_by(cls: type) -> dict[str, Any]:
    """Return the declarations of *cls* and its bases, bases first."""
    return {name: value for base in reversed(cls.__mro__) for name, value in vars(base).items()}


def parts_of(declared: Mapping[str, Any]) -> dict[str, Any]:
    """Return what of *declared* goes into a ``DriverSpec``, by its names there."""
    return {
        "params": {k: v.field for k, v in declared.items() if isinstance(v, DeclaredParam)},
        "pins": {k: v.spec for k, v in declared.items() if isinstance(v, DeclaredPin)},
        "channels": {k: v.spec for k, v in declared.items() if isinstance(v, DeclaredChannel)},
        "commands": {
            v.__wampedge_name__ or k: v.__wampedge_command__
            for k, v in declared.items()
            if hasattr(v, "__wampedge_command__")
        },
    }


def drives(declared: Mapping[str, Any]) -> bool:
    """Return whether a driver with what is *declared* has pins it drives."""
    pins = (v.spec for v in declared.values() if isinstance(v, DeclaredPin))
    return any(pin.direction in ("output", "pwm") for pin in pins)
