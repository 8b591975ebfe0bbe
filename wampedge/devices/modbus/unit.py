"""What a Modbus driver has as ``self.bus``: one unit of one line or connection."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from wampedge.devices.abandonment import stop_if_abandoned
from wampedge.devices.contracts import ModbusBus
from wampedge.devices.modbus.offline import UnitOfflineError
from wampedge.devices.modbus.pdu import (
    READ_COILS,
    READ_DISCRETE,
    READ_HOLDING,
    READ_INPUT,
    UnitRefusedError,
    bits_of,
    check_answer,
    check_written,
    read_request,
    registers_of,
    write_coil_request,
    write_coils_request,
    write_register_request,
    write_registers_request,
)
from wampedge.errors import BusError, BusTimeoutError

__all__ = ["ModbusUnit"]

_FUNCTIONS = {
    "coil": READ_COILS,
    "discrete": READ_DISCRETE,
    "holding": READ_HOLDING,
    "input": READ_INPUT,
}


class ModbusUnit:
    """One unit; used on the worker of its bus only.

    A read whose answer was damaged is asked once more. A write is not: the unit may have done it.

    Args:
        bus: the line or connection.
        unit_id: the number of the unit.

    Attributes:
        counts: requests, and those that were skipped, not answered, damaged or refused.
    """

    __slots__ = ("_bus", "counts", "unit_id")

    def __init__(self, bus: ModbusBus, unit_id: int) -> None:
        self._bus = bus
        self.unit_id = unit_id
        self.counts: Counter[str] = Counter()

    async def read(self, table: str, address: int, count: int) -> list[int]:
        """Read *count* registers (``input``, ``holding``) or bits (``coil``, ``discrete``).

        Raises:
            BusTimeoutError: the unit does not answer.
            UnitRefusedError: it answers with an exception.
            BusError: its answer is damaged, twice.
        """
        request = read_request(_FUNCTIONS[table], address, count)
        decode = bits_of if table in ("coil", "discrete") else registers_of
        try:
            return list(decode(await self.request(request), count))
        except (BusTimeoutError, UnitRefusedError):
            raise
        except BusError:
            return list(decode(await self.request(request), count))

    async def write_register(self, address: int, word: int) -> None:
        """Write one holding register; raises BusError."""
        await self._write(write_register_request(address, word))

    async def write_registers(self, address: int, words: Sequence[int]) -> None:
        """Write holding registers in a row; raises BusError."""
        await self._write(write_registers_request(address, words))

    async def write_coil(self, address: int, value: bool) -> None:
        """Write one coil; raises BusError."""
        await self._write(write_coil_request(address, value))

    async def write_coils(self, address: int, values: Sequence[bool]) -> None:
        """Write coils in a row; raises BusError."""
        await self._write(write_coils_request(address, values))

    async def request(self, pdu: bytes, *, own_size: int | None = None) -> bytes:
        """Send any request and return its answer.

        Args:
            pdu: function code and what belongs to it.
            own_size: size of a good answer, for a function that is not of the specification.

        Raises:
            BusTimeoutError: the unit does not answer.
            UnitRefusedError: it answers with an exception.
            BusError: its answer is damaged.
        """
        stop_if_abandoned()
        self.counts["requests"] += 1
        try:
            answer = await self._bus.exchange(self.unit_id, pdu, own_size=own_size)
            return check_answer(self.unit_id, pdu, answer)
        except BusTimeoutError as error:
            self.counts["skipped" if isinstance(error, UnitOfflineError) else "unanswered"] += 1
            raise
        except UnitRefusedError:
            self.counts["refused"] += 1
            raise
        except BusError:
            self.counts["damaged"] += 1
            raise

    async def _write(self, request: bytes) -> None:
        check_written(request, await self.request(request))
