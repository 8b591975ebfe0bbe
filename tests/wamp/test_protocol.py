"""The client's state machine: joining, leaving, and what a router may not send."""

from __future__ import annotations

from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.client_protocol import ROLES, WELCOME, joined, only
from wampedge.errors import LocalProtocolError, NotJoinedError, RemoteProtocolError
from wampedge.wamp import effects
from wampedge.wamp.auth import Authenticator, TicketAuthenticator, WampCraAuthenticator
from wampedge.wamp.features import AGENT, CLIENT_ROLES
from wampedge.wamp.messages import (
    Abort,
    Authenticate,
    Call,
    Cancel,
    Challenge,
    Error,
    Event,
    Goodbye,
    Hello,
    Invocation,
    Message,
    Publish,
    Published,
    Register,
    Registered,
    Result,
    Subscribe,
    Subscribed,
    Unregister,
    Unregistered,
    Unsubscribe,
    Unsubscribed,
    Welcome,
    Yield,
)
from wampedge.wamp.payload import EMPTY
from wampedge.wamp.protocol import ClientProtocol, SessionState


def test_hello_names_the_realm_and_our_roles() -> None:
    protocol = ClientProtocol()

    hello = protocol.join("edge")

    assert hello == Hello("edge", {"roles": CLIENT_ROLES, "agent": AGENT})
    assert protocol.state is SessionState.JOINING


def test_hello_offers_the_methods_in_their_order() -> None:
    proofs = (WampCraAuthenticator("s"), TicketAuthenticator("t"))

    hello = ClientProtocol().join("edge", authid="gh1", authenticators=proofs)

    assert hello.details["authid"] == "gh1"
    assert hello.details["authmethods"] == ["wampcra", "ticket"]
    assert "authextra" not in hello.details


def test_hello_carries_what_a_method_wants_to_say_first() -> None:
    class Keyed(Authenticator):
        method = "cryptosign"
        authextra: ClassVar[dict[str, str]] = {"pubkey": "00ff"}

        def authenticate(self, challenge: Challenge) -> Authenticate:
            return Authenticate("", {})

    hello = ClientProtocol().join("edge", authid="gh1", authenticators=(Keyed(),))

    assert hello.details["authextra"] == {"pubkey": "00ff"}


def test_welcome_opens_the_session() -> None:
    protocol = ClientProtocol()
    protocol.join("edge")

    effect = only(protocol.receive(WELCOME))

    assert effect == effects.Joined(77, {"roles": ROLES})
    assert protocol.state is SessionState.JOINED
    assert protocol.session_id == 77


def test_challenge_is_answered_with_the_method_it_names() -> None:
    protocol = ClientProtocol()
    proofs = (WampCraAuthenticator("s"), TicketAuthenticator("t"))
    protocol.join("edge", authid="gh1", authenticators=proofs)

    effect = only(protocol.receive(Challenge("ticket", {})))

    assert effect == effects.Transmit(Authenticate("t", {}))
    assert protocol.state is SessionState.JOINING


def test_challenge_for_a_method_that_was_not_offered_is_refused() -> None:
    protocol = ClientProtocol()
    protocol.join("edge", authid="gh1", authenticators=(TicketAuthenticator("t"),))

    with pytest.raises(RemoteProtocolError, match="not offered"):
        protocol.receive(Challenge("wampcra", {"challenge": "x"}))


def test_second_challenge_is_refused() -> None:
    protocol = ClientProtocol()
    protocol.join("edge", authid="gh1", authenticators=(TicketAuthenticator("t"),))
    protocol.receive(Challenge("ticket", {}))

    with pytest.raises(RemoteProtocolError, match="second CHALLENGE"):
        protocol.receive(Challenge("ticket", {}))


def test_abort_ends_the_attempt_with_its_reason_and_a_bounded_text() -> None:
    protocol = ClientProtocol()
    protocol.join("edge")

    effect = only(protocol.receive(Abort({"message": "x" * 600}, "wamp.error.no_such_realm")))

    assert effect == effects.Ended("wamp.error.no_such_realm", "x" * 500)
    assert protocol.state is SessionState.ENDED


def test_words_of_the_router_are_fit_for_a_log() -> None:
    protocol = joined()

    effect = only(protocol.receive(Abort({"message": "a\nb\x1b"}, "x" * 300 + "\n")))

    assert effect == effects.Ended("x" * 255, "a\ufffdb\ufffd")


def test_session_joins_only_once() -> None:
    with pytest.raises(LocalProtocolError, match="joined"):
        joined().join("edge")


def test_goodbye_of_the_router_is_answered_whatever_its_reason() -> None:
    protocol = joined()

    found = protocol.receive(Goodbye({"message": "bye"}, "some.reason.of.its.own"))

    assert found == (
        effects.Transmit(Goodbye({}, "wamp.close.goodbye_and_out")),
        effects.Ended("some.reason.of.its.own", "bye"),
    )


