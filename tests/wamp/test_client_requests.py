"""Calls and publications of a client, and the answers to them."""

from __future__ import annotations

import pytest

from tests.support.client_protocol import joined, only
from wampedge.errors import RemoteProtocolError
from wampedge.wamp import effects
from wampedge.wamp.client_requests import MAX_ABANDONED
from wampedge.wamp.messages import (
    Call,
    Cancel,
    Error,
    Message,
    Publish,
    Published,
    Registered,
    Result,
)
from wampedge.wamp.payload import EMPTY, Payload


def test_result_comes_back_with_the_context_of_its_call() -> None:
    protocol = joined()

    call = protocol.call("edge.gh1.add", Payload((2, 3)), "context")
    result = Result(1, {}, Payload((5,)))
    effect = only(protocol.receive(result))

    assert call == Call(1, {}, "edge.gh1.add", Payload((2, 3)))
    assert effect.request.context == "context"
    assert effect.message is result


def test_request_ids_count_up_from_1_over_all_kinds() -> None:
    protocol = joined()

    ids = [
        protocol.call("a.b", EMPTY, None).request_id,
        protocol.publish("a.b", EMPTY).request_id,
        protocol.register("a.b", None).request_id,
    ]

    assert ids == [1, 2, 3]


def test_error_comes_back_with_the_context_of_its_call() -> None:
    protocol = joined()
    protocol.call("edge.gh1.add", EMPTY, "context")
    error = Error(Call.TYPE, 1, {}, "wamp.error.no_such_procedure")

    effect = only(protocol.receive(error))

    assert isinstance(effect, effects.Refused)
    assert effect.request.context == "context"
    assert effect.error is error


def test_progress_leaves_the_call_open() -> None:
    protocol = joined()
    call = protocol.call("edge.gh1.add", EMPTY, "context", wants_progress=True)

    progressed = only(protocol.receive(Result(1, {"progress": True}, Payload((1,)))))
    answered = only(protocol.receive(Result(1, {}, Payload((2,)))))

    assert call.options == {"receive_progress": True}
    assert isinstance(progressed, effects.Progressed)
    assert isinstance(answered, effects.Answered)


def test_progress_nobody_asked_for_is_dropped() -> None:
    protocol = joined()
    protocol.call("edge.gh1.add", EMPTY, "context")

    assert protocol.receive(Result(1, {"progress": True})) == ()


def test_result_for_an_unknown_call_is_refused() -> None:
    with pytest.raises(RemoteProtocolError, match="CALL 1"):
        joined().receive(Result(1, {}))


def test_second_result_for_one_call_is_refused() -> None:
    protocol = joined()
    protocol.call("edge.gh1.add", EMPTY, "context")
    protocol.receive(Result(1, {}))

    with pytest.raises(RemoteProtocolError, match="CALL 1"):
        protocol.receive(Result(1, {}))


def test_answer_of_the_wrong_kind_is_refused() -> None:
    protocol = joined()
    protocol.call("edge.gh1.add", EMPTY, "context")

    with pytest.raises(RemoteProtocolError, match="REGISTER 1"):
        protocol.receive(Registered(1, 5))


def test_error_of_an_unknown_kind_of_request_is_refused() -> None:
    with pytest.raises(RemoteProtocolError, match="type 999 1"):
        joined().receive(Error(999, 1, {}, "a.b"))


def test_abandoned_call_is_cancelled_where_the_router_can() -> None:
    protocol = joined()
    protocol.call("edge.gh1.add", EMPTY, "context")

    assert protocol.abandon(1) == Cancel(1, {"mode": "killnowait"})
    assert protocol.abandon(1) is None


def test_abandoned_call_is_only_forgotten_where_the_router_cannot_cancel() -> None:
    protocol = joined({"dealer": {}})
    protocol.call("edge.gh1.add", EMPTY, "context")

    assert protocol.abandon(1) is None
    assert protocol.receive(Result(1, {})) == ()


@pytest.mark.parametrize(
    "answer",
    [Result(1, {}), Result(1, {"progress": True}), Error(48, 1, {}, "wamp.error.canceled")],
)
def test_answer_that_crossed_our_cancel_is_dropped(answer: Message) -> None:
    protocol = joined()
    protocol.call("edge.gh1.add", EMPTY, "context")
    protocol.abandon(1)

    assert protocol.receive(answer) == ()


def test_memory_of_cancelled_calls_is_bounded_and_forgets_without_a_fault() -> None:
    protocol = joined()
    for _ in range(MAX_ABANDONED + 1):
        call = protocol.call("edge.gh1.add", EMPTY, "context")
        protocol.abandon(call.request_id)

    assert protocol.receive(Result(1, {})) == ()
    assert protocol.receive(Result(2, {})) == ()
    with pytest.raises(RemoteProtocolError):
        protocol.receive(Result(MAX_ABANDONED + 2, {}))


def test_publish_waits_for_nothing() -> None:
    protocol = joined()

    options = {"exclude_me": False, "acknowledge": True}
    publish = protocol.publish("a.b", Payload((1,)), options=options)

    assert publish == Publish(1, {"exclude_me": False}, "a.b", Payload((1,)))
    assert protocol.drain() == []


def test_acknowledged_publish_is_answered() -> None:
    protocol = joined()

    publish = protocol.publish_acknowledged("a.b", EMPTY, "context", options={"retain": True})
    effect = only(protocol.receive(Published(1, 900)))

    assert publish.options == {"retain": True, "acknowledge": True}
    assert effect.request.context == "context"


def test_error_for_a_publish_nobody_waits_for_is_dropped() -> None:
    protocol = joined()
    protocol.publish("a.b", EMPTY)

    assert protocol.receive(Error(Publish.TYPE, 1, {}, "wamp.error.not_authorized")) == ()


def test_acknowledgement_nobody_waits_for_any_more_is_dropped() -> None:
    protocol = joined()
    protocol.publish_acknowledged("a.b", EMPTY, "context")

    assert protocol.abandon(1) is None
    assert protocol.receive(Published(1, 900)) == ()


def test_published_for_a_request_never_sent_is_refused() -> None:
    with pytest.raises(RemoteProtocolError, match="PUBLISH 1"):
        joined().receive(Published(1, 900))
