"""A connection that comes back, against scripted routers on virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from tests.support.scripted_router import ScriptedRouter, granting
from tests.support.scripted_upstream import ScriptedUpstream, refused
from tests.support.turns import turns
from tests.support.virtual import virtual
from wampedge.client import ConnectionState, ConnectionStatus
from wampedge.client.backoff import Failure
from wampedge.client.status import failure_of
from wampedge.errors import (
    AbortError,
    ConfigError,
    ConnectError,
    ConnectionLostError,
    NotJoinedError,
    WampedgeError,
)
from wampedge.wamp.messages import (
    Abort,
    Goodbye,
    Hello,
)

CONNECTING, JOINED = ConnectionState.CONNECTING, ConnectionState.JOINED
WAITING, STOPPED = ConnectionState.WAITING, ConnectionState.STOPPED


def refusing(reason: str) -> Callable[[ScriptedRouter], None]:
    """Return a set-up that answers every HELLO with ABORT."""

    def set_up(router: ScriptedRouter) -> None:
        router.answers[Hello] = lambda hello: [Abort({}, reason)]

    return set_up


@virtual
async def test_states_can_be_watched() -> None:
    upstream = ScriptedUpstream(refused())
    connection = upstream.connection()
    seen: list[ConnectionState] = []
    connection.on_status(lambda status: seen.append(status.state))

    async with connection:
        await connection.wait_joined()
        upstream.router.cut()
        await turns()
        await connection.wait_joined()

    assert seen == [
        CONNECTING, WAITING, CONNECTING, JOINED, WAITING, CONNECTING, JOINED, STOPPED,
    ]  # fmt: skip
    assert connection.status.joins == 2


@virtual
async def test_failing_observer_does_no_harm(caplog: pytest.LogCaptureFixture) -> None:
    def fail(status: ConnectionStatus) -> None:
        raise ZeroDivisionError

    connection = ScriptedUpstream().connection()
    connection.on_status(fail)

    async with connection:
        await connection.wait_joined()

    assert "an observer of edge failed" in caplog.text


@virtual
async def test_refused_connects_are_tried_every_third_of_a_second() -> None:
    upstream = ScriptedUpstream(refused(), refused(), refused())

    async with upstream.connection() as connection:
        await connection.wait_joined()

    assert upstream.attempts == [0, 0.35, 0.7, 1.05]


@virtual
async def test_other_failures_back_off() -> None:
    upstream = ScriptedUpstream(*(ConnectError("handshake rejected") for _ in range(3)))

    async with upstream.connection() as connection:
        await connection.wait_joined()

    assert upstream.attempts == [0, 0.5, 1.5, 3.5]


@virtual
async def test_lost_session_is_replaced_within_a_second() -> None:
    upstream = ScriptedUpstream()

    async with upstream.connection() as connection:
        await connection.wait_joined()
        await asyncio.sleep(100)
        upstream.router.cut()
        await turns()
        with pytest.raises(NotJoinedError, match="edge is waiting"):
            _ = connection.session
        assert isinstance(connection.status.error, ConnectionLostError)
        await connection.wait_joined()

    assert upstream.attempts == [0, 100.5]


@pytest.mark.parametrize("reason", ["wamp.error.no_such_realm", "wamp.error.authentication_failed"])
@virtual
async def test_rejection_is_reported_and_tried_again_slowly(
    reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    upstream = ScriptedUpstream()
    upstream.set_up = refusing(reason)

    async with upstream.connection() as connection:
        await asyncio.sleep(60)
        status = connection.status
        upstream.set_up = granting
        await connection.wait_joined()

    assert upstream.attempts == [0, 0.5, 23, 45.5, 68]
    assert status.is_rejected
    assert isinstance(status.error, AbortError)
    assert status.error.reason == reason
    assert (connection.status.is_rejected, connection.status.failures) == (False, 0)
    assert caplog.text.count(reason) == 1


@virtual
async def test_router_that_stays_silent_costs_the_join_timeout() -> None:
    upstream = ScriptedUpstream()

    def silent(router: ScriptedRouter) -> None:
        router.answers[Hello] = lambda hello: []

    upstream.set_up = silent

    async with upstream.connection():
        await asyncio.sleep(12)

    assert upstream.attempts == [0, 10.5]


@virtual
async def test_bug_while_connecting_is_logged_and_tried_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    upstream = ScriptedUpstream(ZeroDivisionError())

    async with upstream.connection() as connection:
        await connection.wait_joined()

    assert upstream.attempts == [0, 0.5]
    assert "a bug kept the connection from joining" in caplog.text


@pytest.mark.parametrize("seconds", [0.0, 0.01, 0.2])
@virtual
async def test_stop_ends_every_state_and_can_be_repeated(seconds: float) -> None:
    upstream = ScriptedUpstream(*(ConnectError("no") for _ in range(1 if seconds else 0)))
    connection = upstream.connection()
    connection.start()
    connection.start()
    await asyncio.sleep(seconds)

    await connection.stop()
    await connection.stop()

    assert connection.status.state is STOPPED


@virtual
async def test_stop_says_goodbye() -> None:
    upstream = ScriptedUpstream()
    connection = upstream.connection()
    connection.start()
    await connection.wait_joined()

    await connection.stop()

    assert (await upstream.router.receive(Goodbye)).reason == "wamp.close.normal"


@virtual
async def test_connection_that_never_started_stops_too() -> None:
    await ScriptedUpstream().connection().stop()


@pytest.mark.parametrize(
    ("error", "elapsed_s", "kind"),
    [
        (refused(), 0.01, Failure.REFUSED),
        (refused(), 3.0, Failure.FAILED),
        (ConnectError("handshake"), 0.01, Failure.FAILED),
        (ConnectionLostError("gone"), 0.01, Failure.FAILED),
        (AbortError("wamp.error.no_such_realm"), 0.01, Failure.REJECTED),
        (AbortError("wamp.close.system_shutdown"), 0.01, Failure.FAILED),
        (ConfigError("ca_file"), 0.01, Failure.REJECTED),
    ],
)
def test_failures_are_told_apart(error: WampedgeError, elapsed_s: float, kind: Failure) -> None:
    assert failure_of(error, elapsed_s) is kind
