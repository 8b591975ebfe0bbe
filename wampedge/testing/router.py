"""A real router for tests, in this process, on real sockets, whose connections can be cut."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol, Self, TypeVar

from wampedge.client.loop_thread import LoopThread
from wampedge.client.session import Session
from wampedge.router import (
    RealmSettings,
    RoleRules,
    Router,
    RouterSession,
    RuleAuthorizer,
    Rules,
    User,
)
from wampedge.server import Server, random_ids
from wampedge.testing.links import Cut, Link, Relay
from wampedge.transports.limits import TransportLimits

__all__ = ["Joined", "RoleTable", "SessionFacts", "TestRouter"]

RoleTable = Mapping[str, Mapping[str, Sequence[str]]]
"""For each role what it may ``call``, ``register``, ``subscribe`` and ``publish``: URI rules."""

_LIMITS = TransportLimits(
    close_timeout_s=0.5, max_connections=10_000, max_unjoined_connections=10_000
)
_POLL_S = 0.005

_T = TypeVar("_T")


class Joined(Protocol):
    """A client's own idea of its session: anything with a ``session_id``."""

    @property
    def session_id(self) -> int:
        """The router's id of the session."""
        ...


@dataclass(frozen=True, slots=True)
class SessionFacts:
    """What the router knows about one session that has joined.

    Args:
        session_id: the router's id.
        authid: who it is.
        authrole: its role.
        authmethod: how it proved that.
        peer: its end of the connection, such as ``tcp:127.0.0.1:50412``.
    """

    session_id: int
    authid: str
    authrole: str
    authmethod: str
    peer: str


