"""The signals of a scenario while it runs: what each is now, and who hears of changes."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from typing import Any, Final

from wampedge.simulation.scenario.comparing import value_text
from wampedge.simulation.scenario.names import SignalRef
from wampedge.simulation.scenario.spans import time_text
from wampedge.simulation.scenario.stage import Event, Stage
from wampedge_simulator.part import Part

__all__ = ["HISTORY", "LiveSignal", "LiveSignals"]

HISTORY: Final = 20
"""Changes of each signal that are kept, for who reads a failure."""

OnChange = Callable[["LiveSignal"], None]


class LiveSignal:
    """One signal; owned by ``LiveSignals``.

    Args:
        ref: what it means.
        read: returns what it is now.
        now: tells the virtual time.
        is_polled: nobody tells of its changes, so it has to be looked at.

    Attributes:
        value: what it was when it was last looked at.
        history: when it became what, the newest last.
    """

    def __init__(
        self,
        ref: SignalRef,
        read: Callable[[], Any],
        now: Callable[[], float],
        *,
        is_polled: bool,
    ) -> None:
        self.ref = ref
        self.is_polled = is_polled
        self.value: Any = None
        self.history: deque[tuple[float, Any]] = deque(maxlen=HISTORY)
        self._read = read
        self._now = now
        self._listeners: tuple[OnChange, ...] = ()

    def look(self) -> Any:
        """Return what it is now; a change is told."""
        value = self._read()
        if value != self.value or type(value) is not type(self.value) or not self.history:
            self.value = value
            self.history.append((self._now(), value))
            for listener in self._listeners:
                listener(self)
        return value

    def watch(self, listener: OnChange) -> Callable[[], None]:
        """Call *listener* at each change; return what ends it."""
        self._listeners = (*self._listeners, listener)

        def end() -> None:
            self._listeners = tuple(each for each in self._listeners if each is not listener)

        return end

    def story(self) -> list[str]:
        """Return its last changes, one a line, the newest last."""
        return [f"{time_text(at_s)}  {value_text(value)}" for at_s, value in self.history]


class LiveSignals:
    """All signals of one run, by name; made when the board is up and before the node starts.

    Args:
        stage: where the scenario plays.
        refs: what the names mean.
    """

    def __init__(self, stage: Stage, refs: Iterable[SignalRef]) -> None:
        self._stage = stage
        self._by_name = {ref.name: self._live(ref) for ref in refs}
        for signal in self._by_name.values():
            self._attach(signal)

    def __getitem__(self, name: str) -> LiveSignal:
        return self._by_name[name]

    def __iter__(self) -> Any:
        return iter(self._by_name.values())

    def look(self) -> None:
        """Look at all of them."""
        for signal in self._by_name.values():
            signal.look()

    def _live(self, ref: SignalRef) -> LiveSignal:
        source, owner, item = ref.source, ref.owner, ref.item
        stage, is_polled = self._stage, ref.source == "node"
        read: Callable[[], Any]
        if source == "pin":
            net = stage.board.net(owner, ref.line)
            read = lambda: net.level  # noqa: E731 # one of many
        elif source == "duty":
            net = stage.board.net(owner, ref.line)
            read = lambda: net.duty  # noqa: E731 # one of many
        elif source == "part":
            part: Part = stage.board.part(owner)
            is_polled = item in part.sensed
            read = (lambda: part.sensed_value(item)) if is_polled else (lambda: getattr(part, item))
        elif source == "status":
            read = lambda: stage.status(owner)  # noqa: E731 # one of many
        elif source == "node":
            read = lambda: stage.node_fact(item)  # noqa: E731 # one of many
        else:
            read = _reader(stage, ref)
        return LiveSignal(ref, read, stage.now, is_polled=is_polled)

    def _attach(self, signal: LiveSignal) -> None:
        """Have changes told to *signal*."""
        ref, stage = signal.ref, self._stage

        def look(*_: object) -> None:
            signal.look()

        if ref.source in ("pin", "duty"):
            stage.board.net(ref.owner, ref.line).watch_signal(look)
        elif ref.source == "part":
            part: Part = stage.board.part(ref.owner)
            for bank, line in part.wired.pins.values():
                stage.board.net(bank, line).watch_signal(look)
            if part.wired.bus is not None and not signal.is_polled:
                stage.board.tap(look)
        elif ref.source in ("channel", "quality", "reason") and ref.owner != "derived":
            stage.watch_channel(ref.owner, ref.item, look)
            stage.watch_state(look)
        elif ref.source != "node":
            topic = f"{ref.owner}.{ref.item}"

            def hear(event: Event) -> None:
                if event.topic == topic:
                    signal.look()

            stage.watch_events(hear)
            stage.watch_state(look)
        else:
            stage.watch_state(look)


def _reader(stage: Stage, ref: SignalRef) -> Callable[[], Any]:
    """Return what reads a channel, its quality or its reason."""
    attribute = ref.source if ref.source in ("quality", "reason") else "value"

    def read() -> Any:
        reading = stage.reading(ref.owner, ref.item)
        return None if reading is None else getattr(reading, attribute)

    return read
