"""Run the test vectors of a register file: frames of a line in, values out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from wampedge.devices.driver import DriverSpec
from wampedge.devices.modbus.maps import read_part
from wampedge.devices.modbus.rtu import AnswerFinder, rtu_frame
from wampedge.devices.modbus.unit import ModbusUnit
from wampedge.devices.values import Value
from wampedge.devices.vector_context import VectorContext, VectorError, compare
from wampedge.errors import BusError, BusTimeoutError, DeviceError

__all__ = ["RecordedLine", "run_vector", "vectors_of"]


class RecordedLine:
    """A Modbus line that answers frames from a table; an empty answer is silence.

    Args:
        answers: (request, answer) frames with their checksums.
    """

    name = "recorded"

    def __init__(self, answers: Sequence[tuple[bytes, bytes]]) -> None:
        self.asked: list[bytes] = []
        self._answers = {bytes(request): bytes(answer) for request, answer in answers}

    async def exchange(self, unit_id: int, pdu: bytes, *, own_size: int | None = None) -> bytes:
        """Answer from the table; raises VectorError for a request that is not in it."""
        request = rtu_frame(unit_id, pdu)
        self.asked.append(request)
        if request not in self._answers:
            raise VectorError(f"asked {request.hex()}, which the vector does not know")
        answer = self._answers[request]
        if not answer:
            raise BusTimeoutError(f"unit {unit_id} does not answer")
        found = AnswerFinder(request, own_size=own_size).feed(answer)
        if found is None:
            raise BusError(f"{answer.hex()} is no answer")
        return found

    def close(self) -> None:
        """Do nothing."""


def vectors_of(path: Path) -> Sequence[Mapping[str, Any]]:
    """Return the ``[[test]]`` tables of the register file at *path*; raises ConfigError."""
    tests: Sequence[Mapping[str, Any]] = read_part(path)["test"]
    return tests


async def run_vector(spec: DriverSpec, vector: Mapping[str, Any]) -> None:
    """Set what the vector sets, call what it calls, and read the part once.

    Raises:
        VectorError: what came out is not what the vector says.
    """
    line = RecordedLine([(request, answer) for request, answer in vector["bus"]])
    unit = ModbusUnit(line, vector["unit_id"] or spec.unit_id or 1)
    driver = spec.driver_class(VectorContext(), {}, unit)
    values: dict[str, Value] = {}
    try:
        await driver.setup()
        for name, value in (vector["set"] or {}).items():
            values[name] = await getattr(driver, f"set_{name}")(value)
        if vector["call"] is not None:
            await driver.run_command(vector["call"], {})
        if vector["expect"] or vector["bad"] or vector["error"]:
            values |= await driver.read()
    except DeviceError as error:
        if type(error).__name__ != vector["error"]:
            raise VectorError(f"{type(error).__name__}: {error}") from error
        return
    if vector["error"] is not None:
        raise VectorError(f"read {values}, wanted {vector['error']}")
    compare(values, {**(vector["expect"] or {}), **dict.fromkeys(vector["bad"])})
    unasked = {bytes(request) for request, _ in vector["bus"]} - set(line.asked)
    if unasked:
        raise VectorError(f"never asked {', '.join(sorted(each.hex() for each in unasked))}")
