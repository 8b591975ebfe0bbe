"""HC-SR04 ultrasonic distance sensor, and its kin (HY-SRF05, JSN-SR04T, US-100 in pulse mode).

Chip: HC-SR04; pins ``trigger`` and ``echo`` of the header. Echo gives 5 V: it needs a divider, such
as 1 and 2 kohm, or the pin of the board dies. Range 2 cm to 4 m within a cone of 15 degrees.
Datasheet: trigger high for 10 us or more, then eight bursts of 40 kHz; echo is high for the way
there and back of the sound; 60 ms between two measurements; 38 ms of echo mean nothing was found.

The length of the echo is the difference of two time stamps of the kernel, good to about 50 us on a
busy Raspberry Pi: 1 cm. The median of ``samples`` keeps out what is worse. Sound takes 331.3 m/s +
0.606 m/s for each degree: 10 degrees more make 2 % of distance, so ``temperature`` may be set.
"""

from __future__ import annotations

from collections.abc import Mapping
from statistics import median

from wampedge.devices.contracts import Pull
from wampedge.devices.driver import Driver, input_pin, output_pin, param, reading
from wampedge.devices.fields import Integer, Quantity
from wampedge.devices.values import Value
from wampedge.errors import BadReadingError

__all__ = ["HCSR04", "distance_m"]

TRIGGER_S = 20e-6
LONGEST_ECHO_S = 0.06
PAUSE_S = 0.06
NEAREST_M, FARTHEST_M = 0.02, 4.5


def distance_m(echo_s: float, temperature_c: float) -> float:
    """Return the distance in metres of what an echo of *echo_s* came from."""
    return echo_s * (331.3 + 0.606 * temperature_c) / 2


class HCSR04(
    Driver, title="HC-SR04 ultrasonic distance sensor", default_every_s=1.0, is_output=False
):
    """Measures a few times a read and takes the median. Channel ``distance``."""

    trigger = output_pin(place="pins", doc="starts a measurement")
    echo = input_pin(place="pins", doc="high for the way of the sound, through a divider")
    samples: int = param(Integer(1, 9), 3, doc="measurements a read, of which the median counts")
    temperature: float = param(
        Quantity("°C", minimum=-40, maximum=80), 20.0, doc="of the air, for the speed of sound"
    )
    distance = reading("m", range=(NEAREST_M, FARTHEST_M), doc="to the nearest thing")

    _no_echo = 0

    def input_pull(self, pin: str) -> Pull:
        """Pull down: a sensor that is not there is quiet."""
        return "down"

    async def setup(self) -> None:
        """Let the trigger rest low."""
        await self.trigger.write(False)

    async def read(self) -> Mapping[str, Value]:
        """Measure; None where nothing is in range; raises BadReadingError without any echo."""
        edges: list[tuple[bool, int]] = []
        self.echo.watch(lambda level, at_ns: edges.append((level, at_ns)))
        found: list[float] = []
        try:
            for number in range(self.samples):
                if number:
                    await self.sleep(PAUSE_S)
                edges.clear()
                await self._ping()
                await self.sleep(LONGEST_ECHO_S)
                echo_s = _length_s(edges)
                if echo_s is not None:
                    found.append(distance_m(echo_s, self.temperature))
        finally:
            self.echo.watch(None)
        if not found:
            self._no_echo += 1
            raise BadReadingError("no echo: check the wires of trigger and echo, and its 5 V")
        middle = median(found)
        return {"distance": middle if NEAREST_M <= middle <= FARTHEST_M else None}

    async def safe(self) -> None:
        """Let the trigger rest low."""
        await self.trigger.write(False)

    def counters(self) -> Mapping[str, int]:
        """Return how many reads had no echo at all."""
        return {"no_echo": self._no_echo}

    async def _ping(self) -> None:
        await self.trigger.write(True)
        await self.sleep(TRIGGER_S)
        await self.trigger.write(False)


def _length_s(edges: list[tuple[bool, int]]) -> float | None:
    """Return the time from the first rising edge to the falling one after it, in seconds."""
    rise_ns: int | None = None
    for level, at_ns in edges:
        if level and rise_ns is None:
            rise_ns = at_ns
        elif not level and rise_ns is not None:
            return (at_ns - rise_ns) / 1e9
    return None
