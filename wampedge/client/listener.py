"""One subscriber's function, and the events that wait for it.

Events reach one listener in the order they came, one after the other: a plain function is called
at once, an ``async`` one runs in a task that takes them from a bounded queue. When the queue is
full the newest event is dropped, counted, and said once.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

from wampedge.client.callbacks import Shape, adapt, is_unfinished
from wampedge.client.failure_log import FailureLog
from wampedge.client.results import EventDetails
from wampedge.wamp.messages import Event

__all__ = ["MAX_WAITING_EVENTS", "Listener"]

log = logging.getLogger(__name__)

MAX_WAITING_EVENTS = 1000
"""Events that wait for one ``async`` function before new ones are dropped."""


class Listener:
    """Made by whoever subscribes, closed when nobody wants the events any more.

    It may outlive a session: a reconnecting client keeps it over all of its sessions.

    Args:
        topic: the topic subscribed to, for display and for events that do not name theirs.
        on_event: the user's function, plain or ``async``.
        shape: what *on_event* wants to be given.
    """

    def __init__(self, topic: str, on_event: Callable[..., Any], shape: Shape) -> None:
        self.topic = topic
        self.dropped = 0
        self._call = adapt(on_event, shape, self._details_of)
        self._failures = FailureLog(f"subscriber of {topic}")
        self._loop = asyncio.get_running_loop()
        self._waiting: deque[Awaitable[Any]] = deque()
        self._task: asyncio.Task[None] | None = None
        self._is_closed = False

    def deliver(self, event: Event) -> None:
        """Hand *event* to the function; nothing the function does gets out of here."""
        if self._is_closed:
            return
        try:
            outcome = self._call(event)
            if is_unfinished(outcome):
                self._enqueue(outcome)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001  # outermost edge: even SystemExit is only a bug of the function
            self._failures.failed(error, self._loop.time())

    async def close(self) -> None:
        """Deliver nothing more; what runs is cancelled and waited for."""
        self._is_closed = True
        while self._waiting:
            _discard(self._waiting.popleft())
        task, self._task = self._task, None
        if task is not None and task is not asyncio.current_task():
            task.cancel()
            await asyncio.wait([task])

    def _details_of(self, event: Event) -> EventDetails:
        topic = event.details.get("topic")
        return EventDetails(
            topic if isinstance(topic, str) else self.topic,
            event.publication_id,
            event.payload,
            event.details,
        )

    def _enqueue(self, outcome: Awaitable[Any]) -> None:
        if len(self._waiting) >= MAX_WAITING_EVENTS:
            _discard(outcome)
            if not self.dropped:
                log.warning(
                    "subscriber of %s is too slow: events are dropped from now on", self.topic
                )
            self.dropped += 1
            return
        self._waiting.append(outcome)
        if self._task is None:
            self._task = self._loop.create_task(self._run(), name=f"events of {self.topic}")

    async def _run(self) -> None:
        """Finish what waits, oldest first."""
        while self._waiting:
            try:
                await self._waiting.popleft()
            except KeyboardInterrupt:
                raise
            except BaseException as error:  # noqa: BLE001  # outermost edge of the user's function
                if self._is_closed:
                    return
                self._failures.failed(error, self._loop.time())
        self._task = None


def _discard(outcome: Awaitable[Any]) -> None:
    """Drop what will never be awaited; a coroutine left alone would warn about it."""
    close = getattr(outcome, "close", None)
    if close is not None:
        close()
