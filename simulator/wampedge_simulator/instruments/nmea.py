"""A satellite receiver: says GGA, RMC, GSA and VTG each second, as NMEA 0183 lays them out."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import ClassVar

from wampedge.devices.contracts import WiredDevice
from wampedge_simulator.instruments._talker import TALKER_FAULTS, Talker
from wampedge_simulator.part import Bench
from wampedge_simulator.world import Curve, Quantity

__all__ = ["PART", "Receiver"]


class Receiver(Talker):
    """A receiver that walks around a field, or has no fix."""

    quantities: ClassVar[Mapping[str, Quantity]] = {
        "latitude": Quantity(Curve(52.1, 0.01, period_s=3600.0), -90.0, 90.0, "deg"),
        "longitude": Quantity(Curve(5.18, 0.01, period_s=5000.0), -180.0, 180.0, "deg"),
        "altitude": Quantity(Curve(12.0, 3.0, period_s=3600.0), -1000.0, 18_000.0, "m"),
        "speed": Quantity(Curve(1.2, 0.5, period_s=900.0), 0.0, 500.0, "m/s"),
        "course": Quantity(Curve(180.0, 170.0, period_s=3600.0), 0.0, 359.9, "deg"),
        "fix": Quantity(Curve(1.0), 0.0, 8.0, ""),
        "satellites": Quantity(Curve(9.0), 0.0, 12.0, ""),
        "hdop": Quantity(Curve(0.9, 0.2, period_s=900.0), 0.5, 99.0, ""),
    }
    steps: ClassVar[Mapping[str, float]] = {
        "latitude": 2e-7,
        "longitude": 2e-7,
        "altitude": 0.1,
        "speed": 0.002,
        "course": 0.01,
        "fix": 1.0,
        "satellites": 1.0,
        "hdop": 0.01,
    }
    fault_kinds: ClassVar[Mapping[str, str]] = {**TALKER_FAULTS, "no_fix": "no satellites"}

    def __init__(self, wired: WiredDevice, bench: Bench) -> None:
        super().__init__(wired, bench)
        self._is_lost = False

    def text(self, values: Mapping[str, float], *, is_damaged: bool) -> bytes:
        """Return the four sentences of one second."""
        fix = 0 if self.faults.take("no_fix") else round(values["fix"])
        now = time.gmtime(self.bench.clock.time())
        clock, date = time.strftime("%H%M%S.00", now), time.strftime("%d%m%y", now)
        position = ",,,"
        if fix:
            position = ",".join(
                (*_angle(values["latitude"], 2, "NS"), *_angle(values["longitude"], 3, "EW"))
            )
        knots = f"{values['speed'] * 3600 / 1852:.3f}" if fix else ""
        course = f"{values['course']:.2f}" if fix else ""
        hdop = f"{values['hdop']:.2f}" if fix else "99.99"
        satellites = round(values["satellites"]) if fix else 0
        height = f"{values['altitude']:.1f},M,47.0,M" if fix else ",,,"
        kmh = f"{values['speed'] * 3.6:.3f}" if fix else ""
        mode, state = (3, "A") if fix else (1, "V")
        sentences = (
            f"GNGGA,{clock},{position},{fix},{satellites:02},{hdop},{height},,",
            f"GNRMC,{clock},{state},{position},{knots},{course},{date},,,{state}",
            f"GNGSA,A,{mode},,,,,,,,,,,,,1.50,{hdop},1.20",
            f"GNVTG,{course},T,,M,{knots},N,{kmh},K,{state}",
        )
        return b"".join(_sentence(text, is_damaged=is_damaged) for text in sentences)


def _angle(degrees: float, digits: int, sides: str) -> tuple[str, str]:
    """Return an angle as NMEA writes it: whole degrees and minutes together, and the side."""
    # Rounded before it is taken apart: 59.99999 minutes must not become 60.
    ticks = round(abs(degrees) * 60 * 100_000)
    whole, rest = divmod(ticks, 60 * 100_000)
    return f"{whole:0{digits}}{rest / 100_000:08.5f}", sides[degrees < 0]


def _sentence(text: str, *, is_damaged: bool) -> bytes:
    check = 0
    for byte in text.encode():
        check ^= byte
    return f"${text}*{check ^ is_damaged:02X}\r\n".encode()


PART = Receiver
