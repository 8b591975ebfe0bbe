"""Expectations over the run, while it runs: each watches its window and tells when it is missed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Final, Protocol

from wampedge.simulation.scenario.conditions import Condition
from wampedge.simulation.scenario.model import Property
from wampedge.simulation.scenario.spans import time_text
from wampedge.simulation.scenario.stage import Event
from wampedge.simulation.scenario.verdicts import Verdicts
from wampedge.simulation.scenario.watching import (
    EventCounter,
    Scene,
    SignalWatch,
    got_text,
    is_about_event,
)
from wampedge.simulation.scenario.waves import WaveMeter

__all__ = ["PropertyWatches"]

_SLACK_S: Final = 1e-6
"""What follows within the same instant is in time; its steps are some nanoseconds apart."""


class _Checker(Protocol):
    """One expectation in its window; made when it begins."""

    def end(self) -> None:
        """The window is over."""
        ...


class PropertyWatches:
    """All expectations over one run; ``begin`` when the node has started, ``end`` at the end.

    Args:
        properties: what is expected.
        scene: what is watched.
        verdicts: gets what was missed.
    """

    def __init__(self, properties: tuple[Property, ...], scene: Scene, verdicts: Verdicts) -> None:
        self._properties = properties
        self._scene = scene
        self._verdicts = verdicts
        self._timers: list[asyncio.TimerHandle] = []
        self._open: dict[int, _Checker] = {}

    def begin(self) -> None:
        """Open every window that is due, and the others when they are."""
        loop = asyncio.get_running_loop()
        for index, each in enumerate(self._properties):
            if each.from_s is None or each.from_s <= loop.time():
                self._begin_one(index)
            else:
                self._timers.append(loop.call_at(each.from_s, self._begin_one, index))
            if each.until_s is not None:
                self._timers.append(loop.call_at(each.until_s, self._end_one, index))

    def end(self) -> None:
        """Close every window."""
        for timer in self._timers:
            timer.cancel()
        for index in sorted(self._open):
            self._end_one(index)

    def _begin_one(self, index: int) -> None:
        each = self._properties[index]
        self._open[index] = _CHECKERS[each.kind](each, self._scene, self._verdicts)

    def _end_one(self, index: int) -> None:
        checker = self._open.pop(index, None)
        if checker is not None:
            checker.end()


class _Missable:
    """What the checkers have in common: an expectation is missed once."""

    def __init__(self, wanted: Property, scene: Scene, verdicts: Verdicts) -> None:
        self.wanted = wanted
        self.scene = scene
        self._verdicts = verdicts
        self._is_missed = False

    def miss(self, got: str, *, signals: tuple[str, ...] = (), text: str = "") -> None:
        """Note that it does not hold, the first time."""
        if self._is_missed:
            return
        self._is_missed = True
        place = self.wanted.place
        place = place.but(text=f"{place.text}: {text}") if text else place
        about = self.wanted.conditions
        self._verdicts.miss(place, got, self.wanted.why, about=about, signals=signals)


class _Steady(_Missable):
    """``always`` and ``never``: a condition that is what it must be, but for short moments."""

    def __init__(self, wanted: Property, scene: Scene, verdicts: Verdicts) -> None:
        super().__init__(wanted, scene, verdicts)
        self._condition = wanted.conditions[0]
        self._is_wanted = wanted.kind == "always"
        self._timer: asyncio.TimerHandle | None = None
        self._counter: EventCounter | None = None
        self._watch: SignalWatch | None = None
        if is_about_event(self._condition):
            self._counter = EventCounter(self._condition, scene.stage, self._on_event)
        else:
            self._watch = SignalWatch(self._condition, scene, self._on_truth)
            self._on_truth(self._watch.is_true)

    def end(self) -> None:
        """Watch no more."""
        self._cancel()
        for each in (self._watch, self._counter):
            if each is not None:
                each.close()

    def _on_truth(self, is_true: bool) -> None:
        self._cancel()
        if is_true == self._is_wanted:
            return
        if self.wanted.within_s:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(self.wanted.within_s, self._missed)
        else:
            self._missed()

    def _on_event(self, event: Event) -> None:
        self.miss("it came")

    def _missed(self) -> None:
        self._timer = None
        self.miss(got_text(self._condition, self.scene))

    def _cancel(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


class _Eventually(_Missable):
    """``eventually``: a condition that holds at some time, or events that come."""

    def __init__(self, wanted: Property, scene: Scene, verdicts: Verdicts) -> None:
        super().__init__(wanted, scene, verdicts)
        self._condition = wanted.conditions[0]
        self._was_true = False
        self._counter: EventCounter | None = None
        self._watch: SignalWatch | None = None
        if is_about_event(self._condition):
            self._counter = EventCounter(self._condition, scene.stage)
        else:
            self._watch = SignalWatch(self._condition, scene, self._on_truth)
            self._on_truth(self._watch.is_true)

    def end(self) -> None:
        """Say whether it ever held."""
        if self._counter is not None:
            self._counter.close()
            if not self._counter.is_enough:
                self.miss(self._counter.got())
        if self._watch is not None:
            self._watch.close()
            if not self._was_true:
                self.miss(f"never; at the end {got_text(self._condition, self.scene)}")

    def _on_truth(self, is_true: bool) -> None:
        self._was_true |= is_true


class _Whenever(_Missable):
    """``whenever``: each time one thing comes true, another follows in time."""

    def __init__(self, wanted: Property, scene: Scene, verdicts: Verdicts) -> None:
        super().__init__(wanted, scene, verdicts)
        first, then = wanted.conditions
        self._then = then
        self._waiting: list[asyncio.TimerHandle] = []
        self._closers: list[Callable[[], None]] = []
        self._holds = False
        self._arm(then, self._on_then)
        self._arm(first, self._on_first)

    def end(self) -> None:
        """Forget those for which there is time left."""
        for timer in self._waiting:
            timer.cancel()
        for close in self._closers:
            close()

    def _arm(self, condition: Condition, tell: Callable[[bool], None]) -> None:
        if is_about_event(condition):
            counter = EventCounter(condition, self.scene.stage, lambda _: tell(True))
            self._closers.append(counter.close)
            return
        watch = SignalWatch(condition, self.scene, tell)
        self._closers.append(watch.close)
        tell(watch.is_true)

    def _on_first(self, is_true: bool) -> None:
        if not is_true or self._holds:
            return
        loop = asyncio.get_running_loop()
        due_s = loop.time() + self.wanted.within_s + _SLACK_S
        self._waiting.append(loop.call_at(due_s, self._missed))

    def _on_then(self, is_true: bool) -> None:
        self._holds = is_true and not is_about_event(self._then)
        if is_true:
            for timer in self._waiting:
                timer.cancel()
            self._waiting.clear()

    def _missed(self) -> None:
        after = f"{time_text(self.wanted.within_s)} after it came true"
        if is_about_event(self._then):
            self.miss(f"no such event, {after}")
        else:
            self.miss(f"{got_text(self._then, self.scene)}, {after}")


class _Order(_Missable):
    """``order``: conditions that come true one after another, the first time each."""

    def __init__(self, wanted: Property, scene: Scene, verdicts: Verdicts) -> None:
        super().__init__(wanted, scene, verdicts)
        self._next = 0
        self._closers: list[Callable[[], None]] = []
        for index, condition in enumerate(wanted.conditions):
            self._arm(index, condition)

    def end(self) -> None:
        """Say what did not come."""
        for close in self._closers:
            close()
        if self._next < len(self.wanted.conditions):
            self.miss(f"{self.wanted.conditions[self._next].text()} never came")

    def _arm(self, index: int, condition: Condition) -> None:
        def tell(is_true: bool) -> None:
            if is_true:
                self._came(index)

        if is_about_event(condition):
            counter = EventCounter(condition, self.scene.stage, lambda _: tell(True))
            self._closers.append(counter.close)
            return
        watch = SignalWatch(condition, self.scene, tell)
        self._closers.append(watch.close)
        tell(watch.is_true)

    def _came(self, index: int) -> None:
        if index < self._next:
            return
        if index > self._next:
            texts = [condition.text() for condition in self.wanted.conditions]
            self.miss(f"{texts[index]} came before {texts[self._next]}")
        self._next = index + 1


class _WaveWatch(_Missable):
    """``wave``: measures a signal that is true or false."""

    def __init__(self, wanted: Property, scene: Scene, verdicts: Verdicts) -> None:
        super().__init__(wanted, scene, verdicts)
        assert wanted.wave is not None, "checked"
        wave = wanted.wave
        self._signal = scene.signals[wave.signal]
        level = self._signal.look() is True
        self._meter = WaveMeter(wave, scene.stage.now(), level, self._on_miss)
        self._ends = [self._signal.watch(self._on_change)]
        if wave.follows is not None:
            self._ends.append(scene.signals[wave.follows].watch(self._on_leader))

    def end(self) -> None:
        """Measure what is left."""
        for end in self._ends:
            end()
        self._meter.end(self.scene.stage.now())

    def _on_change(self, signal: Any) -> None:
        self._meter.change(signal.value is True, self.scene.stage.now())

    def _on_leader(self, signal: Any) -> None:
        if signal.value is True:
            self._meter.leader_rises(self.scene.stage.now())

    def _on_miss(self, text: str, got: str) -> None:
        follows = self.wanted.wave.follows if self.wanted.wave is not None else None
        names = (self._signal.ref.name, *((follows,) if follows else ()))
        self.miss(got, signals=names, text=text)


_CHECKERS: dict[str, type[Any]] = {
    "always": _Steady,
    "never": _Steady,
    "eventually": _Eventually,
    "whenever": _Whenever,
    "order": _Order,
    "wave": _WaveWatch,
}
