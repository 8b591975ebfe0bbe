"""A Modbus unit with the registers the device file names: the other end of ``modbus``."""

from __future__ import annotations

from wampedge.devices.contracts import WiredDevice
from wampedge.devices.modbus.registers import register_of
from wampedge_simulator.modbus.unit import ModbusUnitPart
from wampedge_simulator.part import Bench

__all__ = ["PART", "AnyModbusUnit"]


class AnyModbusUnit(ModbusUnitPart):
    """A unit made from the ``channels`` of a device."""

    def __init__(self, wired: WiredDevice, bench: Bench) -> None:
        order = str(wired.params.get("byte_order", "ABCD"))
        registers = {
            name: register_of(name, table, order) for name, table in wired.channel_options.items()
        }
        super().__init__(wired, bench, registers)


PART = AnyModbusUnit
