"""Satellite receivers (GPS, Galileo, GLONASS, BeiDou) that speak NMEA 0183.

Chip: any such receiver on a UART or USB, 4800 to 115200 baud 8N1; u-blox have 9600 as sold.
Source: NMEA 0183, sentences GGA, RMC, GSA, VTG of any talker (``GP``, ``GN``, ``GL`` ...).

Without a fix there is no position: latitude and longitude are ``bad`` then, never 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wampedge.devices.driver import ChannelSpec, Driver, DriverContext, param
from wampedge.devices.fields import Choice, Integer, ListOf, Number
from wampedge.devices.late_log import LateLog
from wampedge.devices.values import Value
from wampedge_drivers.serial._lines import LineSplitter
from wampedge_drivers.serial._sentences import CHANNELS, SENTENCES, checked_fields, values_of

__all__ = ["Nmea"]

log = LateLog(__name__)

_SPECS: Mapping[str, ChannelSpec] = {
    "latitude": ChannelSpec(Number(-90, 90), unit="deg", doc="south is below zero"),
    "longitude": ChannelSpec(Number(-180, 180), unit="deg", doc="west is below zero"),
    "altitude": ChannelSpec(Number(-1000, 100_000), unit="m", doc="above mean sea level"),
    "speed": ChannelSpec(Number(0, 2000), unit="m/s", doc="over ground"),
    "course": ChannelSpec(Number(0, 360), unit="deg", doc="over ground, from true north"),
    "fix": ChannelSpec(Integer(0, 8), doc="0 none, 1 satellites, 2 corrected, 4 and 5 RTK"),
    "mode": ChannelSpec(Integer(1, 3), doc="1 no fix, 2 without altitude, 3 with altitude"),
    "satellites": ChannelSpec(Integer(0, 99), doc="satellites in use"),
    "hdop": ChannelSpec(Number(0, 100), doc="how badly the satellites stand; below 2 is good"),
    "time": ChannelSpec(Number(0), unit="s", doc="of the satellites, Unix seconds"),
}
_NO_FIX = "no fix"


class Nmea(Driver, bus="serial", title="Satellite receiver (NMEA 0183)"):
    """Publishes what the sentences say.

    Attributes:
        damaged: lines that were no sentences, or had a wrong checksum.
    """

    sentences: tuple[str, ...] = param(
        ListOf(Choice(SENTENCES), 1, len(SENTENCES)), ("GGA", "RMC"), doc="which ones count"
    )

    def __init__(self, context: DriverContext, params: Mapping[str, Any], bus: Any = None) -> None:
        super().__init__(context, params, bus)
        self.damaged = 0
        self._taken = 0
        self._splitter = LineSplitter(b"\n", limit=256)

    @classmethod
    def channels_for(
        cls, params: Mapping[str, Any], channels: Mapping[str, Mapping[str, Any]]
    ) -> Mapping[str, ChannelSpec]:
        """Return what the sentences of the device tell."""
        told = {name for sentence in params["sentences"] for name in CHANNELS[sentence]}
        return {name: spec for name, spec in _SPECS.items() if name in told}

    async def setup(self) -> None:
        """Listen; half a sentence from before is forgotten."""
        self._splitter = LineSplitter(b"\n", limit=256)
        self.bus.listen(self._on_bytes, self._on_lost)

    def counters(self) -> Mapping[str, int]:
        """Return how many sentences counted, and how many lines were damaged."""
        return {"sentences": self._taken, "damaged": self.damaged + self._splitter.overlong}

    def _on_bytes(self, data: bytes) -> None:
        for line in self._splitter.feed(data):
            fields = checked_fields(line)
            if fields is not None:
                self._on_sentence(fields)
            elif line.strip():
                self._note_damage(line)

    def _on_sentence(self, fields: list[str]) -> None:
        name = fields[0][-3:]
        if name not in self.sentences:
            return
        try:
            values = values_of(fields)
        except ValueError:
            self._note_damage(",".join(fields).encode())
            return
        if values:
            self._taken += 1
            self._publish(values)

    def _publish(self, values: Mapping[str, Value]) -> None:
        known = {name: value for name, value in values.items() if value is not None}
        unknown = [name for name in values if name not in known]
        if known:
            self.context.publish(known)
        if unknown:
            self.context.bad(unknown, _NO_FIX)

    def _note_damage(self, line: bytes) -> None:
        if not self.damaged:
            log.info("%s: a line is no sentence: %.80r", self.context.name, line)
        self.damaged += 1

    def _on_lost(self, error: Exception) -> None:
        """Do nothing: the runtime opens the port again."""
