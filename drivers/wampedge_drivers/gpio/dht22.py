"""Aosong DHT22 (AM2302, AM2301): temperature and humidity over one wire.

Chip: DHT22; one pin of the header, 3.3 V, at most one reading every 2 s.
Datasheet: AM2302, 7.3: humidity in 0.1 %, temperature in 0.1 °C with a sign bit, sum of the bytes.

Bits differ by 44 us, told apart by the time stamps of the kernel. On a busy single-core Raspberry
Pi (Zero, 1) some answers are lost all the same and asked for again. Where that is too often, let
the kernel decode: ``dtoverlay=dht11,gpiopin=4`` and the driver ``iio``.
"""

from __future__ import annotations

from collections.abc import Mapping

from wampedge.devices.driver import reading
from wampedge.devices.values import Value
from wampedge_drivers.gpio._dht import DhtSensor

__all__ = ["DHT22", "decode"]


def decode(data: bytes) -> dict[str, Value]:
    """Return what 4 bytes of a DHT22 mean: humidity in %RH, temperature in °C."""
    word = int.from_bytes(data[2:4], "big")
    tenths = word & 0x7FFF
    return {
        "humidity": int.from_bytes(data[:2], "big") / 10,
        "temperature": (-tenths if word & 0x8000 else tenths) / 10,
    }


class DHT22(DhtSensor, title="Aosong DHT22 (AM2302) temperature and humidity sensor"):
    """Asks once a read."""

    temperature = reading("°C", range=(-40, 80))
    humidity = reading("%RH", range=(0, 100))

    async def read(self) -> Mapping[str, Value]:
        """Ask for both; raises BadReadingError."""
        return decode(await self.fetch())
