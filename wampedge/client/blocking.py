"""A client for scripts without ``async``: the same session, whose methods wait for the answer.

::

    with connect("ws://127.0.0.1:8080/ws", "home") as session:
        print(session.call("home.attic.temperature", returns=float))

The session lives on an event loop in a thread of its own. Ctrl-C ends whatever is waited for.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial, wraps
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import Any, Self, TypeVar, overload

from wampedge.client.conversation import OnProgress
from wampedge.client.loop_thread import LoopThread
from wampedge.client.registration import Registration, Subscription
from wampedge.client.results import CallResult, EventDetails
from wampedge.client.session import Session
from wampedge.errors import NotJoinedError, WampedgeError
from wampedge.wamp.auth import Identity
from wampedge.wamp.payload import Payload

__all__ = ["MAX_WAITING_EVENTS", "BlockingSession", "Events", "connect"]

MAX_WAITING_EVENTS = 10_000
"""Events that wait for one iterator before new ones are dropped."""

_T = TypeVar("_T")
Options = Mapping[str, Any]
_NONE: Options = {}


def connect(
    url: str,
    realm: str,
    *,
    authid: str | None = None,
    ticket: str | None = None,
    secret: str | None = None,
    identity: Identity | None = None,
) -> BlockingSession:
    """Open a session; the arguments and errors are those of ``Session.connect``."""
    thread = LoopThread(f"session on {realm}")
    thread.start()
    try:
        session = thread.run(
            Session.connect(
                url, realm, authid=authid, ticket=ticket, secret=secret, identity=identity
            )
        )
    except BaseException:
        thread.stop()
        raise
    return BlockingSession(thread, session)


class BlockingSession:
    """One session; made by ``connect``, ended by ``leave`` or as ``with``.

    Its methods may be called from any thread but that of the session itself. Procedures it offers
    run in one further thread, one call after the other.

    Args:
        thread: runs the session, and is stopped with it.
        session: the session.
    """

    def __init__(self, thread: LoopThread, session: Session) -> None:
        self._thread = thread
        self._session = session
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="procedures")
        self._events: list[Events] = []
        self._watch = thread.run(self._start_watching())

    @property
    def session_id(self) -> int:
        """The router's id of this session."""
        return self._session.session_id

    @property
    def details(self) -> Options:
        """What the router said in WELCOME."""
        return self._session.details

    @property
    def is_joined(self) -> bool:
        """Whether requests can be sent."""
        return self._session.is_joined

    @overload
    def call(
        self,
        procedure: str,
        *args: Any,
        returns: None = None,
        timeout_s: float | None = None,
        options: Options = _NONE,
        on_progress: OnProgress | None = None,
        **kwargs: Any,
    ) -> CallResult: ...

    @overload
    def call(
        self,
        procedure: str,
        *args: Any,
        returns: type[_T],
        timeout_s: float | None = None,
        options: Options = _NONE,
        on_progress: OnProgress | None = None,
        **kwargs: Any,
    ) -> _T: ...

    def call(self, procedure: str, *args: Any, **kwargs: Any) -> Any:
        """Call *procedure* and return its result; see ``Session.call``.

        ``on_progress`` is called in the thread of the session.
        """
        return self._run(self._session.call(procedure, *args, **kwargs))

    def publish(
        self,
        topic: str,
        *args: Any,
        acknowledge: bool = False,
        options: Options = _NONE,
        **kwargs: Any,
    ) -> int | None:
        """Publish an event; see ``Session.publish``."""
        return self._run(
            self._session.publish(topic, *args, acknowledge=acknowledge, options=options, **kwargs)
        )

    def register(
        self,
        procedure: str,
        endpoint: Callable[..., Any],
        *,
        options: Options = _NONE,
        wants_details: bool = False,
    ) -> Registration:
        """Offer *procedure*; calls run *endpoint*, which may use this session.

        See ``Session.register``; ``wait`` lets a script serve until it is ended.
        """

        @wraps(endpoint)
        async def run(*args: Any, **kwargs: Any) -> Any:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._worker, partial(endpoint, *args, **kwargs))

        return self._run(
            self._session.register(procedure, run, options=options, wants_details=wants_details)
        )

    def subscribe(
        self, topic: str, *, timeout_s: float | None = None, options: Options = _NONE
    ) -> Events:
        """Listen to *topic*; iterate over what is returned to get its events.

        Args:
            topic: its URI, or a pattern with ``options={"match": ...}``.
            timeout_s: end the iteration when no event has come for so long; None never does.
            options: options of the SUBSCRIBE.
        """
        events = Events(self._run, timeout_s)
        self._events.append(events)
        subscription = self._session.subscribe(
            topic, events.take, options=options, takes_payload=True
        )
        events.subscription = self._run(subscription)
        return events

    def wait(self) -> None:
        """Wait until the session has ended, such as to serve procedures; Ctrl-C ends it.

        Raises:
            WampedgeError: why it ended, if not by ``leave``.
        """
        self._run(self._session.wait_closed())
        if self._session.error is not None:
            raise self._session.error

    def leave(self) -> None:
        """Leave the router and end the threads; safe to repeat."""
        if self._thread.is_running:
            try:
                self._run(self._end())
            finally:
                self._worker.shutdown(cancel_futures=True)
                self._thread.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.leave()

    def _run(self, work: Coroutine[Any, Any, _T]) -> _T:
        if not self._thread.is_running:
            work.close()
            raise NotJoinedError("the session has been left")
        return self._thread.run(work)

    async def _end(self) -> None:
        await self._session.leave()
        await self._watch

    async def _start_watching(self) -> asyncio.Task[None]:
        return asyncio.get_running_loop().create_task(self._end_events())

    async def _end_events(self) -> None:
        """Tell those who wait for events that there will be no more."""
        await self._session.wait_closed()
        for events in self._events:
            events.end(self._session.error)


class Events:
    """The events of one topic, for one thread to iterate over; made by ``subscribe``.

    Each is an ``EventDetails`` with ``topic``, ``args``, ``kwargs`` and ``value``. Ends when the
    session was left or the time is over; raises why when the session was lost.

    Attributes:
        dropped: how many were lost because too many were waiting.
        subscription: what the router granted.
    """

    def __init__(
        self, run: Callable[[Coroutine[Any, Any, None]], None], timeout_s: float | None
    ) -> None:
        self.dropped = 0
        self.subscription: Subscription | None = None
        self._run = run
        self._timeout_s = timeout_s
        self._queue: SimpleQueue[EventDetails | _End] = SimpleQueue()

    def take(self, payload: Payload, details: EventDetails) -> None:
        """Take one event (called in the thread of the session)."""
        if self._queue.qsize() >= MAX_WAITING_EVENTS:
            self.dropped += 1
        else:
            self._queue.put(details)

    def end(self, error: WampedgeError | None) -> None:
        """Hear that no more will come (called in the thread of the session)."""
        self._queue.put(_End(error))

    def unsubscribe(self) -> None:
        """Listen no more; the iteration ends after what has come."""
        if self.subscription is not None:
            self._run(self.subscription.unsubscribe())
            self.end(None)

    def __iter__(self) -> Iterator[EventDetails]:
        return self

    def __next__(self) -> EventDetails:
        try:
            event = self._queue.get(timeout=self._timeout_s)
        except Empty:
            raise StopIteration from None
        if isinstance(event, _End):
            self._queue.put(event)  # for the next time it is asked
            if event.error is not None:
                raise event.error
            raise StopIteration
        return event


class _End:
    """The mark behind the last event."""

    def __init__(self, error: WampedgeError | None) -> None:
        self.error = error
