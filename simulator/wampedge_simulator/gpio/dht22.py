"""DHT22: answers a line that was pulled low with 40 bits, by the AM2302 datasheet (7.2, 7.3)."""

from __future__ import annotations

from typing import ClassVar

from wampedge.devices.contracts import WiredDevice
from wampedge_simulator.part import Bench, Part
from wampedge_simulator.world import Curve, Quantity

__all__ = ["PART", "Dht22"]

RESPONSE_S, BIT_LOW_S, ZERO_S, ONE_S = 80e-6, 50e-6, 26e-6, 70e-6
GO_S = 30e-6
"""How long after the line was let go the sensor pulls it low."""


class Dht22(Part):
    """The sensor; the resistor of its line is on the module."""

    quantities: ClassVar = {
        "temperature": Quantity(Curve(21.0, 4.0), -40.0, 80.0, "°C"),
        "humidity": Quantity(Curve(50.0, 10.0), 0.0, 100.0, "%RH"),
    }
    fault_kinds: ClassVar = {
        "silent": "an answer does not come",
        "bad_crc": "a checksum is wrong",
        "lost_edge": "the last bit of an answer is missing",
        "stuck": "the sensor gives its last sample again",
    }
    shortest_wake_s: ClassVar = 0.0008

    def __init__(self, wired: WiredDevice, bench: Bench) -> None:
        super().__init__(wired, bench)
        self._net = self.net("pin")
        self._net.pull(self.name, True)
        self._low_s: float | None = None
        self._is_answering = False
        self._net.watch(self._on_level)

    def data(self) -> bytes:
        """Return the first 4 bytes of an answer."""
        sample = self.sample()
        tenths = round(sample["temperature"] * 10)
        word = abs(tenths) | (0x8000 if tenths < 0 else 0)
        return round(sample["humidity"] * 10).to_bytes(2, "big") + word.to_bytes(2, "big")

    def _on_level(self, level: bool) -> None:
        if self._is_answering:
            return
        if not level:
            self._low_s = self.bench.now()
        elif self._low_s is not None:
            waited_s, self._low_s = self.bench.now() - self._low_s, None
            if waited_s >= self.shortest_wake_s and not self.faults.take("silent"):
                began_s = self.bench.now() + GO_S
                self.bench.later(0.006, lambda: self._answer(began_s))

    def _answer(self, at_s: float) -> None:
        data = self.data()
        checksum = sum(data) + self.faults.take("bad_crc") & 0xFF
        word = int.from_bytes(data + bytes((checksum,)), "big")
        widths = [ONE_S if word >> bit & 1 else ZERO_S for bit in range(39, -1, -1)]
        if self.faults.take("lost_edge"):
            widths.pop()
        self._is_answering = True
        at_s = self._pulse(at_s, RESPONSE_S, RESPONSE_S)
        for width_s in widths:
            at_s = self._pulse(at_s, BIT_LOW_S, width_s)
        self._pulse(at_s, BIT_LOW_S, 0.0)
        self._is_answering = False

    def _pulse(self, at_s: float, low_s: float, high_s: float) -> float:
        self._net.drive_at(at_s, self.name, False, is_open=True)
        self._net.drive_at(at_s + low_s, self.name, None, is_open=True)
        return at_s + low_s + high_s


PART = Dht22
