"""Run the test vectors of a register map: recorded bus traffic in, values out.

Used by the project's tests and by whoever writes a map. The bus of a vector answers each read by
what was written before it, so a vector states the traffic and leaves the order to the map.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from wampedge.devices.driver import Driver, DriverSpec
from wampedge.devices.fields import convert_table
from wampedge.devices.i2c import I2cDevice
from wampedge.devices.registermap.driver import MapDriver
from wampedge.devices.registermap.schema import read_map
from wampedge.devices.values import Value
from wampedge.devices.vector_context import VectorContext, VectorError, compare
from wampedge.errors import BusError, DeviceError
from wampedge.records import Record

__all__ = ["RecordedBus", "Vector", "payloads_of", "run_vector", "vectors_of"]


class Vector(Record):
    """One ``[[test]]`` of a map.

    Attributes:
        doc: what it shows.
        params: parameters as in the device file.
        bus: (bytes written before a read, answer); several answers to the same bytes are given
            one after another, the last one for ever.
        writes: what must be written without reading, in order; None: not looked at.
        expect: channel to value.
        bad: channels that must have no value.
        sets: channel to what it is set to after the set-up.
        error: name of the error that must come instead, or None.
    """

    doc: str
    params: Mapping[str, Any]
    bus: Sequence[tuple[bytes, bytes]]
    writes: Sequence[bytes] | None
    expect: Mapping[str, float]
    bad: Sequence[str]
    sets: Mapping[str, Any]
    error: str | None


class RecordedBus:
    """An I2C bus that answers from a table and notes what is written."""

    def __init__(self, answers: Sequence[tuple[bytes, bytes]], name: str = "recorded") -> None:
        self.name = name
        self.writes: list[bytes] = []
        self._answers: dict[bytes, list[bytes]] = defaultdict(list)
        for written, answer in answers:
            self._answers[written].append(answer)

    def transfer(self, address: int, messages: Sequence[bytes | int]) -> list[bytes]:
        """Answer each read; raises BusError (no acknowledge) for what the table does not have."""
        written, answers = b"", []
        for message in messages:
            if isinstance(message, int):
                answers.append(self._answer(written, message))
            else:
                written += message
        if not answers:
            self.writes.append(written)
        return answers

    def close(self) -> None:
        """Do nothing."""

    def _answer(self, written: bytes, size: int) -> bytes:
        known = self._answers.get(written)
        if not known:
            raise BusError(f"no answer to a read after {written.hex() or 'nothing'}", errno=121)
        answer = known.pop(0) if len(known) > 1 else known[0]
        if len(answer) != size:
            raise VectorError(f"{size} bytes are read after {written.hex()}, not {len(answer)}")
        return answer


def vectors_of(path: Path) -> list[Vector]:
    """Return the vectors of the map file at *path*; raises ConfigError."""
    return [
        Vector(
            doc=table["doc"],
            params=table["params"] or {},
            bus=[(written, answer) for written, answer in table["bus"]],
            writes=table["writes"],
            expect=table["expect"] or {},
            bad=table["bad"],
            sets=table["set"] or {},
            error=table["error"],
        )
        for table in read_map(path)["test"]
    ]


async def run_vector(spec: DriverSpec, vector: Vector) -> None:
    """Set the part up, set what the vector sets, and read it once.

    Raises:
        VectorError: what came out is not what the vector says.
    """
    bus, context = RecordedBus(vector.bus), VectorContext()
    values = await _read(_driver(spec, vector, bus, context), spec, vector)
    if context.published:
        raise VectorError(f"published {context.published[0]} by itself, which no map does")
    if vector.writes is not None and list(vector.writes) != bus.writes:
        raise VectorError(f"wrote {_hex(bus.writes)}, wanted {_hex(vector.writes)}")
    if vector.error is None:
        compare(values, {**vector.expect, **dict.fromkeys(vector.bad)})


async def payloads_of(spec: DriverSpec, vector: Vector) -> dict[str, bytes]:
    """Return the bytes each read of the map gets in *vector*; raises DeviceError, VectorError."""
    driver = _driver(spec, vector, RecordedBus(vector.bus), VectorContext())
    assert isinstance(driver, MapDriver), "vectors are those of a map"
    await driver.setup()
    return await driver.payloads()


def _driver(spec: DriverSpec, vector: Vector, bus: RecordedBus, context: VectorContext) -> Driver:
    params, mistakes = convert_table(vector.params, spec.params)
    if mistakes:
        raise VectorError(f"params: {mistakes[0]}")
    return spec.driver_class(context, params, I2cDevice(bus, spec.addresses[0]))


async def _read(driver: Driver, spec: DriverSpec, vector: Vector) -> Mapping[str, Value]:
    values: dict[str, Value] = {}
    try:
        await driver.setup()
        for name, value in vector.sets.items():
            values[name] = await getattr(driver, f"set_{name}")(value)
        if spec.is_polled:
            values |= await driver.read()
    except DeviceError as error:
        if type(error).__name__ != vector.error:
            raise VectorError(f"{type(error).__name__}: {error}") from error
        return {}
    if vector.error is not None:
        raise VectorError(f"read {values}, wanted {vector.error}")
    return values


def _hex(parts: Sequence[bytes]) -> str:
    return ", ".join(part.hex() for part in parts) or "nothing"