def test_goodbye_of_ours_is_over_when_the_router_says_goodbye() -> None:
    protocol = joined()

    assert protocol.leave() == Goodbye({}, "wamp.close.normal")
    effect = only(protocol.receive(Goodbye({}, "wamp.close.system_shutdown")))

    assert effect == effects.Ended("wamp.close.system_shutdown", None, is_ours=True)
    assert protocol.state is SessionState.ENDED


def test_everything_under_way_is_dropped_after_our_goodbye() -> None:
    protocol = joined()
    protocol.leave()

    assert protocol.receive(Event(99, 1, {})) == ()
    assert protocol.receive(Invocation(1, 99, {})) == ()
    assert protocol.receive(WELCOME) == ()


def test_leaving_twice_says_goodbye_once() -> None:
    protocol = joined()
    protocol.leave()

    assert protocol.leave() is None


def test_abort_in_the_session_ends_it() -> None:
    effect = only(joined().receive(Abort({}, "wamp.error.protocol_violation")))

    assert effect == effects.Ended("wamp.error.protocol_violation", None)


def test_abort_of_ours_ends_it_and_is_sent_once() -> None:
    protocol = joined()

    abort = protocol.abort("wamp.error.protocol_violation", "two WELCOMEs")

    assert abort == Abort({"message": "two WELCOMEs"}, "wamp.error.protocol_violation")
    assert protocol.abort("wamp.error.protocol_violation", "again") is None
    assert protocol.receive(WELCOME) == ()


def test_nobody_is_aborted_before_hello() -> None:
    assert ClientProtocol().abort("x.y", "text") is None


def test_open_requests_are_handed_over_at_the_end_oldest_first() -> None:
    protocol = joined()
    protocol.call("edge.gh1.add", EMPTY, "first")
    gone = protocol.call("edge.gh1.add", EMPTY, "cancelled")
    protocol.subscribe("edge.gh1.x", "second")
    protocol.abandon(gone.request_id)
    protocol.lost()

    assert [request.context for request in protocol.drain()] == ["first", "second"]
    assert protocol.drain() == []


@pytest.mark.parametrize("is_lost", [False, True])
def test_requests_need_a_joined_session(is_lost: bool) -> None:
    protocol = joined() if is_lost else ClientProtocol()
    if is_lost:
        protocol.lost()

    for request in (
        lambda: protocol.call("a.b", EMPTY, None),
        lambda: protocol.publish("a.b", EMPTY),
        lambda: protocol.publish_acknowledged("a.b", EMPTY, None),
        lambda: protocol.register("a.b", None),
        lambda: protocol.unregister(1),
        lambda: protocol.subscribe("a.b", None),
        lambda: protocol.unsubscribe(1, None),
    ):
        with pytest.raises(NotJoinedError):
            request()


MAY_JOINING = (Challenge, Welcome, Abort)
ALL_MESSAGES: tuple[Message, ...] = (
    Hello("edge", {}), WELCOME, Abort({}, "a.b"), Challenge("ticket", {}), Authenticate("", {}),
    Goodbye({}, "a.b"), Error(48, 1, {}, "a.b"), Publish(1, {}, "a.b"), Published(1, 1),
    Subscribe(1, {}, "a.b"), Subscribed(1, 1), Unsubscribe(1, 1), Unsubscribed(1), Event(1, 1, {}),
    Call(1, {}, "a.b"), Cancel(1, {}), Result(1, {}), Register(1, {}, "a.b"), Registered(1, 1),
    Unregister(1, 1), Unregistered(1), Invocation(1, 1, {}), Yield(1, {}),
)  # fmt: skip


@pytest.mark.parametrize("message", ALL_MESSAGES, ids=lambda each: type(each).__name__)
def test_before_hello_nothing_may_come(message: Message) -> None:
    with pytest.raises(RemoteProtocolError, match="new session"):
        ClientProtocol().receive(message)


@pytest.mark.parametrize(
    "message",
    [each for each in ALL_MESSAGES if not isinstance(each, MAY_JOINING)],
    ids=lambda each: type(each).__name__,
)
def test_before_welcome_nothing_else_may_come(message: Message) -> None:
    protocol = ClientProtocol()
    protocol.join("edge")

    with pytest.raises(RemoteProtocolError, match="joining session"):
        protocol.receive(message)


@pytest.mark.parametrize(
    "message",
    [each for each in ALL_MESSAGES if not isinstance(each, Goodbye | Abort)],
    ids=lambda each: type(each).__name__,
)
def test_nothing_may_come_that_was_not_asked_for(message: Message) -> None:
    """WELCOME twice, CHALLENGE after it, client messages, and ids nobody knows (P43)."""
    with pytest.raises(RemoteProtocolError):
        joined().receive(message)


@given(st.lists(st.sampled_from(ALL_MESSAGES), max_size=20))
def test_no_sequence_of_messages_raises_anything_else(messages: list[Message]) -> None:
    protocol = ClientProtocol()
    protocol.join("edge", authid="gh1", authenticators=(TicketAuthenticator("t"),))
    for message in messages:
        try:
            protocol.receive(message)
        except RemoteProtocolError as error:
            protocol.abort(error.reason, str(error))
            break
