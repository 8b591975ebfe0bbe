from __future__ import annotations

import pytest

from tests.router.site import HELLO, Peer, Site
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


def test_a_callee_is_told_who_calls_when_it_asks() -> None:
    """Specification, "Caller Identification", "Request Identification"."""
    site = Site()
    callee, caller = site.join(), site.join(authid="joe", authrole="guest")
    callee.ask(Register(1, {"disclose_caller": True}, "edge.p"))

    caller.send(Call(1, {}, "edge.p"))
    caller.send(Call(2, {"disclose_me": False}, "edge.p"))

    identity = {
        "caller": caller.session.id,
        "caller_authid": "joe",
        "caller_authrole": "guest",
    }
    assert [message.details for message in callee.read()] == [identity, identity]  # type: ignore[union-attr]  # INVOCATIONs


def test_of_callees_that_share_a_procedure_only_those_that_ask_are_told_who_calls() -> None:
    """Specification, "Caller Identification", with "Shared Registration"."""
    site = Site()
    one, two, caller = site.join(), site.join(), site.join()
    one.ask(Register(1, {"invoke": "roundrobin", "disclose_caller": True}, "edge.p"))
    two.ask(Register(1, {"invoke": "roundrobin"}, "edge.p"))

    caller.send(Call(1, {}, "edge.p"))
    caller.send(Call(2, {}, "edge.p"))

    assert one.read_one().details["caller"] == caller.session.id
    assert two.read_one().details == {}


def test_a_realm_that_refuses_to_identify_refuses_callees_that_count_on_it() -> None:
    site = Site([RealmSettings("edge", may_disclose=False)])

    assert site.join().refused(Register(1, {"disclose_caller": True}, "edge.p")) == DISALLOWED


def test_a_refused_call_leaves_nothing_pending() -> None:
    site = Site([RealmSettings("edge", may_disclose=False)])
    callee, caller = provider(site), site.join()
    caller.refused(Call(1, {"disclose_me": True}, "edge.p"))

    caller.send(Call(1, {}, "edge.p"))

    assert callee.read_one().request_id == 1


def test_a_refused_call_does_not_count_as_one_of_its_callee() -> None:
    """Specification, "Shared Registration", with the option ``concurrency``."""
    site = Site([RealmSettings("edge", may_disclose=False)])
    callee, caller = site.join(), site.join()
    callee.ask(Register(1, {"invoke": "roundrobin", "concurrency": 1}, "edge.p"))

    caller.refused(Call(1, {"disclose_me": True}, "edge.p"))
    caller.send(Call(2, {}, "edge.p"))

    assert callee.read_one().request_id == 1


LEVELS = RealmSettings("edge", trustlevel_by_role={"guest": 1, "operator": 7})


@pytest.mark.parametrize(
    ("authrole", "is_trusted", "level"),
    [("guest", False, 1), ("operator", False, 7), ("stranger", False, 0), ("any", True, 7)],
)
def test_counterparts_are_told_how_far_a_session_is_trusted(
    authrole: str,
    is_trusted: bool,
    level: int,
) -> None:
    """Specification, "Call Trust Levels" and "Publication Trust Levels"."""
    site = Site([LEVELS])
    peer, other = provider(site), site.join(authrole=authrole, is_trusted=is_trusted)

    other.send(Call(1, {}, "edge.p"))
    other.send(Publish(2, {}, "edge.t"))

    invocation, event = peer.read()
    assert invocation.details == {"trustlevel": level}  # type: ignore[union-attr]  # INVOCATION
    assert event.details == {"trustlevel": level}  # type: ignore[union-attr]  # EVENT


def test_trust_is_told_beside_all_other_details() -> None:
    """Specification, "Call Trust Levels", with "Pattern-based Registrations"."""
    site = Site([LEVELS])
    callee, caller = site.join(), site.join(authrole="guest")
    callee.ask(Register(1, {"match": "prefix"}, "edge"))

    caller.send(Call(1, {"receive_progress": True}, "edge.p"))

    assert callee.read_one().details == {
        "trustlevel": 1,
        "receive_progress": True,
        "procedure": "edge.p",
    }


def test_levels_are_announced_where_there_are_any() -> None:
    """Specification, "Feature Announcement": only what works."""
    for realm, is_announced in ((LEVELS, True), (RealmSettings("edge"), False)):
        welcome = Site([realm]).connect().ask(HELLO)

        roles = welcome.details["roles"]
        assert ("call_trustlevels" in roles["dealer"]["features"]) is is_announced
        assert ("publication_trustlevels" in roles["broker"]["features"]) is is_announced


DISCLOSURES = RealmSettings(
    "edge", disclosure_by_role={"operator": "always", "witness": "never", "guest": "asked"}
)


def test_a_role_can_be_identified_always() -> None:
    """Issue 3, line 6; specification, "Caller Identification", "Publisher Identification"."""
    site = Site([DISCLOSURES])
    peer, other = provider(site), site.join(authid="ann", authrole="operator")
    other.send(Call(1, {}, "edge.p"))
    other.send(Publish(2, {}, "edge.t"))

    invocation, event = peer.read()
    assert invocation.details == {  # type: ignore[union-attr]  # INVOCATION
        "caller": other.session.id,
        "caller_authid": "ann",
        "caller_authrole": "operator",
    }
    assert event.details == {  # type: ignore[union-attr]  # EVENT
        "publisher": other.session.id,
        "publisher_authid": "ann",
        "publisher_authrole": "operator",
    }


def test_a_role_can_be_identified_never() -> None:
    site = Site([DISCLOSURES])
    callee, caller = site.join(), site.join(authrole="witness")
    callee.ask(Register(1, {"disclose_caller": True}, "edge.p"))

    refusal = caller.refused(Call(1, {"disclose_me": True}, "edge.p"))
    assert refusal == "wamp.error.option_disallowed.disclose_me"
    caller.send(Call(2, {}, "edge.p"))
    assert callee.read_one().details == {}


def test_other_roles_are_identified_when_they_ask() -> None:
    site = Site([DISCLOSURES])
    peer = provider(site)
    for authrole in ("guest", "stranger"):
        other = site.join(authrole=authrole)
        other.send(Publish(1, {}, "edge.t"))
        other.send(Publish(2, {"disclose_me": True}, "edge.t"))
        plain, disclosed = peer.read()
        assert plain.details == {}  # type: ignore[union-attr]  # EVENT
        assert disclosed.details["publisher"] == other.session.id  # type: ignore[union-attr]  # EVENT
