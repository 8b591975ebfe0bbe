"""Connects the models of a board to its parts: what drives them, what they move, who senses."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from difflib import get_close_matches
from functools import partial
from typing import Any

from wampedge.devices.fields import FieldError
from wampedge.errors import HardwareError, InvalidValueError
from wampedge_simulator.part import Bench, Part
from wampedge_simulator.physics.model import Model, Surroundings
from wampedge_simulator.physics.plan import ModelPlan, SensePlan, WorldPlan
from wampedge_simulator.physics.points import interpolated

__all__ = ["Physics"]


class Physics:
    """The models of one board; made when it starts, on its event loop.

    Args:
        plan: which models there are, and their connections.
        parts: the parts of the board.
        bench: what the parts of the board share.

    Raises:
        HardwareError: a part cannot do what the plan wants of it.
    """

    def __init__(self, plan: WorldPlan, parts: Mapping[str, Part], bench: Bench) -> None:
        self._bench = bench
        self._parts = parts
        self._plans = {model.name: model for model in plan.models}
        self._wakes_s: dict[str, list[float]] = {name: [] for name in self._plans}
        epoch_s = bench.clock.time() - bench.clock.monotonic()
        around = Surroundings(bench.now, epoch_s, bench.world.chance, self.output)
        self.models: dict[str, Model] = {
            name: each.kind(name, each.settings, around) for name, each in self._plans.items()
        }
        for each in plan.models:
            self._connect(each)
        for each in plan.models:
            self._begin(each)
        for model in self.models.values():
            self._move(model)

    def output(self, model: str, output: str, time_s: float) -> float:
        """Return what *model* gives at a time of the board's monotonic clock."""
        return self.models[model].at(time_s)[output]

    def outputs(self, model: str) -> Mapping[str, float]:
        """Return all that *model* gives now; raises InvalidValueError."""
        return self._model(model).at(self._bench.now())

    def change(self, model: str, setting: str, value: object) -> None:
        """Give a setting another value from now on, written as in the world file.

        Raises:
            InvalidValueError: its field is ``model``, ``setting`` or ``value``.
        """
        changed = self._model(model)
        if setting not in changed.fields:
            near = get_close_matches(setting, changed.fields, 1)
            hint = (
                f', did you mean "{near[0]}"?' if near else f" (known: {', '.join(changed.fields)})"
            )
            text = f'a {changed.kind} has no setting "{setting}"{hint}'
            raise InvalidValueError(text, field="setting", device=model)
        try:
            settings = {**changed.course.settings, setting: changed.fields[setting].convert(value)}
            for error in changed.check(settings):
                raise error
        except FieldError as error:
            text = f"{setting} {error.text}" if not error.path else str(error)
            raise InvalidValueError(text, field="value", device=model) from None
        changed.edge(self._bench.now())
        changed.change(settings)
        self._move(changed)

    def _model(self, name: str) -> Model:
        if name not in self.models:
            near = get_close_matches(name, self.models, 1)
            hint = f', did you mean "{near[0]}"?' if near else ""
            raise InvalidValueError(f'no model "{name}"{hint}', field="model")
        return self.models[name]

    def _connect(self, plan: ModelPlan) -> None:
        model = self.models[plan.name]
        movers = {key: self._part(plan, device) for key, device in plan.contacts.items()}
        for mover in movers.values():
            if not hasattr(mover, "follow"):
                text = f"a {mover.wired.driver} has nothing that {plan.name} of the world can move"
                raise HardwareError(text, device=mover.name)
        model.movers = movers
        for sense in plan.senses:
            part = self._part(plan, sense.device)
            try:
                part.lead(sense.channel, self._leader(model, sense), sense.noise)
            except InvalidValueError as error:
                raise HardwareError(error.reason, device=part.name) from error

    def _part(self, plan: ModelPlan, device: str) -> Any:
        if device not in self._parts:
            raise HardwareError(f'{plan.name} of the world wants a device "{device}"')
        return self._parts[device]

    def _source(self, plan: ModelPlan, name: str) -> Part | Model:
        """Return what drives: a device that can, else a model."""
        found: Part | Model | None = self._parts.get(name)
        if found is None or not found.is_actuator:
            found = self.models.get(name)
        if found is None or not found.is_actuator:
            raise HardwareError(f"{name} can drive nothing, {plan.name} of the world wants it to")
        return found

    def _begin(self, plan: ModelPlan) -> None:
        """Let a model begin; a model that is driven by others begins after them."""
        model = self.models[plan.name]
        if model.has_begun:
            return
        sources = {role: self._source(plan, name) for role, name in plan.drives.items()}
        for source in sources.values():
            if isinstance(source, Model):
                self._begin(self._plans[source.name])
        levels: dict[str, float] = {}
        for role, source in sources.items():
            levels.update(_levels(role, source))
            source.watch_power(partial(self._drive, model, role, source))
        model.begin(levels)

    def _drive(self, model: Model, role: str, source: Part | Model) -> None:
        """Take over how much *source* drives now, once all that was due before is done."""
        levels = _levels(role, source)
        if not model.is_driven_by(levels):
            model.edge(self._bench.now())
            model.drive(levels)
            self._move(model)

    def _move(self, model: Model) -> None:
        """Let a model move what is due, and wake it when the next move is."""
        now_s = self._bench.now()
        next_s = model.edge(now_s)
        wakes_s = self._wakes_s[model.name]
        if next_s is None or (wakes_s and min(wakes_s) <= next_s):
            return  # an earlier wake asks again
        wakes_s.append(next_s)
        self._bench.later(max(next_s - now_s, 0.0), partial(self._wake, model, next_s))

    def _wake(self, model: Model, at_s: float) -> None:
        self._wakes_s[model.name].remove(at_s)
        self._move(model)

    def _leader(self, model: Model, sense: SensePlan) -> Callable[[float], float]:
        clock, points = self._bench.clock, sense.points

        def lead(unix_s: float) -> float:
            # Parts ask by the clock of the node, which may be set; the world goes by the other one.
            value = model.at(self._bench.now() - (clock.time() - unix_s))[sense.output]
            if points is not None:
                return interpolated(points, value)
            return value * sense.scale + sense.offset

        return lead


def _levels(role: str, source: Part | Model) -> dict[str, float]:
    return {role: source.power, f"{role}.brake": float(source.is_braked)}
