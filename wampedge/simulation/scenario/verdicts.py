"""Collects what did not hold in a run, each expectation once, with what a person needs to see."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from wampedge.config.problems import Problem
from wampedge.simulation.scenario.conditions import Condition
from wampedge.simulation.scenario.outcome import Failure
from wampedge.simulation.scenario.recording import Recording
from wampedge.simulation.scenario.watching import Scene

__all__ = ["MAX_FAILURES", "Verdicts"]

_MAX_TROUBLES: Final = 10
MAX_FAILURES: Final = 100
"""Failures of one run that are kept; a step that repeats can fail very often."""


class Verdicts:
    """The failures of one run.

    Args:
        scene: tells the time, and the past of signals.
        recording: has the last transactions.
    """

    def __init__(self, scene: Scene, recording: Recording) -> None:
        self.failures: list[Failure] = []
        self._scene = scene
        self._recording = recording

    def miss(
        self,
        place: Problem,
        got: str,
        why: str = "",
        *,
        about: Iterable[Condition] = (),
        signals: Iterable[str] = (),
    ) -> None:
        """Note that what *place* wants did not hold.

        Args:
            place: where it is written; its text is what was wanted.
            got: what there was instead.
            why: the reason the file gives.
            about: the conditions in question.
            signals: further signals in question.
        """
        if len(self.failures) >= MAX_FAILURES:
            return
        parts = [part for condition in about for _, part in condition.parts()]
        parts += [Condition(signal=name) for name in signals]
        found = dict(filter(None, map(self._scene.story, parts)))
        troubles = self._scene.stage.troubles()[:_MAX_TROUBLES]
        stories = (*found.items(), *([("devices in trouble", troubles)] if troubles else []))
        self.failures.append(
            Failure(
                place,
                got,
                self._scene.stage.now(),
                why,
                stories,
                self._recording.last_transactions(),
            )
        )
