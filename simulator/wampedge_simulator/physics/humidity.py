"""The humidity of a room: it drifts to that outside, and falls as the air gets warmer.

The water in the air is what drifts, so the state is the relative humidity the air would have at the
temperature ``reference``; what a sensor shows follows from the temperature of the room by Magnus'
formula (Sonntag 1990): saturation is 6.112 hPa * exp(17.62 t / (243.12 + t)).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import ClassVar

from wampedge.devices.fields import Duration
from wampedge_simulator.physics.fields import (
    Measure,
    MeasureOrModel,
    ModelName,
    Wave,
    WaveField,
    wave_at,
)
from wampedge_simulator.physics.model import Course, Model, Output, State
from wampedge_simulator.physics.relaxation import exchange, relaxed

__all__ = ["MODEL", "RoomHumidity", "dew_point_c", "saturation_hpa"]


class RoomHumidity(Model):
    """The state is the relative humidity at the reference temperature, in %RH."""

    kind: ClassVar = "humidity"
    fields: ClassVar = {
        "tau": Duration(
            minimum_s=1.0, maximum_s=30 * 86_400.0, doc="how slowly it follows outside"
        ),
        "moisten": Measure(
            "%RH/h", 0.0, 10_000.0, default=0.0, doc="what driven_by gives at full power"
        ),
        "dry": Measure(
            "%RH/h", 0.0, 10_000.0, default=0.0, doc="what dried_by takes at full power"
        ),
        "vent": Duration(
            minimum_s=1.0,
            maximum_s=30 * 86_400.0,
            default=None,
            doc="tau while what vented_by names is fully open",
        ),
        "outside": WaveField(
            "%RH", 0.0, 100.0, default=Wave(50.0), doc="humidity of the air outside, at reference"
        ),
        "reference": Measure("°C", -40.0, 90.0, default=20.0, doc="temperature of all that"),
        "temperature": MeasureOrModel(
            "°C", -40.0, 90.0, default=20.0, doc="of the room: a number, or the name of its model"
        ),
        "start": Measure("%RH", 0.0, 100.0, default=None, doc="at the start, at reference"),
    }
    outputs: ClassVar = {
        "humidity": Output("%RH", "relative humidity of the air"),
        "dew_point": Output("°C", "temperature at which the air is saturated"),
    }
    drives: ClassVar = {
        "driven_by": "moistens: `moisten` at full power",
        "dried_by": "dries: `dry` at full power",
        "vented_by": "opens the room to outside: `vent` in place of `tau`",
    }

    def start(self, time_s: float) -> State:
        """Return the humidity the file says, or that outside."""
        start: float | None = self.course.settings["start"]
        if start is not None:
            return (start,)
        return (wave_at(self.course.settings["outside"], self.around.unix_s(time_s)),)

    def evolve(self, course: Course, time_s: float) -> State:
        """Return the humidity at reference at a time; the air holds no more than it can.

        What is beyond 100 % has condensed, and dried air has no less than nothing: both are found
        at the next event.
        """
        settings, levels = course.settings, course.levels
        push = settings["moisten"] * levels["driven_by"] - settings["dry"] * levels["dried_by"]
        rate = exchange(settings["tau"], settings["vent"], levels["vented_by"])
        humidity = relaxed(
            course.state[0], settings["outside"], rate, push / 3600.0,
            begin_s=self.around.unix_s(course.begin_s), unix_s=self.around.unix_s(time_s),
        )  # fmt: skip
        return (min(max(humidity, 0.0), 100.0 / self._share(course, time_s)),)

    def give(self, course: Course, state: State, time_s: float) -> Mapping[str, float]:
        """Return humidity and dew point at the temperature of the room."""
        humidity = min(state[0] * self._share(course, time_s), 100.0)
        vapour = max(humidity, 0.01) / 100.0 * saturation_hpa(self._temperature(course, time_s))
        return {"humidity": humidity, "dew_point": dew_point_c(vapour)}

    def _share(self, course: Course, time_s: float) -> float:
        """Return how much of the humidity at reference is left at the room's temperature."""
        at_reference = saturation_hpa(course.settings["reference"])
        return at_reference / saturation_hpa(self._temperature(course, time_s))

    def _temperature(self, course: Course, time_s: float) -> float:
        given: float | ModelName = course.settings["temperature"]
        if isinstance(given, ModelName):
            return self.around.output(given, "temperature", time_s)
        return given


def saturation_hpa(celsius: float) -> float:
    """Return the pressure of saturated vapour over water."""
    return 6.112 * math.exp(17.62 * celsius / (243.12 + celsius))


def dew_point_c(vapour_hpa: float) -> float:
    """Return the temperature at which vapour of so much pressure is saturated."""
    ratio = math.log(vapour_hpa / 6.112)
    return 243.12 * ratio / (17.62 - ratio)


MODEL = RoomHumidity
