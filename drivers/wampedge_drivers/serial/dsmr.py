"""Smart electricity and gas meters with a P1 port (DSMR 5, ESMR; the Netherlands, Belgium, ...).

Chip: none; a meter on a UART, 115200 baud 8N1, whose data line is inverted and an open collector.
Source: P1 companion standard 5.0.2, sections 5 and 6. A DSMR 5 meter tells each second, an older
one each ten seconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wampedge.devices.driver import ChannelSpec, Driver, DriverContext
from wampedge.devices.fields import Integer, Number
from wampedge.devices.late_log import LateLog
from wampedge_drivers.serial._telegrams import CHANNELS, TelegramFinder, values_of

__all__ = ["Dsmr"]

log = LateLog(__name__)


class Dsmr(Driver, bus="serial", title="Smart meter with a P1 port (DSMR)"):
    """Publishes what telegrams tell."""

    def __init__(self, context: DriverContext, params: Mapping[str, Any], bus: Any = None) -> None:
        super().__init__(context, params, bus)
        self._finder = TelegramFinder()
        self._telegrams = 0

    @classmethod
    def channels_for(
        cls, params: Mapping[str, Any], channels: Mapping[str, Mapping[str, Any]]
    ) -> Mapping[str, ChannelSpec]:
        """Return everything a meter may tell."""
        return {
            name: ChannelSpec(Integer(0) if obis.is_whole else Number(0), obis.unit, doc=obis.doc)
            for name, obis in CHANNELS.items()
        }

    async def setup(self) -> None:
        """Listen; half a telegram from before is forgotten."""
        damaged, overlong = self._finder.damaged, self._finder.overlong
        self._finder = TelegramFinder()
        self._finder.damaged, self._finder.overlong = damaged, overlong
        self.bus.listen(self._on_bytes, self._on_lost)

    def counters(self) -> Mapping[str, int]:
        """Return how many telegrams were good, damaged, and never ended."""
        finder = self._finder
        counts = {"telegrams": self._telegrams, "damaged": finder.damaged}
        return {**counts, "overlong": finder.overlong}

    def _on_bytes(self, data: bytes) -> None:
        before = self._finder.damaged
        for telegram in self._finder.feed(data):
            values = values_of(telegram)
            if values:
                self._telegrams += 1
                self.context.publish(values)
        if before == 0 < self._finder.damaged:
            log.warning("%s: a telegram is damaged", self.context.name)

    def _on_lost(self, error: Exception) -> None:
        """Do nothing: the runtime opens the port again."""
