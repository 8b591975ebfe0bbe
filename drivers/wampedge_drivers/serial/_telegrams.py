"""Telegrams of smart meters (DSMR P1): found in a stream, checked, and turned into values.

Source: Dutch Smart Meter Requirements, P1 companion standard 5.0.2, sections 5.2 (serial line),
6.2 (telegram and CRC16) and 6.12 (OBIS references); numbers after IEC 62056-21.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from wampedge.devices.checksums import crc16_arc
from wampedge.records import Record

__all__ = ["CHANNELS", "MAX_TELEGRAM", "Obis", "TelegramFinder", "values_of"]

MAX_TELEGRAM: Final = 4096
"""Bytes of the longest telegram, and of what is kept while one is looked for."""


class Obis(Record):
    """One value of a telegram.

    Attributes:
        unit: its unit in the telegram and on the channel; "" for plain numbers.
        doc: one line for people.
        is_whole: it has no decimals.
    """

    unit: str
    doc: str = ""
    is_whole: bool = False


_CHANNEL_BY_CODE: Final[Mapping[str, str]] = {
    "1-0:1.8.1": "energy_import_t1",
    "1-0:1.8.2": "energy_import_t2",
    "1-0:2.8.1": "energy_export_t1",
    "1-0:2.8.2": "energy_export_t2",
    "0-0:96.14.0": "tariff",
    "1-0:1.7.0": "power_import",
    "1-0:2.7.0": "power_export",
    "0-0:96.7.21": "power_failures",
    "1-0:32.7.0": "voltage_l1",
    "1-0:52.7.0": "voltage_l2",
    "1-0:72.7.0": "voltage_l3",
    "1-0:31.7.0": "current_l1",
    "1-0:51.7.0": "current_l2",
    "1-0:71.7.0": "current_l3",
    "1-0:21.7.0": "power_import_l1",
    "1-0:41.7.0": "power_import_l2",
    "1-0:61.7.0": "power_import_l3",
    "1-0:22.7.0": "power_export_l1",
    "1-0:42.7.0": "power_export_l2",
    "1-0:62.7.0": "power_export_l3",
}
CHANNELS: Final[Mapping[str, Obis]] = {
    "energy_import_t1": Obis("kWh", "taken at tariff 1; low in the Netherlands"),
    "energy_import_t2": Obis("kWh", "taken at tariff 2"),
    "energy_export_t1": Obis("kWh", "given back at tariff 1"),
    "energy_export_t2": Obis("kWh", "given back at tariff 2"),
    "tariff": Obis("", "the tariff that counts now", is_whole=True),
    "power_import": Obis("kW", "taken now"),
    "power_export": Obis("kW", "given back now"),
    "power_failures": Obis("", "how often the power failed", is_whole=True),
    **{f"voltage_l{phase}": Obis("V") for phase in (1, 2, 3)},
    **{f"current_l{phase}": Obis("A") for phase in (1, 2, 3)},
    **{f"power_import_l{phase}": Obis("kW") for phase in (1, 2, 3)},
    **{f"power_export_l{phase}": Obis("kW") for phase in (1, 2, 3)},
    "gas": Obis("m³", "taken so far, as the gas meter told last"),
}
"""What is published, where the meter tells it: one with a single phase says nothing of others."""

_GAS_TYPE: Final = "003"
_LINE: Final = re.compile(r"(\d-\d:\d+\.\d+\.\d+)((?:\([^()]*\))+)\Z")
_VALUE: Final = re.compile(r"(\d{1,12}(?:\.\d{1,6})?)(?:\*(\w{1,4}))?\Z")
_END: Final = re.compile(rb"!([0-9A-Fa-f]{4})\r\n")


class TelegramFinder:
    """Collects bytes and gives out telegrams whose checksum is right; holds at most one.

    Attributes:
        damaged: telegrams with a wrong checksum.
        overlong: starts of telegrams that never ended.
    """

    def __init__(self) -> None:
        self.damaged = 0
        self.overlong = 0
        self._received = bytearray()

    def feed(self, data: bytes) -> list[str]:
        """Take the next bytes; return the telegrams they complete, without their checksums."""
        telegrams = []
        # Piece by piece, so that a large portion is bounded as many small ones are.
        for at in range(0, len(data), MAX_TELEGRAM):
            self._received += data[at : at + MAX_TELEGRAM]
            while (telegram := self._next()) is not None:
                if telegram:
                    telegrams.append(telegram)
            self._bound()
        return telegrams

    def _next(self) -> str | None:
        """Take one telegram out; "" for a damaged one, None where there is no whole one."""
        end = _END.search(self._received)
        if end is None:
            return None
        wanted, whole = int(end[1], 16), bytes(self._received[: end.end()])
        del self._received[: end.end()]
        # A telegram that was cut off by the next one ends where that begins.
        start = whole.rfind(b"/")
        body = whole[start : whole.rfind(b"!") + 1]
        if start < 0 or crc16_arc(body) != wanted:
            self.damaged += 1
            return ""
        return body.decode("ascii", "replace")

    def _bound(self) -> None:
        start = self._received.find(b"/")
        del self._received[: start if start >= 0 else len(self._received)]
        if len(self._received) > MAX_TELEGRAM:
            self.overlong += 1
            again = self._received.find(b"/", 1)
            del self._received[: again if again >= 0 else len(self._received)]


def values_of(telegram: str) -> dict[str, float]:
    """Return what a telegram tells, by channel; what is not understood is left out."""
    values: dict[str, float] = {}
    types: dict[str, str] = {}
    gas: dict[str, float] = {}
    for line in telegram.split("\r\n"):
        match = _LINE.match(line)
        if match is None:
            continue
        code, groups = match[1], match[2][1:-1].split(")(")
        name = _CHANNEL_BY_CODE.get(code)
        medium, _, reference = code.partition(":")
        if name is not None:
            _put(values, name, groups[-1], CHANNELS[name].unit)
        elif reference == "24.1.0":
            types[medium] = groups[0]
        elif reference == "24.2.1":
            _put(gas, medium, groups[-1], "m3")
    for medium, volume in gas.items():
        if types.get(medium) == _GAS_TYPE:
            values["gas"] = volume
    return values


def _put(values: dict[str, float], name: str, text: str, unit: str) -> None:
    match = _VALUE.match(text)
    if match is not None and (match[2] or "") == unit:
        is_whole = name in CHANNELS and CHANNELS[name].is_whole
        values[name] = int(match[1]) if is_whole else float(match[1])
