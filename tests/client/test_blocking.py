"""The session for scripts without ``async``."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading

import pytest

from wampedge.client import blocking
from wampedge.client.blocking import BlockingSession, connect
from wampedge.errors import (
    ApplicationError,
    CallTimeoutError,
    ConnectError,
    ConnectionLostError,
    NotJoinedError,
    WrongResultError,
)
from wampedge.router import User
from wampedge.testing import TestRouter
from wampedge.wamp.auth_proofs import TicketProof

pytest_plugins = ["wampedge.testing.pytest"]


def joined(router: TestRouter) -> BlockingSession:
    return connect(router.url, router.realm)


def test_script_calls_a_procedure_of_its_own(router: TestRouter) -> None:
    with joined(router) as session:
        session.register("a.add", lambda x, y=1: x + y)

        assert session.call("a.add", 2, y=3).value == 5
        assert session.call("a.add", 2, returns=int) == 3
        with pytest.raises(WrongResultError):
            session.call("a.add", 2, returns=str)
        with pytest.raises(ApplicationError, match="invalid_argument"):
            session.call("a.add")
        assert session.is_joined
        assert router.sessions[0].session_id == session.session_id
    assert not session.is_joined


def test_procedure_may_call_others_through_its_own_session(router: TestRouter) -> None:
    with joined(router) as session, joined(router) as other:
        other.register("a.two", lambda: 2)
        session.register("a.four", lambda: session.call("a.two").value * 2)

        assert other.call("a.four").value == 4


def test_call_that_takes_too_long_times_out(router: TestRouter) -> None:
    over = threading.Event()
    with joined(router) as session, joined(router) as other:
        other.register("a.slow", over.wait)

        with pytest.raises(CallTimeoutError):
            session.call("a.slow", timeout_s=0.01)
        over.set()


def test_events_are_iterated_over_until_none_comes_any_more(router: TestRouter) -> None:
    with joined(router) as session, joined(router) as other:
        events = session.subscribe("a.", timeout_s=0.2, options={"match": "prefix"})
        assert other.publish("a.b", 1, unit="V", acknowledge=True) is not None
        other.publish("a.c", 2)

        found = [(event.topic, event.value, event.kwargs) for event in events]

    assert found == [("a.b", 1, {"unit": "V"}), ("a.c", 2, {})]


def test_events_end_when_unsubscribed(router: TestRouter) -> None:
    with joined(router) as session, joined(router) as other:
        events = session.subscribe("a.b")
        other.publish("a.b", 1, acknowledge=True)
        assert next(events).value == 1

        events.unsubscribe()

        assert list(events) == []
        assert list(events) == []


def test_events_end_when_the_session_is_left(router: TestRouter) -> None:
    with joined(router) as session:
        events = session.subscribe("a.b")

    assert list(events) == []


def test_lost_session_is_told_to_who_waits(router: TestRouter) -> None:
    with joined(router) as session:
        events = session.subscribe("a.b")

        router.cut(session)

        with pytest.raises(ConnectionLostError):
            next(events)
        with pytest.raises(ConnectionLostError):
            session.wait()


def test_too_many_events_are_dropped_and_counted(
    router: TestRouter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blocking, "MAX_WAITING_EVENTS", 2)
    with joined(router) as session:
        events = session.subscribe("a.b")
        with joined(router) as other:
            for number in range(4):
                other.publish("a.b", number, acknowledge=True)
            other.register("a.sync", lambda: None)
            session.call("a.sync")

        assert [next(events).value for _ in range(2)] == [0, 1]
        assert events.dropped == 2


def test_wait_serves_until_another_thread_leaves(router: TestRouter) -> None:
    session = joined(router)
    waiting = threading.Thread(target=session.wait)
    waiting.start()

    session.leave()

    waiting.join(5)
    assert not waiting.is_alive()


SERVING = """
import sys, threading
from wampedge.client.blocking import connect
try:
    with connect(*sys.argv[1:]) as session:
        session.register("a.b", print)
        print("serving", flush=True)
        session.wait()
except KeyboardInterrupt:
    print(*(each.name for each in threading.enumerate()))
"""


def test_control_c_ends_what_is_waited_for_and_the_threads(router: TestRouter) -> None:
    program = [sys.executable, "-c", SERVING, router.url, router.realm]

    with subprocess.Popen(program, stdout=subprocess.PIPE, text=True) as serving:
        assert serving.stdout is not None
        assert serving.stdout.readline() == "serving\n"
        serving.send_signal(signal.SIGINT)
        told = serving.stdout.read()

    assert (told, serving.returncode) == ("MainThread\n", 0)


def test_user_proves_who_it_is() -> None:
    with (
        TestRouter(users=[User("ann", "crew", TicketProof("t1"))]) as router,
        connect(router.url, router.realm, authid="ann", ticket="t1") as session,
    ):
        assert session.details["authid"] == "ann"


def test_failed_connection_leaves_no_thread(router: TestRouter) -> None:
    router.stop()

    with pytest.raises(ConnectError):
        joined(router)


def test_session_that_was_left_says_so(router: TestRouter) -> None:
    session = joined(router)
    session.leave()
    session.leave()

    with pytest.raises(NotJoinedError):
        session.call("a.b")
    unsubscribed = blocking.Events(lambda work: work.close(), None)
    unsubscribed.unsubscribe()
