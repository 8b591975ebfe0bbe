"""Any part that sends frames of bytes over a serial port, without code.

Chip: none; whatever sends frames with a header, at the speed and format of its bus. Frames are
found by header, length, tail and checksum; what is no frame is counted and left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from wampedge.devices.driver import ChannelSpec, CommandSpec, DriverContext, param
from wampedge.devices.fields import Duration, FieldError, MapOf, Number, Table
from wampedge.devices.frames.driver import FrameDriver
from wampedge.devices.frames.keys import (
    CHECK,
    HEADER,
    LENGTH,
    PLACE_KEYS,
    format_of,
    out_of,
    place_mistake,
)
from wampedge.devices.tomlfile import HexText
from wampedge.devices.values import Value

__all__ = ["Frame"]

_REQUEST = Table(
    {
        "send": HexText(doc="what asks for a frame"),
        "timeout": Duration(0.01, 1.5, default=1.0, doc="how long the answer may take"),
    },
    default=None,
    doc="for a part that speaks only when it is asked",
)


class Frame(
    FrameDriver,
    bus="serial",
    title="Any part that sends frames of bytes",
    open_channels=True,
    channel_fields=PLACE_KEYS,
):
    """Publishes what frames say; asks for one each ``every`` where the part has to be asked."""

    header: bytes = param(HEADER)
    length: Any = param(LENGTH)
    tail: bytes | None = param(HexText(), None, doc="the bytes a frame ends with")
    checksum: Any = param(CHECK, None)
    ask: Mapping[str, Any] | None = param(_REQUEST, None)
    commands: Mapping[str, bytes] = param(
        MapOf(HexText()), {}, doc='name to what is sent, such as "aa b4 06"'
    )

    def __init__(self, context: DriverContext, params: Mapping[str, Any], bus: Any = None) -> None:
        super().__init__(context, params, bus)
        self.frame_format = format_of(params)

    @classmethod
    def channels_for(
        cls, params: Mapping[str, Any], channels: Mapping[str, Mapping[str, Any]]
    ) -> Mapping[str, ChannelSpec]:
        """Return a channel for each one the device file names."""
        return {
            name: ChannelSpec(Number(), unit=table.get("unit") or "")
            for name, table in channels.items()
        }

    @classmethod
    def commands_for(
        cls, params: Mapping[str, Any], channels: Mapping[str, Mapping[str, Any]]
    ) -> Mapping[str, CommandSpec]:
        """Return a command without arguments for each one the device file names."""
        return {
            name: CommandSpec({}, f"Send {sent.hex(' ')}.", result="None")
            for name, sent in params["commands"].items()
        }

    @classmethod
    def check_params(
        cls, params: Mapping[str, Any], channels: Mapping[str, Mapping[str, Any]]
    ) -> list[tuple[Sequence[str], str]]:
        """Return what is wrong with the frame, and with where channels lie in it."""
        try:
            frame = format_of(params)
        except FieldError as error:
            return [([str(key) for key in error.path], error.text)]
        return [
            (("channels", name), text)
            for name, table in channels.items()
            if (text := place_mistake(table, frame))
        ]

    async def setup(self) -> None:
        """Listen for frames."""
        self.outs = tuple(out_of(name, table) for name, table in self.channel_options.items())
        if self.ask is not None:
            self.request, self.timeout_s = self.ask["send"], self.ask["timeout"]
        await super().setup()

    async def read(self) -> Mapping[str, Value]:
        """Ask for a frame where the part has to be asked; raises BusError, BadReadingError."""
        return await super().read() if self.request else {}

    async def run_command(self, name: str, arguments: Mapping[str, Any]) -> None:
        """Send the bytes of the command *name*; raises BusError."""
        await self.bus.write(self.commands[name])
