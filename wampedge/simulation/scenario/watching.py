"""Conditions while a scenario runs: what they are now, and when they come true."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any

from wampedge.simulation.scenario.comparing import value_text
from wampedge.simulation.scenario.conditions import Condition, Count
from wampedge.simulation.scenario.live import HISTORY, LiveSignals
from wampedge.simulation.scenario.spans import time_text
from wampedge.simulation.scenario.stage import Event, Stage

__all__ = ["EventCounter", "Scene", "SignalWatch", "got_text", "is_about_event", "matches"]

OnTruth = Callable[[bool], None]


class Scene:
    """What conditions are about: the signals and events of one run.

    Args:
        stage: where the scenario plays.
        signals: every signal of the scenario.
        topics: every topic of its conditions.
    """

    def __init__(self, stage: Stage, signals: LiveSignals, topics: Iterable[str]) -> None:
        self.stage = stage
        self.signals = signals
        self._past: dict[str, deque[Event]] = {
            topic.removeprefix(stage.prefix): deque(maxlen=HISTORY) for topic in topics
        }
        if self._past:
            stage.watch_events(self._remember)

    def story(self, condition: Condition) -> tuple[str, tuple[str, ...]] | None:
        """Return the past of what *condition* is about: a title, and the newest line last."""
        if condition.signal is not None:
            return f"{condition.signal} was", tuple(self.signals[condition.signal].story())
        past = self._past.get((condition.event or "").removeprefix(self.stage.prefix))
        if not past:
            return None
        lines = tuple(f"{time_text(each.at_s)}  {value_text(each.value)}" for each in past)
        return f"events of {condition.event}", lines

    def _remember(self, event: Event) -> None:
        past = self._past.get(event.topic)
        if past is not None:
            past.append(event)

    def holds(self, condition: Condition) -> bool:
        """Say whether a condition about signals holds now."""
        if condition.all_of:
            return all(self.holds(each) for each in condition.all_of)
        if condition.any_of:
            return any(self.holds(each) for each in condition.any_of)
        assert condition.signal is not None, "checked: events do not last"
        return condition.holds(self.signals[condition.signal].look())


class SignalWatch:
    """Tells when a condition about signals comes true or ends; until ``close``.

    Args:
        condition: what.
        scene: where.
        tell: called with what it is from then on.
        fastest_s: how often signals are looked at that nobody tells of; None: as the file says.
    """

    def __init__(
        self, condition: Condition, scene: Scene, tell: OnTruth, fastest_s: float | None = None
    ) -> None:
        self._condition = condition
        self._scene = scene
        self._tell = tell
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._ends: list[Callable[[], None]] = []
        periods = []
        for _, part in condition.parts():
            signal = scene.signals[part.signal or ""]
            self._ends.append(signal.watch(lambda _: self._look()))
            if signal.is_polled:
                periods.append(min(part.look_every_s, fastest_s or part.look_every_s))
        self.is_true = scene.holds(condition)
        self._period_s = min(periods, default=None)
        self._plan()

    def close(self) -> None:
        """Tell no more; twice is once."""
        for end in self._ends:
            end()
        self._ends.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self) -> None:
        is_true = self._scene.holds(self._condition)
        if is_true != self.is_true:
            self.is_true = is_true
            self._tell(is_true)

    def _plan(self) -> None:
        if self._period_s is not None:
            self._timer = self._loop.call_later(self._period_s, self._poll)

    def _poll(self) -> None:
        self._plan()
        self._look()


class EventCounter:
    """Counts the events that match a condition, from now on.

    Args:
        condition: about one event.
        stage: where the scenario plays.
        tell: called with each event that matches.

    Attributes:
        count: how many there were.
        others: the last event of the topic that did not match.
    """

    def __init__(
        self, condition: Condition, stage: Stage, tell: Callable[[Event], None] | None = None
    ) -> None:
        self.count = 0
        self.others: Event | None = None
        self._condition = condition
        self._tell = tell
        self._prefix = stage.prefix
        self._enough: asyncio.Future[None] | None = None
        self._stage = stage
        stage.watch_events(self._hear)

    @property
    def is_enough(self) -> bool:
        """Whether there were as many as wanted."""
        return (self._condition.count or Count()).holds(self.count)

    def got(self) -> str:
        """Return in words what came."""
        if self.count:
            return f"{self.count} such event{'s' * (self.count != 1)}"
        if self.others is not None:
            kwargs = f" with {value_text(self.others.kwargs)}" if self._condition.kwargs else ""
            return f"the last event there was {value_text(self.others.value)}{kwargs}"
        return "no such event"

    async def wait(self, within_s: float | None) -> bool:
        """Wait until there were enough; return whether there were in time (None: any time)."""
        if self.is_enough:
            return True
        self._enough = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(within_s):
                await self._enough
        except TimeoutError:
            return self.is_enough
        finally:
            self._enough = None
        return True

    def close(self) -> None:
        """Count no more; twice is once."""
        self._stage.unwatch_events(self._hear)

    def _hear(self, event: Event) -> None:
        if event.topic != (self._condition.event or "").removeprefix(self._prefix):
            return
        if not matches(self._condition, event):
            self.others = event
            return
        self.count += 1
        if self._enough is not None and not self._enough.done() and self.is_enough:
            self._enough.set_result(None)
        if self._tell is not None:
            self._tell(event)


def matches(condition: Condition, event: Event) -> bool:
    """Say whether an event of the right topic is as *condition* wants it."""
    if not condition.holds(event.value):
        return False
    return all(key in event.kwargs and _equal(event.kwargs[key], wanted)
               for key, wanted in condition.kwargs.items())  # fmt: skip


def is_about_event(condition: Condition) -> bool:
    """Say whether *condition* is about an event, which lasts no time."""
    return condition.event is not None


def got_text(condition: Condition, scene: Scene) -> str:
    """Return in words what the signals of *condition* are now."""
    names = dict.fromkeys(part.signal for _, part in condition.parts() if part.signal)
    shown = [(name, value_text(scene.signals[name].look())) for name in names]
    return shown[0][1] if len(shown) == 1 else ", ".join(f"{n} is {text}" for n, text in shown)


def _equal(value: Any, wanted: Any) -> bool:
    is_flag = isinstance(value, bool) or isinstance(wanted, bool)
    return value is wanted if is_flag else bool(value == wanted)
