from __future__ import annotations

import itertools

import pytest

from tests.router.site import ALL_ROLES, HELLO, Site
from wampedge.errors import ConfigError
from wampedge.router import Admission, RealmSettings, Router, RouterCounters, SessionState
from wampedge.wamp.messages import (
    Abort,
    Authenticate,
    Call,
    Challenge,
    Error,
    Event,
    EventReceived,
    Goodbye,
    Hello,
    Interrupt,
    Invocation,
    Message,
    Publish,
    Published,
    Register,
    Registered,
    Result,
    Subscribe,
    Subscribed,
    Unregistered,
    Unsubscribed,
    Welcome,
)

VIOLATION = "wamp.error.protocol_violation"

ROUTER_ONLY: list[Message] = [
    Welcome(1, {}),
    Challenge("ticket", {}),
    Published(1, 1),
    Subscribed(1, 1),
    Unsubscribed(1),
    Event(1, 1, {}),
    Result(1, {}),
    Registered(1, 1),
    Unregistered(1),
    Invocation(1, 1, {}),
    Interrupt(1, {}),
]


def name_of(message: Message) -> str:
    return type(message).__name__


def test_a_router_needs_a_realm() -> None:
    with pytest.raises(ConfigError, match="at least one realm"):
        Router([], random_id=lambda: 1, monotonic_s=lambda: 0.0)


def test_two_realms_of_one_name_are_refused() -> None:
    with pytest.raises(ConfigError, match="realm edge is defined twice"):
        Router([RealmSettings("edge")] * 2, random_id=lambda: 1, monotonic_s=lambda: 0.0)


def test_a_peer_that_says_hello_is_welcome() -> None:
    """Specification, "Session Establishment"."""
    site = Site(random_id=itertools.count(100).__next__)
    peer = site.connect(Admission("guest", authid="joe"))
    assert peer.session.state is SessionState.JOINING

    welcome = peer.ask(HELLO)

    assert isinstance(welcome, Welcome)
    assert welcome.session_id == peer.session.id == 100
    assert peer.session.is_established
    assert not peer.session.is_closed
    assert site.router.counters == RouterCounters(sessions_opened=1)


def test_a_session_id_is_not_given_twice() -> None:
    ids = iter([11, 7, 12, 7, 8])
    site = Site(random_id=lambda: next(ids))

    assert [site.join().session.id, site.join().session.id] == [7, 8]


def test_a_session_shows_its_id_authid_and_state() -> None:
    peer = Site().join(authid="joe")

    assert repr(peer.session) == "<RouterSession 1 'joe' established>"


def test_the_transport_of_a_session_is_kept_for_display() -> None:
    assert Site().connect().session.transport == {"type": "fake"}


def test_an_unknown_realm_ends_the_connection() -> None:
    """ROBUSTNESS P8."""
    peer = Site().connect()

    assert peer.aborted(Hello("nowhere", {"roles": ALL_ROLES})) == "wamp.error.no_such_realm"


def test_a_realm_that_is_no_uri_does_not_exist() -> None:
    peer = Site().connect()

    assert peer.aborted(Hello("no where#", {"roles": ALL_ROLES})) == "wamp.error.no_such_realm"


def test_a_second_hello_ends_the_session() -> None:
    """Specification, "Protocol errors"; ROBUSTNESS P10."""
    assert Site().join().aborted(HELLO) == VIOLATION


@pytest.mark.parametrize(
    "message",
    [
        Publish(1, {}, "edge.t"),
        Subscribe(1, {}, "edge.t"),
        Call(1, {}, "edge.p"),
        Register(1, {}, "edge.p"),
        Goodbye({}, "wamp.close.normal"),
        Error(Invocation.TYPE, 1, {}, "edge.error"),
        Authenticate("secret", {}),
        *ROUTER_ONLY,
    ],
    ids=name_of,
)
def test_anything_but_hello_first_ends_the_connection(message: Message) -> None:
    """Specification, "HELLO" and "Protocol errors"; ROBUSTNESS P1."""
    assert Site().connect().aborted(message) == VIOLATION


@pytest.mark.parametrize("message", [*ROUTER_ONLY, Authenticate("secret", {})], ids=name_of)
def test_what_only_a_router_sends_ends_the_session(message: Message) -> None:
    """ROBUSTNESS P11."""
    assert Site().join().aborted(message) == VIOLATION


