"""Drivers of UART parts without code: a TOML file of a frame becomes a driver class."""

from __future__ import annotations

import types
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Final

from wampedge.devices.driver import ChannelSpec, CommandSpec, Driver, DriverSpec, spec_of
from wampedge.devices.fields import (
    NAME_PATTERN,
    Choice,
    Duration,
    FieldError,
    Integer,
    ListOf,
    MapOf,
    Number,
    Table,
    Text,
)
from wampedge.devices.frames.driver import FrameDriver
from wampedge.devices.frames.format import FrameFormat
from wampedge.devices.frames.keys import (
    CHECK,
    HEADER,
    LENGTH,
    PLACE_KEYS,
    format_of,
    out_of,
    place_mistake,
)
from wampedge.devices.registermap.schema import Mistake, fail
from wampedge.devices.tomlfile import AnyValue, HexText, read_driver_file

__all__ = ["FramePartDriver", "load_frames", "read_frames"]

_RESERVED: Final = frozenset(dir(Driver))

_OUT: Final = Table(
    {
        **PLACE_KEYS,
        "unit": Text(default="", maximum_length=16),
        "range": ListOf(Number(), 2, 2, default=None, doc="what the part can measure"),
        "doc": Text(default="", maximum_length=200),
    }
)
_VECTOR: Final = Table(
    {
        "doc": Text(default="", maximum_length=200),
        "sent": HexText(default=None, doc="what the driver must send first"),
        "bytes": HexText(minimum_length=0, doc="what the part says"),
        "expect": MapOf(AnyValue(), default=None),
        "bad": ListOf(Text(NAME_PATTERN), default=(), doc="channels without a value"),
        "frames": Integer(0, 100, default=1, doc="how many good frames there are in it"),
        "error": Choice(("BadReadingError", "BusTimeoutError"), default=None),
    }
)
_PART: Final = Table(
    {
        "name": Text(NAME_PATTERN),
        "title": Text(minimum_length=1, maximum_length=100),
        "bus": Choice(("serial",)),
        "baud": Integer(50, 4_000_000, default=9600, doc="bits a second, for people"),
        "datasheet": Text(minimum_length=1, maximum_length=400, doc="number, sections, pages"),
        "every": Duration(0.01, 86_400.0, default=None, doc="sampling period when none is given"),
        "frame": Table(
            {
                "header": HEADER,
                "length": LENGTH,
                "tail": HexText(default=None, doc="the bytes a frame ends with"),
                "checksum": CHECK,
            }
        ),
        "request": Table(
            {
                "send": HexText(doc="what asks for a frame"),
                "timeout": Duration(0.01, 1.5, default=1.0, doc="how long the answer may take"),
            },
            default=None,
            doc="for a part that speaks only when it is asked",
        ),
        "out": MapOf(_OUT),
        "commands": MapOf(
            Table({"doc": Text(maximum_length=200), "send": HexText(doc="what is sent")}),
            default={},
        ),
        "test": ListOf(_VECTOR, minimum=1, doc="a part without vectors is no driver"),
    }
)


class FramePartDriver(FrameDriver, bus="serial"):
    """Base of the classes made from frame files; one subclass a file."""

    part_commands: ClassVar[Mapping[str, bytes]] = {}
    part_file: ClassVar[Path]

    async def run_command(self, name: str, arguments: Mapping[str, Any]) -> None:
        """Send the bytes of the command *name*; raises BusError."""
        await self.bus.write(self.part_commands[name])


def read_frames(path: Path, raw: bytes | None = None) -> dict[str, Any]:
    """Return the tables of the file (or of *raw*) with every default; raises ConfigError."""
    return read_driver_file(path, _PART, raw)


def load_frames(path: Path, raw: bytes | None = None) -> DriverSpec:
    """Return what the frame file at *path* declares; its ``driver_class`` runs it.

    Args:
        path: the file.
        raw: what is in it, where it was read before.

    Raises:
        ConfigError: with every mistake of the file.
    """
    document = read_frames(path, raw)
    frame = _checked_format(path, document)
    driver: Any = types.new_class(
        document["name"],
        (FramePartDriver,),
        {
            "bus": "serial",
            "title": document["title"],
            "default_every_s": document["every"],
            "name": document["name"],
        },
    )
    driver.__doc__ = f"{document['title']}.\n\nDatasheet: {document['datasheet']}"
    driver.part_file = path
    driver.frame_format = frame
    driver.outs = tuple(out_of(name, table) for name, table in document["out"].items())
    driver.part_commands = {name: table["send"] for name, table in document["commands"].items()}
    request = document["request"]
    if request is not None:
        driver.request, driver.timeout_s = request["send"], request["timeout"]
    driver._spec = spec_of(driver).but(
        channels={name: _channel(table) for name, table in document["out"].items()},
        commands={
            name: CommandSpec({}, table["doc"], result="None")
            for name, table in document["commands"].items()
        },
        is_polled=request is not None,
    )
    return spec_of(driver)


def _checked_format(path: Path, document: Mapping[str, Any]) -> FrameFormat:
    """Return the format in *document*, which its outputs fit; raises ConfigError."""
    try:
        frame = format_of(document["frame"])
    except FieldError as error:
        raise fail(path, [Mistake(("frame", *error.path), error.text)]) from error
    mistakes = [
        Mistake(("out", name), text)
        for name, table in document["out"].items()
        if (text := place_mistake(table, frame))
    ]
    mistakes += [
        Mistake((key, name), "is a word of the driver API")
        for key in ("out", "commands")
        for name in document[key]
        if name in _RESERVED
    ]
    if mistakes:
        raise fail(path, mistakes)
    return frame


def _channel(table: Mapping[str, Any]) -> ChannelSpec:
    low, high = table["range"] or (None, None)
    return ChannelSpec(Number(low, high), unit=table["unit"], doc=table["doc"])
