"""A bare serial port: text goes out as it is called for, and each line that comes is a value.

Chip: none; for instruments that are driven by a program elsewhere. Whoever knows what lines mean
uses ``line``; whoever knows frames uses ``frame``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wampedge.devices.driver import Driver, DriverContext, command, param, reading
from wampedge.devices.fields import Text
from wampedge_drivers.serial._lines import MAX_LINE, LineSplitter
from wampedge_drivers.serial._stream import QUERY_ARGUMENTS, WRITE_ARGUMENTS, AnswerWait

__all__ = ["Serial"]


class Serial(Driver, bus="serial", title="Bare serial port"):
    """Sends what it is told, and publishes the lines that come."""

    line = reading(kind=Text(maximum_length=MAX_LINE), doc="the last line that came")
    eol: str = param(Text(minimum_length=1, maximum_length=8), "\n", doc="what ends a line")

    def __init__(self, context: DriverContext, params: Mapping[str, Any], bus: Any = None) -> None:
        super().__init__(context, params, bus)
        self._splitter = LineSplitter(self.eol.encode())
        self._wait = AnswerWait()

    async def setup(self) -> None:
        """Listen; half a line from before is forgotten."""
        self._splitter = LineSplitter(self.eol.encode())
        self.bus.listen(self._on_bytes, self._wait.fail)

    @command(WRITE_ARGUMENTS)
    async def write(self, data: bytes) -> None:
        """Send bytes as they are; a text goes as UTF-8."""
        await self.bus.write(data)

    @command(QUERY_ARGUMENTS)
    async def query(self, text: str, timeout: float) -> str:
        """Send a line and return the next one that comes."""
        return await self._wait.ask(self.bus, (text + self.eol).encode(), timeout)

    def counters(self) -> Mapping[str, int]:
        """Return how many lines were too long."""
        return {"overlong": self._splitter.overlong}

    def _on_bytes(self, data: bytes) -> None:
        for line in self._splitter.feed(data):
            if line.strip():
                text = line.decode(errors="replace")
                self._wait.take(text)
                self.context.publish({"line": text})
