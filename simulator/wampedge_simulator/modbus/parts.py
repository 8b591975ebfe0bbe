"""Units made from the register files of parts: every file is also the model of its part."""

from __future__ import annotations

from weakref import WeakKeyDictionary

from wampedge.devices.contracts import WiredDevice
from wampedge.devices.driver import DriverSpec, spec_of
from wampedge.devices.modbus.maps import PartDriver
from wampedge_simulator.modbus.unit import ModbusUnitPart, RefusalError, quantities_of
from wampedge_simulator.part import Bench

__all__ = ["unit_from"]

_units: WeakKeyDictionary[type[PartDriver], type[ModbusUnitPart]] = WeakKeyDictionary()


def unit_from(spec: DriverSpec) -> type[ModbusUnitPart]:
    """Return the unit that the register file behind *spec* describes, the same class each time."""
    driver = spec.driver_class
    assert issubclass(driver, PartDriver), "only register files describe their parts"
    if driver not in _units:
        _units[driver] = _made(driver)
    return _units[driver]


def _made(driver: type[PartDriver]) -> type[ModbusUnitPart]:
    spec = spec_of(driver)
    registers, commands = driver.part_registers, driver.part_commands
    answers = {bytes(c["send"]): int(c["answer"]) for c in commands.values()}

    class FileUnit(ModbusUnitPart):
        """A unit with the registers and the own functions of one part."""

        quantities = quantities_of(registers)

        def __init__(self, wired: WiredDevice, bench: Bench) -> None:
            super().__init__(wired, bench, registers)

        def answer(self, pdu: bytes) -> bytes:
            """Answer a command of the part, or any request."""
            if pdu in answers and not self.faults.take("exception"):
                return pdu[: answers[pdu]]
            return super().answer(pdu)

        def answer_own(self, pdu: bytes) -> bytes:
            """Refuse what no command of the part sends."""
            raise RefusalError(1)

    FileUnit.__name__ = FileUnit.__qualname__ = f"Generated_{spec.name}"
    FileUnit.__doc__ = f"{spec.title}, made from its register file."
    return FileUnit