class TestRouter:
    """A router with one realm, in a thread of its own; use it as ``with``, or start and stop it.

    It runs apart from the loop of the test, so synchronous tests, asynchronous tests and client
    processes all see the same thing: a router somewhere else. Every method may be called from any
    thread; each takes milliseconds.

    Args:
        realm: URI of its realm.
        users: who can join with a proof.
        roles: what each role may do, by the rules of a device file; a role that is missing may do
            nothing. None lets everybody do everything.
        anonymous_role: role of clients that prove nothing; None turns them away.
        limits: bounds of the connections, such as the time between pings.
    """

    __test__ = False  # for pytest, which would take the class for tests by its name

    def __init__(
        self,
        *,
        realm: str = "test",
        users: Iterable[User] = (),
        roles: RoleTable | None = None,
        anonymous_role: str | None = "anonymous",
        limits: TransportLimits = _LIMITS,
    ) -> None:
        self.realm = realm
        self._anonymous_role = anonymous_role
        self._limits = limits
        self._settings = RealmSettings(realm, users=tuple(users), authorizer=_authorizer(roles))
        self._relay = Relay()
        self._thread: LoopThread | None = None
        self._router: Router | None = None
        self._server: Server | None = None

    @property
    def url(self) -> str:
        """Where WebSocket clients connect; the same until the end, through every restart."""
        return f"ws://127.0.0.1:{self._relay.port}/ws"

    @property
    def rawsocket_url(self) -> str:
        """Where raw-socket clients connect; the same port."""
        return f"rs://127.0.0.1:{self._relay.port}"

    @property
    def sessions(self) -> list[SessionFacts]:
        """The sessions that have joined and that the router has not lost, oldest first."""
        return self._run(self._sessions)

    def start(self) -> None:
        """Start to serve; does nothing when it runs."""
        if self._thread is None:
            self._thread = LoopThread("test router")
            self._thread.start()
        if self._server is None:
            try:
                self._thread.run(self._start())
            except BaseException:
                self.close()
                raise

    def stop(self) -> None:
        """Crash: every connection is reset, and new ones are refused until ``start``."""
        if self._thread is not None and self._server is not None:
            self._thread.run(self._stop())

    def restart(self) -> None:
        """Crash and come back at the same address, without any memory of before."""
        self.stop()
        self.start()

    def close(self) -> None:
        """Stop for good and end the thread; safe to repeat."""
        thread, self._thread = self._thread, None
        if thread is not None:
            if self._server is not None:
                thread.run(self._stop())
            thread.stop()

    def cut(self, session: Joined | int | None = None, how: Cut = "reset") -> None:
        """Cut the connection of *session*, or with None all of them.

        Args:
            session: a session, as its client or the router knows it, or its id.
            how: see ``wampedge.testing.links.Cut``; with None, ``stall`` holds for connections
                to come as well.

        Raises:
            LookupError: the router has no such session.
        """
        session_id = session if session is None or isinstance(session, int) else session.session_id
        self._run(lambda: self._cut(session_id, how))

    def heal(self) -> None:
        """Let everything pass again that a ``stall`` holds back; nothing is lost by it."""
        self._run(self._relay.heal)

    def wait_for(self, is_true: Callable[[Self], object], *, timeout_s: float = 5.0) -> None:
        """Wait until something holds, such as ``lambda router: len(router.sessions) == 2``.

        Blocks this thread; in an asynchronous test call it with ``asyncio.to_thread``.

        Raises:
            TimeoutError: it does not hold within *timeout_s*.
        """
        deadline_s = time.monotonic() + timeout_s
        while not is_true(self):
            if time.monotonic() > deadline_s:
                raise TimeoutError(f"not true within {timeout_s:g} s")
            time.sleep(_POLL_S)

    async def join(
        self, *, authid: str | None = None, ticket: str | None = None, secret: str | None = None
    ) -> Session:
        """Open a session of our own client, to be used as ``async with await router.join()``."""
        return await Session.connect(
            self.url, self.realm, authid=authid, ticket=ticket, secret=secret
        )

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _run(self, work: Callable[[], _T]) -> _T:
        """Do *work* in the thread of the router."""

        async def run() -> _T:
            return work()

        if self._thread is None:
            raise RuntimeError("the router is not started")
        return self._thread.run(run())

    async def _start(self) -> None:
        self._router = Router(
            [self._settings],
            random_id=random_ids().__next__,
            time_s=time.time,
            monotonic_s=asyncio.get_running_loop().time,
        )
        self._server = Server(
            self._router,
            ["ws://127.0.0.1:0/ws"],
            limits=self._limits,
            anonymous_role=self._anonymous_role,
        )
        await self._server.start()
        await self._relay.start(self._server.addresses[0].port)

    async def _stop(self) -> None:
        server, self._server = self._server, None
        self._relay.stop()
        for link in tuple(self._relay.links):
            link.cut("reset")
        if server is not None:
            await server.stop()
        while self._relay.links:  # noqa: ASYNC110  # turns of the loop, in which the sockets close
            await asyncio.sleep(0)

    def _established(self) -> list[RouterSession]:
        sessions = self._router.sessions if self._server and self._router else ()
        return [session for session in sessions if session.is_established]

    def _sessions(self) -> list[SessionFacts]:
        return [
            SessionFacts(
                session_id=session.id,
                authid=session.authid,
                authrole=session.authrole,
                authmethod=session.authmethod,
                peer=str(session.transport["peer"]),
            )
            for session in self._established()
        ]

    def _cut(self, session_id: int | None, how: Cut) -> None:
        if session_id is not None:
            self._link_of(session_id).cut(how)
        elif how == "stall":
            self._relay.stall()
        else:
            for link in tuple(self._relay.links):
                link.cut(how)

    def _link_of(self, session_id: int) -> Link:
        for session in self._established():
            if session.id == session_id:
                peer = session.transport["peer"]
                for link in self._relay.links:
                    if peer == f"tcp:127.0.0.1:{link.far_port}":
                        return link
        raise LookupError(f"the router has no session {session_id}")


def _authorizer(roles: RoleTable | None) -> RuleAuthorizer | None:
    """Return what decides for *roles*; None where everything is allowed."""
    if roles is None:
        return None
    return RuleAuthorizer(
        {
            role: RoleRules(**{action: Rules(rules) for action, rules in table.items()})
            for role, table in roles.items()
        }
    )
