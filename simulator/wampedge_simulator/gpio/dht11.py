"""DHT11: as the DHT22, with whole numbers and a longer call, by its datasheet (5 to 7)."""

from __future__ import annotations

from typing import ClassVar

from wampedge_simulator.gpio.dht22 import Dht22
from wampedge_simulator.world import Curve, Quantity

__all__ = ["PART", "Dht11"]


class Dht11(Dht22):
    """A newer one, with tenths of a degree."""

    quantities: ClassVar = {
        "temperature": Quantity(Curve(21.0, 4.0), -20.0, 60.0, "°C"),
        "humidity": Quantity(Curve(50.0, 10.0), 5.0, 95.0, "%RH"),
    }
    shortest_wake_s: ClassVar = 0.018

    def data(self) -> bytes:
        """Return the first 4 bytes of an answer."""
        sample = self.sample()
        tenths = round(sample["temperature"] * 10)
        whole, part = divmod(abs(tenths), 10)
        sign = 0x80 if tenths < 0 else 0
        return bytes((round(sample["humidity"]), 0, whole, part | sign))


PART = Dht11