def test_an_abort_says_what_was_wrong() -> None:
    abort = Site().join().ask(Welcome(1, {}))

    assert abort.details == {"message": "WELCOME is not allowed while the session is established"}


def test_a_peer_that_aborts_gets_no_answer() -> None:
    """Specification, "ABORT"."""
    joining, joined = Site().connect(), Site().join()

    for peer in (joining, joined):
        peer.send(Abort({}, "wamp.error.protocol_violation"))

        assert peer.read() == []
        assert peer.session.is_closed


@pytest.mark.parametrize("reason", ["wamp.close.normal", "wamp.close.close_realm", "x"])
def test_goodbye_is_answered_whatever_its_reason(reason: str) -> None:
    """Specification, "Session Closing"; PEERS: reasons differ in the wild."""
    peer = Site().join()

    assert peer.ask(Goodbye({}, reason)) == Goodbye({}, "wamp.close.goodbye_and_out")
    assert peer.session.is_closed


def test_a_closed_session_takes_nothing_any_more() -> None:
    peer = Site().join()
    peer.ask(Goodbye({}, "wamp.close.normal"))

    for message in (HELLO, Publish(1, {}, "edge.t"), Welcome(1, {}), Goodbye({}, "x")):
        peer.send(message)

    assert peer.read() == []


def test_a_receipt_for_an_event_is_taken_without_an_answer() -> None:
    peer = Site().join()

    peer.send(EventReceived(1, {}))

    assert peer.read() == []
    assert peer.session.is_established


def test_the_shell_ends_a_session_that_sent_rubbish() -> None:
    """ROBUSTNESS P2 to P7: bytes that are no message never get here as messages."""
    site = Site()
    for peer in (site.connect(), site.join()):
        site.deliver(site.router.abort(peer.session, VIOLATION, "not a list"))

        assert peer.read_one() == Abort({"message": "not a list"}, VIOLATION)
        assert peer.session.is_closed
    assert site.router.counters.sessions_aborted == 2


def test_a_closed_session_is_not_aborted_again() -> None:
    site = Site()
    peer = site.join()
    peer.ask(Goodbye({}, "wamp.close.normal"))

    site.deliver(site.router.abort(peer.session, VIOLATION, "rubbish after the end"))

    assert peer.read() == []
    assert site.router.counters.sessions_aborted == 0


def test_sessions_of_different_realms_never_meet() -> None:
    site = Site([RealmSettings("edge"), RealmSettings("lab")])
    edge, lab = site.join(realm="edge"), site.join(realm="lab")
    edge.ask(Register(1, {}, "x.p"))
    edge.ask(Subscribe(2, {}, "x.t"))

    assert lab.refused(Call(1, {}, "x.p")) == "wamp.error.no_such_procedure"
    lab.send(Publish(2, {}, "x.t"))
    assert edge.read() == []
    assert isinstance(lab.ask(Register(3, {}, "x.p")), Registered)


def test_requests_that_were_refused_are_counted() -> None:
    site = Site()
    peer = site.join()

    peer.refused(Subscribe(1, {}, "a b"))
    peer.refused(Call(2, {}, "edge.absent"))

    assert site.router.counters.requests_refused == 2


def test_a_uri_of_a_megabyte_gets_a_short_refusal() -> None:
    """ROBUSTNESS P20."""
    peer = Site().join()

    error = peer.ask(Call(1, {}, "a" * 1_000_000))

    assert error.error == "wamp.error.invalid_uri"
    assert len(error.payload.args[0]) < 200


@pytest.mark.parametrize("uri", ["", " ", "a b", "#", "a..b", ".a", "a.", "a\x00b", "a" * 256])
def test_a_bad_uri_is_refused_and_the_session_lives(uri: str) -> None:
    """Specification, "Incorrect URIs"; ROBUSTNESS P18 to P20."""
    peer = Site().join()

    for request in (
        Subscribe(1, {}, uri),
        Register(2, {}, uri),
        Call(3, {}, uri),
        Publish(4, {"acknowledge": True}, uri),
    ):
        assert peer.refused(request) == "wamp.error.invalid_uri"
