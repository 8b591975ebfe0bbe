"""Aosong DHT11: temperature and humidity over one wire, to a whole degree and per cent.

Chip: DHT11; one pin of the header, 3.3 V, at most one reading a second.
Datasheet: DHT11, 5 to 7: whole and decimal part of humidity and temperature, sum of the bytes. The
host pulls low for 18 ms. Newer ones give tenths of a degree, and a sign in the decimal part.

For what Linux timing means for it see ``dht22``; the kernel's own driver is ``dht11`` as well.
"""

from __future__ import annotations

from collections.abc import Mapping

from wampedge.devices.driver import reading
from wampedge.devices.values import Value
from wampedge_drivers.gpio._dht import DhtSensor

__all__ = ["DHT11", "decode"]


def decode(data: bytes) -> dict[str, Value]:
    """Return what 4 bytes of a DHT11 mean: humidity in %RH, temperature in °C."""
    degrees = data[2] + (data[3] & 0x7F) / 10
    return {
        "humidity": data[0] + data[1] / 10,
        "temperature": -degrees if data[3] & 0x80 else degrees,
    }


class DHT11(DhtSensor, title="Aosong DHT11 temperature and humidity sensor"):
    """Asks once a read."""

    wake_s = 0.02

    temperature = reading("°C", range=(-20, 60))
    humidity = reading("%RH", range=(0, 100))

    async def read(self) -> Mapping[str, Value]:
        """Ask for both; raises BadReadingError."""
        return decode(await self.fetch())
