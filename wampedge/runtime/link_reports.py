"""What the node tells of its links, of what waits for them, and of the card it writes to.

``P.sys.link`` and ``P.sys.queue`` are told when they change, no oftener than their pauses allow,
and on the local router only: a report of the queue that goes up would lengthen the queue.
``P.sys.store.alarm`` and ``P.sys.clock`` go upstream too: somebody has to come and change the
card, and whoever stores readings has to know which times are wrong.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, Final, Literal

from wampedge.devices.contracts import Clock
from wampedge.runtime.links import Links
from wampedge.runtime.publications import Publications
from wampedge.runtime.wear_rate import WearRate
from wampedge.store.store import Store

__all__ = ["LinkReports"]

LINK_PAUSE_S: Final = 1.0
"""How long two events of ``P.sys.link`` are apart at least."""
QUEUE_PAUSE_S: Final = 5.0
"""The same of ``P.sys.queue``; a queue that begins or ends is told after ``LINK_PAUSE_S``."""

_MOVING: Final = ("age", "latency")
"""What changes by itself all the time, and is no news."""


class LinkReports:
    """Owned by the node, from its start to ``close``; belongs to its event loop.

    Args:
        prefix: URI prefix of the node.
        upstream: its links.
        store: what it writes to the card.
        said: takes the events.
        clock: the node's clock.

    Attributes:
        upstream: its links.
    """

    def __init__(
        self, prefix: str, upstream: Links, store: Store, said: Publications, clock: Clock
    ) -> None:
        self._prefix = f"{prefix}.sys"
        self.upstream, self._store = upstream, store
        self._said, self._clock = said, clock
        self._started_s = clock.monotonic()
        self._wear = WearRate(self._started_s)
        self._since_by_link: dict[str, tuple[bool, float]] = {}
        self._link = _Topic(self._tell_links, LINK_PAUSE_S)
        self._queue = _Topic(self._tell_queues, QUEUE_PAUSE_S)
        self._boxes: list[Any] = []
        """Where events wait that are watched; one a link, for as long as the node lives."""
        self._look: asyncio.TimerHandle | None = None
        self._has_alarm = False
        self._is_closed = False
        said.clock_state.on_step(self._on_clock)
        upstream.on_change(self._on_change)
        store.on_trouble(self._on_trouble)

    @property
    def uptime_s(self) -> float:
        """For how long the node has been there, in seconds."""
        return self._clock.monotonic() - self._started_s

    def now(self) -> float:
        """Return the wall-clock time of the node, Unix seconds."""
        return self._clock.time()

    def links(self) -> dict[str, Any]:
        """Return how each link does, by its name in the device file."""
        facts = self.upstream.links()
        return {name: {**link, "since": self._since(name, link)} for name, link in facts.items()}

    def queues(self) -> dict[str, Any]:
        """Return what waits for each link, and what is written to the card."""
        now = self._clock.time()
        links = {}
        for name, queue in self.upstream.queues().items():
            oldest = queue["oldest"]
            age_s = None if oldest is None else max(now - oldest, 0.0)
            links[name] = {**queue, "age": age_s}
        return {"links": links, "store": self.card()}

    @property
    def clock(self) -> Literal["synced", "unsynced"]:
        """Whether the wall clock can be trusted, as far as can be told."""
        return "synced" if self._said.clock_state.is_synced else "unsynced"

    def begin(self) -> None:
        """Tell how things are now, and from now on what changes."""
        self._said.clock_state.begin()
        if self.clock == "unsynced":
            self._on_clock(0.0)
        self._on_change()
        if self._store.trouble is not None:
            self._on_trouble(self._store.trouble)

    def close(self) -> None:
        """Tell no more."""
        self._is_closed = True
        self._said.clock_state.close()
        if self._look is not None:
            self._look.cancel()
        self._link.close()
        self._queue.close()

    def card(self) -> dict[str, Any]:
        """Return how safe it is what the node keeps, and what it costs the card."""
        store = self._store
        written = store.bytes_written
        daily = None
        if written is not None:
            daily = self._wear.take(written, self._clock.monotonic())
        return {
            "lasting": store.is_lasting and store.trouble is None,
            "trouble": store.trouble,
            "commits": store.commits,
            "written": written,
            "written_a_day": daily,
        }

    def _since(self, name: str, link: Mapping[str, Any]) -> float:
        """Return since when the link is up, or not."""
        is_up = link["state"] == "joined"
        known = self._since_by_link.get(name)
        if known is None or known[0] != is_up:
            known = self._since_by_link[name] = is_up, self._clock.time()
        return known[1]

    def _on_change(self) -> None:
        if self._is_closed:
            return
        for box in self.upstream.boxes():
            if box not in self._boxes:
                self._boxes.append(box)
                box.on_change(self._on_box)
        links = self.links()
        for name in self._since_by_link.keys() - links.keys():
            del self._since_by_link[name]
        self._link.note(links)
        self._note_queues()

    def _on_box(self) -> None:
        """Look at the queues in a while: they change with every event."""
        if self._look is None and not self._is_closed:
            loop = asyncio.get_running_loop()
            self._look = loop.call_later(LINK_PAUSE_S, self._note_queues)

    def _note_queues(self) -> None:
        self._look = None
        queues = self.queues()
        begins = {name: queue["depth"] > 0 for name, queue in queues["links"].items()}
        self._queue.note(queues["links"], urgency=(begins, queues["store"]["trouble"]))

    def _on_trouble(self, trouble: str | None) -> None:
        if self._is_closed or (trouble is None and not self._has_alarm):
            return
        self._has_alarm = trouble is not None
        details: dict[str, Any] = {"time": self._clock.time()}
        if trouble is not None:
            details |= {"reason": _without_path(trouble, self._store)}
        word = "cleared" if trouble is None else "raised"
        self._said.publish(f"{self._prefix}.store.alarm", word, details, is_state=True)
        self._on_change()

    def _on_clock(self, step_s: float) -> None:
        moment = {"time": self._clock.time(), "step": step_s}
        self._said.publish(f"{self._prefix}.clock", self.clock, moment, is_state=True)

    def _tell_links(self) -> None:
        if links := self.links():
            moment = {"time": self._clock.time()}
            self._said.publish_here(f"{self._prefix}.link", links, moment)

    def _tell_queues(self) -> None:
        queues = self.queues()
        if queues["links"]:
            moment = {"time": self._clock.time()}
            self._said.publish_here(f"{self._prefix}.queue", queues, moment)


class _Topic:
    """Tells news, with pauses in between.

    Args:
        tell: publishes how things are.
        pause_s: shortest time between two events, but for urgent ones.
    """

    def __init__(self, tell: Callable[[], None], pause_s: float) -> None:
        self._tell, self._pause_s = tell, pause_s
        self._last: Any = None
        self._last_urgency: Any = None
        self._told_s = -pause_s
        self._timer: asyncio.TimerHandle | None = None

    def note(self, facts: Mapping[str, Any], urgency: Any = None) -> None:
        """Plan an event where *facts* are news; where *urgency* changed, soon."""
        news = {name: _still(each) for name, each in facts.items()}
        if news == self._last and urgency == self._last_urgency:
            return
        pause_s = self._pause_s if urgency == self._last_urgency else LINK_PAUSE_S
        self._last, self._last_urgency = news, urgency
        loop = asyncio.get_running_loop()
        due_s = max(self._told_s + pause_s, loop.time())
        if self._timer is not None:
            if self._timer.when() <= due_s:
                return
            self._timer.cancel()
        self._timer = loop.call_at(due_s, self._on_due)

    def close(self) -> None:
        """Forget what is planned."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _on_due(self) -> None:
        self._timer = None
        self._told_s = asyncio.get_running_loop().time()
        self._tell()


def _still(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in facts.items() if key not in _MOVING}


def _without_path(text: str, store: Store) -> str:
    """Return *text* without the folder: peers see no local paths."""
    return text if store.path is None else text.replace(f"{store.path.parent}/", "")
