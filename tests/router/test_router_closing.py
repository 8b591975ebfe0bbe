"""The end of sessions: our goodbye, a router that stops, a connection lost, nothing left."""

from __future__ import annotations

import gc
import weakref

import pytest

from tests.router.site import HELLO, Peer, Site
from wampedge.router import SessionState
from wampedge.wamp.messages import (
    Abort,
    Call,
    Error,
    Goodbye,
    Publish,
    Register,
    Subscribe,
    Welcome,
)


def close(site: Site, peer: Peer) -> None:
    site.deliver(site.router.close(peer.session))


def test_the_router_says_goodbye_and_waits_for_the_answer() -> None:
    """Specification, "Session Closing", initiated by the router."""
    site = Site()
    peer = site.join()

    close(site, peer)

    assert peer.read_one() == Goodbye({}, "wamp.close.system_shutdown")
    assert peer.session.state is SessionState.CLOSING
    assert not peer.session.is_closed
    peer.send(Goodbye({}, "wamp.close.goodbye_and_out"))
    assert peer.read() == []
    assert peer.session.is_closed


def test_what_crosses_our_goodbye_is_ignored() -> None:
    """Specification, "Session Statechart", transition 14."""
    site = Site()
    peer = site.join()
    close(site, peer)
    peer.read()

    for message in (Publish(1, {"acknowledge": True}, "edge.t"), HELLO, Welcome(1, {})):
        peer.send(message)

    assert peer.read() == []
    assert peer.session.state is SessionState.CLOSING


def test_a_peer_may_abort_instead_of_answering_our_goodbye() -> None:
    site = Site()
    peer = site.join()
    close(site, peer)
    peer.read()

    peer.send(Abort({}, "wamp.error.protocol_violation"))

    assert peer.read() == []
    assert peer.session.is_closed


def test_a_session_is_told_goodbye_once() -> None:
    site = Site()
    peer = site.join()

    close(site, peer)
    close(site, peer)

    assert len(peer.read()) == 1


def test_a_peer_that_has_not_joined_is_aborted_at_the_end() -> None:
    site = Site()
    peer = site.connect()

    close(site, peer)

    assert peer.read_one() == Abort({"message": "not joined yet"}, "wamp.close.system_shutdown")
    assert peer.session.is_closed


def test_a_router_that_stops_ends_all_sessions() -> None:
    site = Site()
    callee, caller, guest = site.join(), site.join(), site.connect()
    callee.ask(Register(1, {}, "edge.p"))
    caller.send(Call(1, {}, "edge.p"))
    callee.read()

    site.deliver(site.router.close_all())

    canceled, goodbye = caller.read()
    assert isinstance(canceled, Error)
    assert canceled.error == "wamp.error.canceled"
    assert goodbye == Goodbye({}, "wamp.close.system_shutdown")
    assert callee.read_one() == Goodbye({}, "wamp.close.system_shutdown")
    assert guest.session.is_closed


def test_a_session_that_closes_gets_no_events_any_more() -> None:
    site = Site()
    subscriber, publisher = site.join(), site.join()
    subscriber.ask(Subscribe(1, {}, "edge.t"))
    close(site, subscriber)
    subscriber.read()

    publisher.send(Publish(1, {}, "edge.t"))

    assert subscriber.read() == []


def test_a_lost_session_is_forgotten() -> None:
    site = Site()
    peer, other = site.join(), site.join()

    peer.lose()

    assert site.router.sessions == (other.session,)
    assert peer.session.is_closed
    assert peer.read() == []


def test_losing_a_session_twice_is_harmless() -> None:
    site = Site()
    peer = site.connect()

    peer.lose()
    peer.lose()

    assert site.router.sessions == ()


def use_everything(site: Site) -> Peer:
    """Join, subscribe, publish, register, call and be called."""
    peer, other = site.join(), site.join()
    other.ask(Register(1, {}, "edge.other"))
    peer.ask(Register(1, {}, "edge.p"))
    peer.ask(Subscribe(2, {}, "edge.t"))
    peer.send(Publish(3, {}, "edge.t"))
    peer.send(Call(4, {}, "edge.other"))
    other.send(Call(2, {}, "edge.p"))
    return peer


@pytest.mark.parametrize("how", ["lose", "goodbye", "violation"])
def test_nothing_is_left_of_a_session_that_is_gone(how: str) -> None:
    """ROBUSTNESS: "session freed"; specification, "Protocol errors" 2."""
    site = Site()
    peer = use_everything(site)
    if how != "lose":
        peer.send(Goodbye({}, "x") if how == "goodbye" else HELLO)
    peer.lose()
    gone = weakref.ref(peer.session)
    assert peer.session.subscriptions == {}
    assert peer.session.registrations == {}
    assert peer.session.calls == {}
    assert peer.session.invocations == {}

    site.peer_by_session.clear()
    del peer
    gc.collect()

    assert gone() is None
