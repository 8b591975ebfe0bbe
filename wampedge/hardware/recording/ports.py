"""A serial port that notes what passes both ways in a trace, around the real one."""

from __future__ import annotations

from typing import Any

from wampedge.devices.contracts import OnBytes, OnLost
from wampedge.errors import DeviceError
from wampedge.hardware.recording.entries import GIVEN_UP, Entry, failed
from wampedge.hardware.recording.writer import TraceWriter

__all__ = ["RecordingPort", "open_recorded"]


def open_recorded(make: Any, trace: TraceWriter, name: str) -> RecordingPort:
    """Open a port with *make*; the trace has it whether it can be opened or not."""
    begun = trace.now_ns()
    try:
        port = make()
    except DeviceError as error:
        took = trace.now_ns() - begun
        trace.write(Entry(begun, "serial", name, "", "open", None, None, took, *failed(error)))
        raise
    trace.write(Entry(begun, "serial", name, "", "open", ns=trace.now_ns() - begun))
    return RecordingPort(port, trace, name)


class RecordingPort:
    """One open serial port; used from the event loop only.

    Args:
        port: the real one.
        trace: gets the bytes.
        name: its name in the device file.
    """

    def __init__(self, port: Any, trace: TraceWriter, name: str) -> None:
        self.name: str = port.name
        self._port = port
        self._trace = trace
        self._bus = name

    def listen(self, on_bytes: OnBytes, on_lost: OnLost) -> None:
        """Hand what arrives to *on_bytes*; say once to *on_lost* that the port is gone."""

        def take(data: bytes) -> None:
            self._note("rx", r=data.hex())
            on_bytes(data)

        def lose(error: Exception) -> None:
            number, text = failed(error)
            self._note("lost", errno=number, error=text)
            on_lost(error)

        self._port.listen(take, lose)

    async def write(self, data: bytes) -> None:
        """Send *data*, waiting while the port is busy; raises BusError."""
        begun = self._trace.now_ns()
        try:
            await self._port.write(data)
        except DeviceError as error:
            number, text = failed(error)
            self._note("tx", begun, w=data.hex(), errno=number, error=text)
            raise
        except BaseException:
            self._note("tx", begun, w=data.hex(), error=GIVEN_UP)
            raise
        self._note("tx", begun, w=data.hex())

    def close(self) -> None:
        """Close the port."""
        self._note("close")
        self._port.close()

    def _note(self, op: str, begun: int | None = None, **fields: Any) -> None:
        now = self._trace.now_ns()
        took = 0 if begun is None else now - begun
        at_ns = now if begun is None else begun
        self._trace.write(Entry(at_ns, "serial", self._bus, "", op, ns=took, **fields))
