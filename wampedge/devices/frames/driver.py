"""The one driver behind everything that sends frames over a UART."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from wampedge.devices.driver import Driver, DriverContext
from wampedge.devices.frames.format import FrameFinder, FrameFormat
from wampedge.devices.late_log import LateLog
from wampedge.devices.registermap.decoder import Decoder, Out
from wampedge.devices.values import Value
from wampedge.errors import BadReadingError, BusBusyError, BusTimeoutError

if TYPE_CHECKING:
    import asyncio

    from wampedge.devices.contracts import SerialPort

__all__ = ["FrameDriver"]

log = LateLog(__name__)

_PLACES: Final = 9
"""Decimal places that are kept of a scaled number: 1236 * 0.1 is 123.6."""


class FrameDriver(Driver, bus="serial"):
    """Base of drivers made of frames; the attributes below are for those to say.

    Attributes:
        frame_format: what a frame looks like.
        outs: the values in it.
        request: what asks for a frame; empty for a part that sends by itself.
        timeout_s: how long the answer may take.
    """

    bus: SerialPort
    frame_format: FrameFormat
    outs: tuple[Out, ...] = ()
    request: bytes = b""
    timeout_s: float = 1.0

    def __init__(self, context: DriverContext, params: Mapping[str, Any], bus: Any = None) -> None:
        super().__init__(context, params, bus)
        self._finder: FrameFinder | None = None
        self._decoder: Decoder | None = None
        self._answer: asyncio.Future[bytes] | None = None
        self._frames = 0

    async def setup(self) -> None:
        """Listen; half a frame from before is forgotten."""
        before, self._finder = self._finder, FrameFinder(self.frame_format)
        if before is not None:
            self._finder.damaged, self._finder.noise = before.damaged, before.noise
        self._decoder = Decoder(self.outs, {})
        self.bus.listen(self._on_bytes, self._on_lost)

    async def read(self) -> Mapping[str, Value]:
        """Ask for a frame; raises BusTimeoutError, BusError, BadReadingError."""
        import asyncio  # noqa: PLC0415 # checking a device file imports drivers, but not asyncio

        assert self._finder is not None, "setup comes before read"
        if self._answer is not None:
            raise BusBusyError("another request waits for its answer")
        self._finder.clear()
        damaged = self._finder.damaged
        self._answer = asyncio.get_running_loop().create_future()
        limit = asyncio.timeout(self.timeout_s)
        try:
            async with limit:
                await self.bus.write(self.request)
                return self._values(await self._answer)
        except TimeoutError as error:
            if not limit.expired():
                raise
            if self._finder.damaged > damaged:
                raise BadReadingError("the answer is damaged") from error
            text = f"no answer to {self.request.hex()} within {self.timeout_s:g} s"
            raise BusTimeoutError(text) from error
        finally:
            self._answer = None

    def counters(self) -> Mapping[str, int]:
        """Return how many frames were good and how many were not."""
        if self._finder is None:
            return {}
        finder = self._finder
        return {"frames": self._frames, "damaged": finder.damaged, "noise_bytes": finder.noise}

    def _on_bytes(self, data: bytes) -> None:
        assert self._finder is not None, "setup makes the finder before it listens"
        before = self._finder.damaged
        for frame in self._finder.feed(data):
            self._on_frame(frame)
        if before == 0 < self._finder.damaged:
            log.warning("%s: a frame is damaged (noise, or a wrong speed?)", self.context.name)

    def _on_frame(self, frame: bytes) -> None:
        self._frames += 1
        if not self.request:
            self.context.publish(self._values(frame))
        elif self._answer is not None and not self._answer.done():
            self._answer.set_result(frame)

    def _values(self, frame: bytes) -> dict[str, Value]:
        assert self._decoder is not None, "setup makes the decoder before it listens"
        values = self._decoder.decode({"frame": frame})
        return {n: v if v is None else _rounded(v) for n, v in values.items()}

    def _on_lost(self, error: Exception) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(error)


def _rounded(value: float) -> float:
    return value if isinstance(value, int) else round(value, _PLACES)
