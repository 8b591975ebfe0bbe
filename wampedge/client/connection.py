"""A session that always comes back: joins, restores what is wished for, and joins again.

::

    start() ─▶ CONNECTING ──WELCOME──▶ JOINED
                 ▲      │                 │
                 │      │ any failure     │ the session ends
           delay │      ▼                 │
                WAITING ◀─────────────────┘

    stop() from any state ─▶ STOPPED

A router that does not want us (wrong ticket, no such realm) is asked again, slowly: the fault may
be fixed there, and a node in the field has nobody to restart it. ``status`` says so.
"""

from __future__ import annotations

import asyncio
import logging
import random as random_module
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Self

from wampedge.client.backoff import Backoff, Failure, RetrySchedule
from wampedge.client.callbacks import Shape
from wampedge.client.destinations import Attempts, Destination, Opener, Route, Routers
from wampedge.client.ghosts import Ghosts
from wampedge.client.listener import Listener
from wampedge.client.session import JOIN_TIMEOUT_S, Session
from wampedge.client.status import ConnectionState, ConnectionStatus
from wampedge.client.trouble_log import TroubleLog
from wampedge.client.wishes import RegistrationWish, SubscriptionWish, Surroundings, Wish
from wampedge.errors import NotJoinedError, WampedgeError
from wampedge.wamp.auth import ANONYMOUS, Identity

__all__ = ["Connection", "OnStatus", "Opener"]

log = logging.getLogger(__name__)

_NONE: Mapping[str, Any] = {}

OnStatus = Callable[[ConnectionStatus], object]


