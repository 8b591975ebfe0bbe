"""A room: its air drifts to the temperature outside, and a heater pushes against that.

dT/dt = (T_outside - T) / tau + heat * heater - cool * cooler.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from wampedge.devices.fields import Duration
from wampedge_simulator.physics.fields import Measure, Wave, WaveField, wave_at
from wampedge_simulator.physics.model import Course, Model, Output, State
from wampedge_simulator.physics.relaxation import exchange, relaxed

__all__ = ["MODEL", "ThermalRoom"]


class ThermalRoom(Model):
    """The state is the temperature of the air, in °C."""

    kind: ClassVar = "thermal"
    fields: ClassVar = {
        "tau": Duration(
            minimum_s=1.0,
            maximum_s=30 * 86_400.0,
            doc="how slowly it follows outside: 37 % of a difference is left then",
        ),
        "heat": Measure(
            "K/h", 0.0, 10_000.0, default=0.0, doc="what driven_by gives at full power"
        ),
        "cool": Measure(
            "K/h", 0.0, 10_000.0, default=0.0, doc="what cooled_by takes at full power"
        ),
        "vent": Duration(
            minimum_s=1.0,
            maximum_s=30 * 86_400.0,
            default=None,
            doc="tau while what vented_by names is fully open",
        ),
        "outside": WaveField("°C", -90.0, 90.0, default=Wave(10.0), doc="temperature outside"),
        "start": Measure(
            "°C", -90.0, 200.0, default=None, doc="at the start; as outside if left out"
        ),
    }
    outputs: ClassVar = {
        "temperature": Output("°C", "temperature of the air"),
        "outside": Output("°C", "temperature outside"),
    }
    drives: ClassVar = {
        "driven_by": "heats: `heat` at full power",
        "cooled_by": "cools: `cool` at full power",
        "vented_by": "opens the room to outside: `vent` in place of `tau`",
    }

    def start(self, time_s: float) -> State:
        """Return the temperature the file says, or that outside."""
        start: float | None = self.course.settings["start"]
        if start is not None:
            return (start,)
        return (wave_at(self.course.settings["outside"], self.around.unix_s(time_s)),)

    def evolve(self, course: Course, time_s: float) -> State:
        """Return the temperature at a time."""
        settings, levels = course.settings, course.levels
        push = settings["heat"] * levels["driven_by"] - settings["cool"] * levels["cooled_by"]
        rate = exchange(settings["tau"], settings["vent"], levels["vented_by"])
        return (
            relaxed(
                course.state[0], settings["outside"], rate, push / 3600.0,
                begin_s=self.around.unix_s(course.begin_s), unix_s=self.around.unix_s(time_s),
            ),
        )  # fmt: skip

    def give(self, course: Course, state: State, time_s: float) -> Mapping[str, float]:
        """Return both temperatures."""
        outside = wave_at(course.settings["outside"], self.around.unix_s(time_s))
        return {"temperature": state[0], "outside": outside}


MODEL = ThermalRoom
