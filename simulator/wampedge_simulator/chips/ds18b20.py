"""Maxim DS18B20 behind the kernel: the folder of the part with ``w1_slave`` and ``temperature``.

From the datasheet 19-7487: figure 9 (scratchpad), page 9 (CRC); and from the format of
``drivers/w1/slaves/w1_therm.c``: nine bytes in hex, the checksum and a word whether it is right,
then the bytes again and the temperature in thousandths of a degree.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from wampedge.devices.contracts import WiredDevice
from wampedge_simulator.part import Bench, Part
from wampedge_simulator.sysfs import SYSFS_FAULTS
from wampedge_simulator.world import Curve, Quantity

__all__ = ["PART", "Ds18b20"]

_AFTER_POWER_ON = bytes.fromhex("50054b467fff0c10")


class Ds18b20(Part):
    """The part, as the kernel shows it."""

    quantities: ClassVar = {
        "temperature": Quantity(Curve(18.0, 4.0, 0.05), -55.0, 125.0, "°C"),
    }
    fault_kinds: ClassVar = {
        **SYSFS_FAULTS,
        "bad_crc": "a checksum is wrong",
        "brown_out": "the supply drops for a moment: it says 85 °C until it has measured again",
        "bus_low": "the bus is held low: the kernel reads zeros",
    }

    def __init__(self, wired: WiredDevice, bench: Bench) -> None:
        super().__init__(wired, bench)
        self._has_lost_supply = False

    @property
    def folder(self) -> str:
        """Its folder."""
        return f"/sys/bus/w1/devices/{self.wired.rom_id}"

    def power_up(self) -> None:
        """Fall back to the scratchpad after power-on, once."""
        self._has_lost_supply = True

    def files(self) -> Mapping[str, bytes]:
        """Return what the kernel reads from the part now."""
        raw = bytearray(self._scratchpad())
        raw.append(_crc8(raw))
        if self.faults.take("bad_crc"):
            raw[8] ^= 0xFF
        if self.faults.take("bus_low"):
            raw = bytearray(9)
        is_right = _crc8(raw[:8]) == raw[8]
        hexadecimal = raw.hex(" ")
        milli = int.from_bytes(raw[:2], "little", signed=True) * 1000 // 16
        text = (
            f"{hexadecimal} : crc={raw[8]:02x} {'YES' if is_right else 'NO'}\n"
            f"{hexadecimal} t={milli}\n"
        )
        return {
            "w1_slave": text.encode(),
            "temperature": f"{milli}\n".encode(),
            "name": f"{self.wired.rom_id}\n".encode(),
        }

    def _scratchpad(self) -> bytes:
        if self._has_lost_supply:
            self._has_lost_supply = False
            return _AFTER_POWER_ON
        word = round(self.sample()["temperature"] * 16)
        low = word & 0x0F
        return word.to_bytes(2, "little", signed=True) + bytes(
            (0x4B, 0x46, 0x7F, 0xFF, 0x10 - low, 0x10)
        )


PART = Ds18b20


def _crc8(raw: bytes | bytearray) -> int:
    """Return the checksum of 1-Wire: x^8 + x^5 + x^4 + 1, bit by bit."""
    crc = 0
    for byte in raw:
        for bit in range(8):
            feedback = (crc ^ byte >> bit) & 1
            crc = crc >> 1 ^ (0x8C if feedback else 0)
    return crc
