"""What every serial device can offer: send bytes, or ask and wait for the line that answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from wampedge.devices.contracts import SerialPort
from wampedge.devices.driver import CommandSpec
from wampedge.devices.fields import Bytes, Duration, Field, Text
from wampedge.errors import BusBusyError, BusTimeoutError

if TYPE_CHECKING:
    import asyncio

__all__ = ["QUERY_ARGUMENTS", "STREAM_COMMANDS", "WRITE_ARGUMENTS", "AnswerWait"]

WRITE_ARGUMENTS: Mapping[str, Field] = {
    "data": Bytes(minimum_length=1, maximum_length=1024, doc="what is sent")
}
QUERY_ARGUMENTS: Mapping[str, Field] = {
    "text": Text(minimum_length=1, maximum_length=1024, doc="what is sent, without a line end"),
    "timeout": Duration(0.01, 1.5, default=1.0, doc="how long to wait for the answer"),
}
STREAM_COMMANDS: Mapping[str, CommandSpec] = {
    "write": CommandSpec(
        WRITE_ARGUMENTS, "Send bytes as they are; a text goes as UTF-8.", result="str"
    ),
    "query": CommandSpec(
        QUERY_ARGUMENTS, "Send a line and return the next one that comes.", result="str"
    ),
}


class AnswerWait:
    """At most one question that waits for the next line; used on the event loop."""

    def __init__(self) -> None:
        self._sent = b""
        self._answer: asyncio.Future[str] | None = None

    async def ask(self, port: SerialPort, question: bytes, timeout_s: float) -> str:
        """Send *question* and return the next line.

        Raises:
            BusBusyError: another question waits.
            BusTimeoutError: no line came in time.
            BusError: the port is gone.
        """
        import asyncio  # noqa: PLC0415 # checking a device file imports drivers, but not asyncio

        if self._answer is not None:
            raise BusBusyError("another query waits for its answer")
        self._sent = question.strip()
        self._answer = asyncio.get_running_loop().create_future()
        limit = asyncio.timeout(timeout_s)
        try:
            async with limit:
                await port.write(question)
                return await self._answer
        except TimeoutError as error:
            if not limit.expired():
                raise
            raise BusTimeoutError(f"no answer to {self._sent!r} within {timeout_s:g} s") from error
        finally:
            self._answer = None

    def take(self, line: str) -> bool:
        """Answer the question with *line*, unless it is its echo; return whether it did."""
        if self._answer is None or self._answer.done() or line.strip().encode() == self._sent:
            return False
        self._answer.set_result(line)
        return True

    def fail(self, error: Exception) -> None:
        """Let the question fail: the port is gone."""
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(error)
