"""The hardware, or the simulator, with a recorder between it and the node."""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, Final, cast

from wampedge.devices.contracts import Clock, Substrate
from wampedge.devices.seams import Procedures, SeamKind
from wampedge.errors import HardwareError
from wampedge.hardware.recording.buses import (
    RecordingFiles,
    RecordingI2cBus,
    RecordingModbusBus,
    RecordingSpiBus,
)
from wampedge.hardware.recording.entries import Entry
from wampedge.hardware.recording.pins import RecordingBank
from wampedge.hardware.recording.ports import open_recorded
from wampedge.hardware.recording.writer import DEFAULT_LIMIT_BYTES, TraceWriter

__all__ = ["RecordingSubstrate", "digest_of", "recorded"]


def recorded(  # where to, from when on, and what the first line says
    substrate: Substrate,
    path: Path,
    clock: Clock,
    *,
    node: str,
    file: Path,
    limit_bytes: int = DEFAULT_LIMIT_BYTES,
) -> RecordingSubstrate:
    """Return *substrate* with a recorder over it; raises HardwareError.

    Args:
        substrate: the hardware, or a simulated board.
        path: where the trace goes.
        clock: the node's clock.
        node: name of the node.
        file: the device file; the trace has its digest.
        limit_bytes: how long the trace may get.
    """
    header = {
        "node": node,
        "digest": digest_of(file),
        "started": clock.time(),
        "monotonic": clock.monotonic(),
        "substrate": substrate.description,
    }
    return RecordingSubstrate(
        substrate, TraceWriter(path, clock, header=header, limit_bytes=limit_bytes)
    )


def digest_of(file: Path) -> str:
    """Return what stands for a device file in a trace; raises HardwareError."""
    from hashlib import sha256  # noqa: PLC0415 # loads OpenSSL

    try:
        return f"sha256:{sha256(file.read_bytes()).hexdigest()}"
    except OSError as error:
        raise HardwareError(f"{file} cannot be read: {error.strerror}") from error


class RecordingSubstrate:
    """Implements ``Substrate`` and ``Seams``; everything else is that of the substrate beneath.

    Args:
        substrate: the one beneath.
        trace: where to write; closed when the substrate is stopped.
    """

    def __init__(self, substrate: Substrate, trace: TraceWriter) -> None:
        self._substrate = substrate
        self._trace = trace
        self._recorder = _Recorder(trace)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._substrate, name)

    @property
    def seams(self) -> _Recorder:
        """What stands at the seams."""
        return self._recorder

    @property
    def description(self) -> str:
        """That of the substrate beneath, and where the trace goes."""
        return f"{self._substrate.description}; recorded in {self._trace.path}"

    @property
    def as_substrate(self) -> Substrate:
        """Itself, for type checkers: most of it is that of the one beneath."""
        return cast("Substrate", self)

    def clear_i2c(self, path: str) -> str | None:
        """Free the lines of an I2C bus; return why it could not be done."""
        begun = self._trace.now_ns()
        hindrance = self._substrate.clear_i2c(path)
        took = self._trace.now_ns() - begun
        self._trace.write(Entry(begun, "clear", path, r=hindrance, ns=took))
        return hindrance

    def stop(self) -> None:
        """Take the substrate away and end the trace."""
        self._substrate.stop()
        self._trace.close()


class _Recorder:
    """Stands at the seams of one node."""

    def __init__(self, trace: TraceWriter) -> None:
        self._trace = trace

    def place(self, kind: SeamKind, name: str, make: Callable[[], Any]) -> Any:
        """Return what *make* makes with a recorder around it; raises HardwareError."""
        if kind == "serial":
            return open_recorded(make, self._trace, name)
        if kind == "pins":
            return RecordingBank(make(), self._trace)
        return _AROUND[kind](make(), self._trace, name)

    def begin(self, kept: Mapping[str, Mapping[str, Any]]) -> None:
        """Note what devices kept from an earlier run."""
        self._trace.write(Entry(self._trace.now_ns(), "mark", "", op="start", w=dict(kept)))

    def offered(self, procedures: Procedures, prefix: str) -> Procedures:
        """Return *procedures* that note each call."""
        start = len(prefix) + 1
        return {uri: self._heard(uri[start:], act) for uri, act in procedures.items()}

    def stopping(self) -> None:
        """Note that the node stops."""
        self._trace.write(Entry(self._trace.now_ns(), "mark", "", op="stop"))

    def _heard(self, name: str, endpoint: Callable[..., Awaitable[Any]]) -> Any:
        if (name.startswith(_UNHEARD) and name not in _HEARD) or name.endswith(_IDLE):
            return endpoint

        async def heard(*args: Any, **kwargs: Any) -> Any:
            given = {key: value for key, value in kwargs.items() if key != "details"}
            # What no JSON can carry is refused by the procedure, or cannot be repeated.
            with contextlib.suppress(TypeError, ValueError):
                sent = {"args": list(args), "kwargs": given}
                self._trace.write(Entry(self._trace.now_ns(), "call", "", name, w=sent))
            return await endpoint(*args, **kwargs)

        if hasattr(endpoint, "wants_caller"):
            heard.wants_caller = True  # type: ignore[attr-defined] # functions take attributes
        return heard


_AROUND: Final[Mapping[str, Callable[[Any, TraceWriter, str], Any]]] = {
    "i2c": RecordingI2cBus,
    "spi": RecordingSpiBus,
    "files": RecordingFiles,
    "modbus": RecordingModbusBus,
}
_UNHEARD: Final = ("sys.", "sim.")
"""Of the node, not of its devices: they hold nothing of hardware, and may carry secrets."""
_HEARD: Final = frozenset({"sys.identify"})
_IDLE: Final = (".describe", ".health")
