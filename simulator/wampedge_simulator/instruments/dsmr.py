"""A smart meter with a P1 port: says a telegram each second, as DSMR 5.0.2 lays it out."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import ClassVar

from wampedge_simulator.instruments._talker import Talker
from wampedge_simulator.world import Curve, Quantity

__all__ = ["PART", "SmartMeter"]

_ENERGY = Quantity(Curve(4321.0), 0.0, 999_999.0, "kWh")
_POWER = Quantity(Curve(0.8, 0.5, 0.05, period_s=3600.0), 0.0, 99.0, "kW")
_OWN = Quantity(Curve(0.0), 0.0, 99.0, "kW")
_VOLTAGE = Quantity(Curve(230.0, 3.0, 0.5, period_s=3600.0, peak_s=None), 0.0, 999.0, "V")
_CURRENT = Quantity(Curve(3.0, 2.0, 0.1, period_s=3600.0, peak_s=None), 0.0, 999.0, "A")


class SmartMeter(Talker):
    """A three-phase meter with a gas meter on channel 1."""

    quantities: ClassVar[Mapping[str, Quantity]] = {
        **{f"energy_import_t{number}": _ENERGY for number in (1, 2)},
        **{f"energy_export_t{number}": _ENERGY for number in (1, 2)},
        "tariff": Quantity(Curve(2.0), 1.0, 2.0, ""),
        "power_import": _POWER,
        "power_export": _OWN,
        "power_failures": Quantity(Curve(3.0), 0.0, 99_999.0, ""),
        **{f"voltage_l{phase}": _VOLTAGE for phase in (1, 2, 3)},
        **{f"current_l{phase}": _CURRENT for phase in (1, 2, 3)},
        **{f"power_import_l{phase}": _POWER for phase in (1, 2, 3)},
        **{f"power_export_l{phase}": _OWN for phase in (1, 2, 3)},
        "gas": Quantity(Curve(1234.5), 0.0, 99_999.0, "m³"),
    }

    steps: ClassVar[Mapping[str, float]] = {
        **{name: 0.001 for name in quantities if name.startswith(("energy", "power", "gas"))},
        **{f"voltage_l{phase}": 0.1 for phase in (1, 2, 3)},
        **{f"current_l{phase}": 0.01 for phase in (1, 2, 3)},
        "tariff": 1.0,
        "power_failures": 1.0,
    }

    def text(self, values: Mapping[str, float], *, is_damaged: bool) -> bytes:
        """Return one telegram."""
        moment = time.strftime("%y%m%d%H%M%SW", time.gmtime(self.bench.clock.time()))
        lines = [
            "/WED5\\2SIMULATED", "", "1-3:0.2.8(50)", f"0-0:1.0.0({moment})",
            *(f"1-0:{kind}.8.{n}({values[f'energy_{way}_t{n}']:010.3f}*kWh)"
              for kind, way in ((1, "import"), (2, "export")) for n in (1, 2)),
            f"0-0:96.14.0({round(values['tariff']):04})",
            f"1-0:1.7.0({values['power_import']:06.3f}*kW)",
            f"1-0:2.7.0({values['power_export']:06.3f}*kW)",
            f"0-0:96.7.21({round(values['power_failures']):05})",
            *(f"1-0:{code}.7.0({values[f'{name}_l{phase}']:{form}}*{unit})"
              for name, codes, form, unit in _PHASES
              for phase, code in enumerate(codes, 1)),
            "0-1:24.1.0(003)", f"0-1:24.2.1({moment})({values['gas']:09.3f}*m3)",
        ]  # fmt: skip # one line of the telegram a line
        body = ("\r\n".join(lines) + "\r\n!").encode()
        return body + f"{_crc(body) ^ is_damaged:04X}\r\n".encode()


_PHASES = (
    ("voltage", (32, 52, 72), "05.1f", "V"),
    ("current", (31, 51, 71), "06.2f", "A"),
    ("power_import", (21, 41, 61), "06.3f", "kW"),
    ("power_export", (22, 42, 62), "06.3f", "kW"),
)


def _crc(payload: bytes) -> int:
    """Return the checksum of a telegram from the polynomial x^16 + x^15 + x^2 + 1, reflected."""
    crc = 0
    for byte in payload:
        for bit in range(8):
            is_odd = (crc ^ byte >> bit) & 1
            crc = crc >> 1 ^ (0xA001 if is_odd else 0)
    return crc


PART = SmartMeter
