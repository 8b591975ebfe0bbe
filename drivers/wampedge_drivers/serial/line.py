"""Any line protocol over a serial port, without code: the device file says what a line is.

Chip: none; whatever sends lines at the speed and format of its bus. ``match`` is a regular
expression for the whole line; each channel takes the group of its name. Lines longer than 1024
bytes are dropped, lines that do not match are ignored; both are counted. ``commands`` send a text
and may wait for a line that matches ``expect``; an echo of the text, or values in between, do no
harm.

Patterns are checked when the file is: one that could take very long on some line is refused (see
``_patterns.py``).
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from wampedge.devices.driver import ChannelSpec, CommandSpec, Driver, param
from wampedge.devices.fields import (
    Boolean,
    Choice,
    Duration,
    Field,
    FieldError,
    Integer,
    MapOf,
    Number,
    Table,
    Text,
)
from wampedge.devices.late_log import LateLog
from wampedge.devices.values import Value
from wampedge.errors import BusBusyError, BusTimeoutError
from wampedge_drivers.serial._lines import LineSplitter
from wampedge_drivers.serial._patterns import compile_pattern
from wampedge_drivers.serial._stream import STREAM_COMMANDS, AnswerWait

if TYPE_CHECKING:
    import asyncio

__all__ = ["Line"]

log = LateLog(__name__)


class _Pattern(Field):
    """A regular expression that cannot hang; the text inside."""

    def convert(self, value: Any) -> str:
        """Return the text; raises FieldError."""
        text = Text(minimum_length=1, maximum_length=500).convert(value)
        try:
            compile_pattern(text)
        except ValueError as error:
            raise FieldError(str(error)) from error
        return text

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of a regular expression."""
        return {"type": "string", "minLength": 1, "maxLength": 500}


_COMMAND = Table(
    {
        "send": Text(minimum_length=1, maximum_length=1024, doc="what is sent, line end included"),
        "expect": _Pattern(default=None, doc="the line that answers it"),
        "timeout": Duration(0.01, 1.5, default=1.0, doc="how long to wait for that line"),
    }
)
_ANSWER = "str | dict[str, str]"
"""What a command answers: a line, or the groups in it."""
_TYPES: Mapping[str, Field] = {"float": Number(), "int": Integer(), "text": Text()}


