from __future__ import annotations

import pytest

from wampedge.wamp.messages import (
    Abort,
    Call,
    Error,
    Event,
    Goodbye,
    Invocation,
    Message,
    Publish,
    Result,
    Yield,
)
from wampedge.wamp.payload import Payload
from wampedge.wamp.stand_ins import StandIn, stand_in_for

WHY = Payload(["NaN is no JSON number"])
INVALID = "wamp.error.invalid_argument"


@pytest.mark.parametrize(
    ("message", "answer"),
    [
        (Call(3, {}, "a.b"), Error(48, 3, {}, INVALID, WHY)),
        (Invocation(3, 4, {}), Error(68, 3, {}, INVALID, WHY)),
        (Publish(3, {"acknowledge": True}, "a.b"), Error(16, 3, {}, INVALID, WHY)),
    ],
)
def test_who_waits_for_an_answer_gets_an_error(message: Message, answer: Message) -> None:
    assert stand_in_for(message, "NaN is no JSON number") == StandIn(back=answer)


@pytest.mark.parametrize(
    ("message", "instead"),
    [
        (Yield(3, {}), Error(68, 3, {}, INVALID, WHY)),
        (Result(3, {"progress": True}), Error(48, 3, {}, INVALID, WHY)),
        (Error(68, 3, {"x": 1}, "a.e"), Error(68, 3, {}, "a.e", WHY)),
        (Abort({"x": 1}, "a.e"), Abort({}, "a.e", WHY)),
    ],
)
def test_an_answer_becomes_an_error(message: Message, instead: Message) -> None:
    assert stand_in_for(message, "NaN is no JSON number") == StandIn(onward=instead)


@pytest.mark.parametrize(
    "message",
    [
        Event(1, 2, {}),
        Publish(3, {}, "a.b"),
        Publish(3, {"acknowledge": None}, "a.b"),
        Goodbye({}, "a.b"),
    ],
)
def test_where_nobody_waits_the_message_is_dropped(message: Message) -> None:
    assert stand_in_for(message, "NaN is no JSON number") == StandIn()


def test_the_reason_may_be_another_one() -> None:
    """Specification, "Basic Profile URIs": ``payload_size_exceeded``."""
    uri, why = "wamp.error.payload_size_exceeded", Payload(["too long"])

    assert stand_in_for(Call(3, {}, "a.b"), "too long", uri=uri).back == Error(48, 3, {}, uri, why)
    assert stand_in_for(Yield(3, {}), "too long", uri=uri).onward == Error(68, 3, {}, uri, why)
