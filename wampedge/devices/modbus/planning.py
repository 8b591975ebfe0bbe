"""Read many registers with few requests: neighbours share one, and the small holes between them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from wampedge.devices.modbus.pdu import MAX_BITS, MAX_REGISTERS
from wampedge.devices.modbus.registers import Register
from wampedge.records import Record

__all__ = ["Batch", "batches_of"]

_BITS_PER_REGISTER: Final = 16


class Batch(Record):
    """One request and the registers it reads.

    Attributes:
        table: the table they lie in.
        address: the first address that is asked for.
        count: how many registers, or bits.
        registers: what lies in there, by address.
    """

    table: str
    address: int
    count: int
    registers: tuple[Register, ...]

    @property
    def has_holes(self) -> bool:
        """Whether something is read that no register needs, and that the unit may not have."""
        end = self.address
        for register in self.registers:
            if register.address > end:
                return True
            end = max(end, register.end)
        return False


def batches_of(
    registers: Iterable[Register], *, max_hole: int, max_count: int = MAX_REGISTERS
) -> list[Batch]:
    """Return as few requests as possible for *registers*.

    Args:
        registers: what is to be read.
        max_hole: so many registers between two that are needed are read along with them.
        max_count: registers a unit gives at once; of bits it gives 16 times as many.
    """
    batches: list[Batch] = []
    for register in sorted(registers, key=lambda one: (one.table, one.address, one.end)):
        limit, hole = max_count, max_hole
        if register.is_bit_table:
            limit, hole = min(max_count * 16, MAX_BITS), max_hole * _BITS_PER_REGISTER
        last = batches[-1] if batches else None
        if last is None or last.table != register.table:
            batches.append(_alone(register))
            continue
        end = max(last.address + last.count, register.end)
        if register.address - last.address - last.count > hole or end - last.address > limit:
            batches.append(_alone(register))
        else:
            joined = (*last.registers, register)
            batches[-1] = Batch(last.table, last.address, end - last.address, joined)
    return batches


def _alone(register: Register) -> Batch:
    return Batch(register.table, register.address, register.count, (register,))