class Line(
    Driver,
    bus="serial",
    title="Any line protocol over a serial port",
    open_channels=True,
    channel_fields={
        "type": Choice(tuple(_TYPES), default="float", doc="what the text of the group means")
    },
):
    """Publishes what lines say; sends commands.

    Attributes:
        unmatched: lines that ``match`` did not fit, and values that were no numbers.
    """

    eol: str = param(Text(minimum_length=1, maximum_length=8), "\n", doc="what ends a line")
    match: str = param(_Pattern(), doc="the whole line; a group for each channel")
    commands: Mapping[str, Mapping[str, Any]] = param(
        MapOf(_COMMAND), {}, doc="name to what is sent and expected"
    )
    stream: bool = param(Boolean(), False, doc="offer write and query: let callers send anything")

    unmatched = 0
    _splitter: LineSplitter | None = None
    _waiting: _Waiting | None = None

    @classmethod
    def channels_for(
        cls, params: Mapping[str, Any], channels: Mapping[str, Mapping[str, Any]]
    ) -> Mapping[str, ChannelSpec]:
        """Return a channel for each one the device file names."""
        return {
            name: ChannelSpec(_TYPES[table.get("type", "float")], unit=table.get("unit") or "")
            for name, table in channels.items()
        }

    @classmethod
    def commands_for(
        cls, params: Mapping[str, Any], channels: Mapping[str, Mapping[str, Any]]
    ) -> Mapping[str, CommandSpec]:
        """Return a command without arguments for each one the device file names."""
        named = {
            name: CommandSpec({}, f"Send {table['send'].strip()!r}.", result=_ANSWER)
            for name, table in params["commands"].items()
        }
        return {**named, **STREAM_COMMANDS} if params["stream"] else named

    @classmethod
    def check_params(
        cls, params: Mapping[str, Any], channels: Mapping[str, Mapping[str, Any]]
    ) -> list[tuple[Sequence[str], str]]:
        """Return the channels that no group of ``match`` fills, and commands of taken names."""
        groups = compile_pattern(params["match"]).groupindex
        taken: list[tuple[Sequence[str], str]] = [
            (("commands", name), "is what stream = true offers; give it another name")
            for name in params["commands"]
            if params["stream"] and name in STREAM_COMMANDS
        ]
        return taken + [
            (("channels", name), f"match has no group for it, such as (?P<{name}>[^,]+)")
            for name in channels
            if name not in groups
        ]

    @property
    def overlong(self) -> int:
        """Lines dropped because they were longer than 1024 bytes."""
        return 0 if self._splitter is None else self._splitter.overlong

    async def setup(self) -> None:
        """Listen; what was received of a line before is forgotten."""
        before = self.overlong
        self._splitter = LineSplitter(self.eol.encode())
        self._splitter.overlong = before
        self._pattern = compile_pattern(self.match)
        self._query = AnswerWait()
        self.bus.listen(self._on_bytes, self._on_lost)

    async def run_command(self, name: str, arguments: Mapping[str, Any]) -> str | dict[str, str]:
        """Send the text of the command *name* and wait for its answer, if it expects one.

        Returns:
            The answer: its named groups if it has any, else the whole line; "" without ``expect``.

        Raises:
            BusTimeoutError: no line matched in time.
            BusError: the port is gone.
        """
        import asyncio  # noqa: PLC0415 # checking a device file imports drivers, but not asyncio

        if self.stream and name in STREAM_COMMANDS:
            return await self._stream_command(name, arguments)
        wanted = self.commands[name]
        if wanted["expect"] is None:
            await self.bus.write(wanted["send"].encode())
            return ""
        if self._waiting is not None:
            raise BusBusyError("another command waits for its answer")
        future = asyncio.get_running_loop().create_future()
        # Wait from before the sending on: a fast part answers within the same turn of the loop.
        self._waiting = _Waiting(compile_pattern(wanted["expect"]), future)
        limit = asyncio.timeout(wanted["timeout"])
        try:
            async with limit:
                await self.bus.write(wanted["send"].encode())
                return await self._waiting.answer
        except TimeoutError as error:
            if not limit.expired():
                raise
            text = f"no answer to {wanted['send'].strip()!r} within {wanted['timeout']:g} s"
            raise BusTimeoutError(text) from error
        finally:
            self._waiting = None

    async def _stream_command(self, name: str, arguments: Mapping[str, Any]) -> str:
        if name == "query":
            question = (arguments["text"] + self.eol).encode()
            return await self._query.ask(self.bus, question, arguments["timeout"])
        await self.bus.write(arguments["data"])
        return ""

    def _on_bytes(self, data: bytes) -> None:
        assert self._splitter is not None, "setup makes the splitter before it listens"
        overlong = self.overlong
        for line in self._splitter.feed(data):
            self._on_line(line)
        if overlong == 0 < self.overlong:
            log.warning("%s: a line was longer than 1024 bytes and is dropped", self.context.name)

    def _on_line(self, line: bytes) -> None:
        if self._waiting is not None and self._waiting.takes(line):
            return
        if line and self._query.take(line.decode(errors="replace")):
            return
        match = self._pattern.fullmatch(line)
        values = {} if match is None else self._values(match)
        if values:
            self.context.publish(values)
        elif line:
            if not self.unmatched:
                log.info("%s: a line does not match: %.80r", self.context.name, line)
            self.unmatched += 1

    def _values(self, match: re.Match[bytes]) -> dict[str, Value]:
        values: dict[str, Value] = {}
        for name, text in match.groupdict().items():
            if text is None or name not in self.channel_options:
                continue
            kind = self.channel_options[name].get("type", "float")
            value = _converted(text.decode(errors="replace"), kind)
            if value is None:
                self.unmatched += 1
            else:
                values[name] = value
        return values

    def _on_lost(self, error: Exception) -> None:
        self._query.fail(error)
        if self._waiting is not None and not self._waiting.answer.done():
            self._waiting.answer.set_exception(error)


class _Waiting:
    """A command that waits for the line that answers it."""

    def __init__(
        self, expected: re.Pattern[bytes], answer: asyncio.Future[str | dict[str, str]]
    ) -> None:
        self.expected = expected
        self.answer = answer

    def takes(self, line: bytes) -> bool:
        """Say whether *line* is the answer, and take it then."""
        match = self.expected.fullmatch(line)
        if match is None or self.answer.done():
            return False
        groups = {n: (t or b"").decode(errors="replace") for n, t in match.groupdict().items()}
        self.answer.set_result(groups or line.decode(errors="replace"))
        return True


def _converted(text: str, kind: str) -> Value:
    """Return the value of a group, or None when it is no such value."""
    if kind == "text":
        return text
    try:
        # int() and float() also take "1_000"; no instrument writes that.
        number = None if "_" in text else int(text) if kind == "int" else float(text)
    except ValueError:
        return None
    if number is None or not math.isfinite(number) or abs(number) > 2**53:
        return None
    return number
