"""One physical model without a board, on a clock that the test sets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wampedge.devices.fields import convert_table
from wampedge_simulator.physics.model import Model, Surroundings
from wampedge_simulator.world import World

__all__ = ["HOUR_S", "LoneModel", "RecordedContact", "RecordedEncoder"]

HOUR_S = 3600.0


class RecordedContact:
    """A contact that notes when it moves."""

    def __init__(self, lone: LoneModel) -> None:
        self._lone = lone
        self.moves: list[tuple[float, bool]] = []

    def follow(self, is_closed: bool) -> None:
        """Move; only changes are noted."""
        if is_closed != (bool(self.moves) and self.moves[-1][1]):
            self.moves.append((self._lone.now_s, is_closed))


class RecordedEncoder:
    """An encoder that notes its ticks, with their times."""

    def __init__(self, ticks_per_turn: int) -> None:
        self.ticks_per_turn = ticks_per_turn
        self.ticks: list[tuple[int, float]] = []

    def follow(self, ticks: int, at_s: float) -> None:
        """Note where the shaft is."""
        self.ticks.append((ticks, at_s))


class LoneModel:
    """A model, its clock, and what a board does for it; the clock begins at midnight UTC."""

    def __init__(
        self,
        kind: type[Model],
        driven: Mapping[str, float] | None = None,
        *,
        given: Mapping[str, float] | None = None,
        seed: int = 0,
        **settings: Any,
    ) -> None:
        converted, errors = convert_table(settings, kind.fields)
        assert not errors, [str(error) for error in errors]
        self.now_s = 0.0
        self.given = dict(given or {})
        around = Surroundings(
            now=lambda: self.now_s,
            epoch_s=0.0,
            chance=World(seed).chance,
            output=lambda model, output, _time_s: self.given[f"{model}.{output}"],
        )
        self.model = kind("model", converted, around)
        self._driven = driven or {}

    def begin(self, **movers: Any) -> LoneModel:
        """Start it, with what it moves."""
        self.model.movers = movers
        self.model.begin(self._driven)
        return self

    def run(self, until_s: float) -> None:
        """Let time pass, and wake the model whenever it asks for it."""
        next_s = self.model.edge(self.now_s)
        while next_s is not None and next_s <= until_s:
            self.now_s = max(self.now_s, round(next_s, 9))
            next_s = self.model.edge(self.now_s)
        self.now_s = until_s
        self.model.edge(until_s)

    def drive(self, role: str = "driven_by", **levels: float) -> None:
        """Drive it otherwise from now on."""
        self.model.edge(self.now_s)
        self.model.drive(
            {role: levels.pop("level"), **{f"{role}.{k}": v for k, v in levels.items()}}
        )
        self.model.edge(self.now_s)

    def gives(self, output: str, at_s: float | None = None) -> float:
        """Return an output, now or at a time."""
        return self.model.at(self.now_s if at_s is None else at_s)[output]