class Connection:
    """Keeps one session to a router up; use it as ``async with``, or ``start`` and ``stop``.

    Belongs to the event loop it is made in. What is registered and subscribed here is a wish: it
    is established after each join, and everything goes on by itself until ``stop``.

    Args:
        url: where the router listens, or a function that opens a transport to it; several
            addresses, or functions by name, are tried in their order (see ``destinations``).
        realm: URI of the realm to join.
        identity: who we say we are.
        backoff: the numbers of the delays between attempts.
        join_timeout_s: how long the router may take from HELLO to WELCOME.
        random: draws a float from 0 (included) to 1 (excluded).

    Attributes:
        name: what the log calls it: the url, or the realm where a function was given. Of several
            routers, the one it is at, or tries.
    """

    def __init__(
        self,
        url: Routers,
        realm: str,
        identity: Identity = ANONYMOUS,
        *,
        backoff: Backoff | None = None,
        join_timeout_s: float = JOIN_TIMEOUT_S,
        random: Callable[[], float] = random_module.random,
    ) -> None:
        self._route = Route(url, realm)
        self.name = self._route.first.name
        self._realm = realm
        self._identity = identity
        self._join_timeout_s = join_timeout_s
        self._troubles = TroubleLog(lambda: self.name)
        self._ghosts = Ghosts()
        self._surroundings = Surroundings(random, self._troubles, self._ghosts)
        self._schedule = RetrySchedule(backoff or Backoff(), random)
        self._loop = asyncio.get_running_loop()
        self._status = ConnectionStatus()
        self._observers: list[OnStatus] = []
        self._session: Session | None = None
        self._joined = asyncio.Event()
        self._wishes: dict[Wish, None] = {}
        self._restoring: set[asyncio.Task[None]] = set()
        self._task: asyncio.Task[None] | None = None

    @property
    def status(self) -> ConnectionStatus:
        """Where it is, and why."""
        return self._status

    @property
    def session(self) -> Session:
        """The present session.

        Raises:
            NotJoinedError: there is none now.
        """
        session = self._session
        if session is None or not session.is_joined:
            raise NotJoinedError(f"{self.name} is {self._status.state.value}, not joined")
        return session

    @property
    def is_restored(self) -> bool:
        """Whether it is joined and every wish is established."""
        return self._session is not None and all(wish.is_established for wish in self._wishes)

    def on_status(self, observer: OnStatus) -> None:
        """Call *observer* with the status at every change of it, from now on."""
        self._observers.append(observer)

    def start(self) -> None:
        """Begin to connect; does nothing when it runs."""
        if self._task is None:
            self._task = self._loop.create_task(self._run(), name=f"connection to {self.name}")

    async def pause(self) -> None:
        """Leave the router until ``start``; what is wished for stays. Takes a few seconds."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.wait([task])
        self._change(state=ConnectionState.STOPPED, session_id=0)

    async def stop(self) -> None:
        """Leave the router for good; takes at most a few seconds, safe to repeat."""
        await self.pause()
        for wish in self._wishes:
            await wish.close()

    async def wait_joined(self) -> Session:
        """Wait for a session, and return it."""
        while True:
            await self._joined.wait()
            if self._session is not None:
                return self._session

    async def wait_restored(self) -> None:
        """Wait until every wish made so far has been granted."""
        for wish in list(self._wishes):
            await wish.wait_established()

    def register(
        self,
        procedure: str,
        endpoint: Callable[..., Any],
        *,
        options: Mapping[str, Any] = _NONE,
        wants_details: bool = False,
        takes_payload: bool = False,
        takes_input: bool = False,
        is_forced: bool = False,
    ) -> RegistrationWish:
        """Offer *procedure* on every session from now on (see ``Session.register``).

        Args:
            procedure: its URI.
            endpoint: called with the arguments of a call.
            options: options of the REGISTER.
            wants_details: also pass ``details=``.
            takes_payload: call ``endpoint(payload, details)`` instead.
            takes_input: call ``endpoint(call_input)`` instead.
            is_forced: take the name over from whoever holds it, where the router allows that
                (``force_reregister``); otherwise wait for it to become free.
        """
        wish = RegistrationWish(
            procedure,
            endpoint,
            options=options,
            shape=Shape(
                wants_details=wants_details, takes_payload=takes_payload, takes_input=takes_input
            ),
            is_forced=is_forced,
            surroundings=self._surroundings,
        )
        self._add(wish)
        return wish

    def subscribe(
        self,
        topic: str,
        on_event: Callable[..., Any],
        *,
        options: Mapping[str, Any] = _NONE,
        wants_details: bool = False,
        takes_payload: bool = False,
    ) -> SubscriptionWish:
        """Listen to *topic* on every session from now on (see ``Session.subscribe``)."""
        shape = Shape(wants_details=wants_details, takes_payload=takes_payload)
        wish = SubscriptionWish(
            Listener(topic, on_event, shape), options=options, surroundings=self._surroundings
        )
        self._add(wish)
        return wish

    async def remove(self, wish: Wish) -> None:
        """Give up *wish*, also at the router if it is joined."""
        if wish in self._wishes:
            del self._wishes[wish]
            await wish.close()

    async def __aenter__(self) -> Self:
        self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.stop()

    async def _run(self) -> None:
        """Join, stay, wait, for ever."""
        while True:
            error: BaseException | None
            kind = Failure.FAILED
            joined = await self._join_one()
            if isinstance(joined, Attempts):
                error, kind = joined.error, joined.kind
                delay_s = self._schedule.after_failure(kind, now_s=self._loop.time())
            else:
                destination, session = joined
                joined_s = self._loop.time()
                await self._stay(session)
                error, now_s = session.error, self._loop.time()
                lasted_s = now_s - joined_s
                self._route.left(destination, lasted_s=lasted_s)
                delay_s = self._schedule.after_session(lasted_s=lasted_s, now_s=now_s)
            self._wait(error, kind, delay_s)
            await asyncio.sleep(delay_s)

    async def _join_one(self) -> tuple[Destination, Session] | Attempts:
        """Join the first router that takes us; tells what became of each where none does."""
        failed = Attempts()
        for destination in self._route.round():
            if self._route.is_fork:
                self.name = destination.name
            self._change(state=ConnectionState.CONNECTING, session_id=0, router=self.name)
            started_s = self._loop.time()
            try:
                session = await self._join(destination)
            except Exception as error:  # noqa: BLE001  # outermost edge: the connection must never give up
                failed.add(self.name, error, self._loop.time() - started_s)
            else:
                if failed:
                    log.warning("%s; falling over to %s", failed.error, self.name)
                return destination, session
        return failed

    async def _join(self, destination: Destination) -> Session:
        transport = await destination.open()
        return await Session.over(
            transport, self._realm, self._identity, timeout_s=self._join_timeout_s
        )

    async def _stay(self, session: Session) -> None:
        """Hold *session* until it ends; on cancellation leave it politely."""
        self._session = session
        self._ghosts.joined(self.name)
        self._joined.set()
        self._change(
            state=ConnectionState.JOINED,
            session_id=session.session_id,
            joins=self._status.joins + 1,
            failures=0,
            is_rejected=False,
        )
        log.info("%s: joined %s as session %s", self.name, self._realm, session.session_id)
        for wish in self._wishes:
            self._restore(wish)
        try:
            await session.wait_closed()
        finally:
            self._session = None
            self._joined.clear()
            await self._stop_restoring()
            self._ghosts.ended(session)
            self._troubles.clear()
            for wish in self._wishes:
                wish.lost()
            await session.leave()

    async def _stop_restoring(self) -> None:
        tasks = list(self._restoring)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    def _add(self, wish: Wish) -> None:
        self._wishes[wish] = None
        self._restore(wish)

    def _restore(self, wish: Wish) -> None:
        """Start to establish *wish* on the present session, if there is one."""
        session = self._session
        if session is None or wish not in self._wishes:
            return
        task = self._loop.create_task(
            wish.establish(session, self._restore), name=f"restore {wish.uri}"
        )
        self._restoring.add(task)
        task.add_done_callback(self._restoring.discard)

    def _wait(self, error: BaseException | None, kind: Failure, delay_s: float) -> None:
        """Go to WAITING, and log why when that is news."""
        known = error if isinstance(error, WampedgeError) else None
        if known is None and error is not None:
            log.error("%s: a bug kept the connection from joining", self.name, exc_info=error)
        elif str(error) != str(self._status.error) or self._status.state is ConnectionState.JOINED:
            log.warning("%s: %s; trying again", self.name, error or "left")
        self._change(
            state=ConnectionState.WAITING,
            session_id=0,
            failures=self._status.failures + 1,
            error=known,
            is_rejected=kind is Failure.REJECTED,
            retry_in_s=delay_s,
        )

    def _change(self, **facts: Any) -> None:
        """Replace the status and tell the observers."""
        self._status = self._status.but(**facts)
        for observer in self._observers:
            try:
                observer(self._status)
            except Exception:
                log.exception("an observer of %s failed", self.name)
