from __future__ import annotations

from tests.router.site import Peer, Site
from wampedge.router import RealmSettings
from wampedge.wamp.messages import Call, Publish, Register, Subscribe

DISALLOWED = "wamp.error.option_disallowed.disclose_me"


def provider(site: Site) -> Peer:
    peer = site.join()
    peer.ask(Register(1, {}, "edge.p"))
    peer.ask(Subscribe(2, {}, "edge.t"))
    return peer


def test_a_caller_is_identified_when_it_asks() -> None:
    """Specification, "Caller Identification"."""
    site = Site()
    callee, caller = provider(site), site.join(authid="joe", authrole="guest")

    caller.send(Call(1, {"disclose_me": True}, "edge.p"))

    assert callee.read_one().details == {
        "caller": caller.session.id,
        "caller_authid": "joe",
        "caller_authrole": "guest",
    }


def test_a_publisher_is_identified_when_it_asks() -> None:
    """Specification, "Publisher Identification"."""
    site = Site()
    subscriber, publisher = provider(site), site.join(authid="joe", authrole="guest")

    publisher.send(Publish(1, {"disclose_me": True}, "edge.t"))

    assert subscriber.read_one().details == {
        "publisher": publisher.session.id,
        "publisher_authid": "joe",
        "publisher_authrole": "guest",
    }


def test_nobody_is_identified_who_does_not_ask() -> None:
    site = Site()
    peer, other = provider(site), site.join()

    other.send(Call(1, {"disclose_me": False}, "edge.p"))
    other.send(Call(2, {}, "edge.p"))
    other.send(Publish(3, {}, "edge.t"))

    assert [message.details for message in peer.read()] == [{}, {}, {}]  # type: ignore[union-attr]  # INVOCATION and EVENT have details


def test_a_realm_may_refuse_to_identify() -> None:
    site = Site([RealmSettings("edge", may_disclose=False)])
    peer, other = provider(site), site.join()

    assert other.refused(Call(1, {"disclose_me": True}, "edge.p")) == DISALLOWED
    options = {"disclose_me": True, "acknowledge": True}
    assert other.refused(Publish(2, options, "edge.t")) == DISALLOWED
    assert peer.read() == []


def test_a_refused_call_leaves_nothing_pending() -> None:
    site = Site([RealmSettings("edge", may_disclose=False)])
    callee, caller = provider(site), site.join()
    caller.refused(Call(1, {"disclose_me": True}, "edge.p"))

    caller.send(Call(1, {}, "edge.p"))

    assert callee.read_one().request_id == 1
