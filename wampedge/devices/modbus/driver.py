"""The one driver behind everything that is read as Modbus registers."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from wampedge.devices.driver import Driver, DriverContext
from wampedge.devices.modbus.pdu import MAX_REGISTERS, UnitRefusedError
from wampedge.devices.modbus.planning import Batch, batches_of
from wampedge.devices.modbus.registers import Register
from wampedge.devices.values import Value
from wampedge.errors import BadReadingError

if TYPE_CHECKING:
    from wampedge.devices.modbus.unit import ModbusUnit

__all__ = ["DEADLINE_S", "USUAL_HOLE", "RegisterDriver"]

DEADLINE_S: Final = 20.0
"""How long a unit of work may take: the bus bounds each request, and slow lines need many."""
USUAL_HOLE: Final = 8
"""Registers nobody asked for that are read along; a request of its own would take longer."""
_CLOSE_ENOUGH_S: Final = 1e-6
_NO_SUCH_REGISTER: Final = (2, 3)


class RegisterDriver(Driver, bus="modbus"):
    """Base of drivers made of registers; ``registers`` and ``max_count`` are for those to say.

    A unit may refuse to read the holes between registers it has. It is then asked for nothing but
    what is needed, until it is set up again.
    """

    bus: ModbusUnit
    max_count: int = MAX_REGISTERS
    max_hole: int = USUAL_HOLE

    def __init__(self, context: DriverContext, params: Mapping[str, Any], bus: Any = None) -> None:
        super().__init__(context, params, bus)
        self._hole = self.max_hole
        self._due_at_s: dict[str, float] = {}
        self._total: dict[str, float] = {}

    @property
    def registers(self) -> Mapping[str, Register]:
        """What is read and written, by channel."""
        raise NotImplementedError

    def __getattr__(self, name: str) -> Callable[[Value], Awaitable[Value]]:
        """Return what sets a channel that can be written: ``set_<name>``."""
        channel = name.removeprefix("set_")
        if channel != name and channel in self.registers and self.registers[channel].is_written:
            return functools.partial(self._set, self.registers[channel])
        raise AttributeError(f"{type(self).__name__} has no {name}")

    async def setup(self) -> None:
        """Ask for everything anew: the unit may be another one now."""
        self._hole = self.max_hole
        self._due_at_s.clear()

    async def read(self) -> Mapping[str, Value]:
        """Read what is due; raises BusError, BadReadingError when nothing of it is a value."""
        now = self.context.clock.monotonic()
        due = [r for r in self.registers.values() if self._is_due(r, now)]
        values = await self._values(due)
        for register in due:
            if register.every_s is not None:
                self._due_at_s[register.name] = now + register.every_s
        if due and all(value is None for value in values.values()):
            raise BadReadingError("the unit answers with values that are no measurement")
        return values

    def counters(self) -> Mapping[str, int]:
        """Return how the unit answered so far."""
        unit: ModbusUnit | None = self.bus
        return {} if unit is None else dict(unit.counts)

    async def _values(self, due: Sequence[Register]) -> dict[str, Value]:
        plan = batches_of(due, max_hole=self._hole, max_count=self.max_count)
        refusal: UnitRefusedError | None = None
        values: dict[str, Value] = {}
        for batch in plan:
            try:
                values |= await self._read(batch)
            except UnitRefusedError as error:
                if batch.has_holes and error.code in _NO_SUCH_REGISTER:
                    self._hole = 0
                    return await self._values(due)
                refusal = error
                values |= dict.fromkeys((register.name for register in batch.registers), None)
        if refusal is not None and all(value is None for value in values.values()):
            raise refusal
        return values

    async def _read(self, batch: Batch) -> dict[str, Value]:
        words = await self.bus.read(batch.table, batch.address, batch.count)
        values = {}
        for register in batch.registers:
            start = register.address - batch.address
            value = register.value_of(words[start : start + register.count])
            values[register.name] = await self._checked(register, value)
        return values

    async def _checked(self, register: Register, value: Value) -> Value:
        """Return *value*; a total that has fallen counts when the unit says so a second time."""
        before = self._total.get(register.name)
        if not register.is_total or not isinstance(value, int | float):
            return value
        if before is not None and value < before:
            words = await self.bus.read(register.table, register.address, register.count)
            if register.value_of(words) != value:
                return None
        self._total[register.name] = value
        return value

    def _is_due(self, register: Register, now: float) -> bool:
        return self._due_at_s.get(register.name, now) <= now + _CLOSE_ENOUGH_S

    async def _set(self, register: Register, value: Value) -> Value:
        """Write *value*; return what is there then; raises InvalidValueError, BusError."""
        if register.table == "coil":
            await self.bus.write_coil(register.address, bool(value))
            return bool(value)
        if register.type == "bit":
            return await self._set_bit(register, bool(value))
        words = register.words_of(value)
        if len(words) == 1:
            await self.bus.write_register(register.address, words[0])
        else:
            await self.bus.write_registers(register.address, words)
        return register.value_of(words)

    async def _set_bit(self, register: Register, value: bool) -> bool:
        (word,) = await self.bus.read(register.table, register.address, 1)
        mask = 1 << register.wire_bit
        await self.bus.write_register(register.address, word | mask if value else word & ~mask)
        return value
