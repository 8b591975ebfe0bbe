"""Calls and invocations whose arguments come in parts (progressive call invocations)."""

from __future__ import annotations

import pytest

from tests.support.client_protocol import joined, only, registered
from wampedge.errors import NotJoinedError, RemoteProtocolError
from wampedge.wamp import effects
from wampedge.wamp.messages import Call, Error, Interrupt, Invocation, Result, Yield
from wampedge.wamp.payload import EMPTY, Payload
from wampedge.wamp.protocol import ClientProtocol


def part(value: int, request_id: int = 9) -> Invocation:
    """Return an invocation that more input follows."""
    return Invocation(request_id, 500, {"progress": True}, Payload((value,)))


def last(value: int, request_id: int = 9) -> Invocation:
    """Return the invocation that ends the input."""
    return Invocation(request_id, 500, {}, Payload((value,)))


def test_more_input_goes_out_under_the_id_of_its_call_with_no_other_option() -> None:
    """Progressive Call Invocations: the same request id; options are frozen by the first CALL."""
    protocol = joined()

    first = protocol.call("a.sum", Payload((1,)), "context", options={"progress": True})
    second = protocol.call_on(1, Payload((2,)), is_last=False)
    end = protocol.call_on(1, Payload((3,)), is_last=True)

    assert first == Call(1, {"progress": True}, "a.sum", Payload((1,)))
    assert second == Call(1, {"progress": True}, "a.sum", Payload((2,)))
    assert end == Call(1, {}, "a.sum", Payload((3,)))


def test_no_more_input_goes_out_once_the_call_is_answered_or_given_up() -> None:
    protocol = joined()
    for _ in range(2):
        protocol.call("a.sum", EMPTY, "context", options={"progress": True})
    protocol.receive(Result(1, {}))
    protocol.abandon(2)

    assert protocol.call_on(1, EMPTY, is_last=True) is None
    assert protocol.call_on(2, EMPTY, is_last=True) is None


def test_request_of_another_kind_takes_no_input() -> None:
    protocol = joined()
    protocol.register("a.b", "endpoint")

    assert protocol.call_on(1, EMPTY, is_last=True) is None


def test_input_needs_a_session() -> None:
    with pytest.raises(NotJoinedError):
        ClientProtocol().call_on(1, EMPTY, is_last=True)


def test_invocations_of_one_id_are_input_up_to_the_last() -> None:
    """Progressive Call Invocations: the dealer uses the same request id with every INVOCATION."""
    protocol = joined()
    registered(protocol, 500)

    found = [only(protocol.receive(message)) for message in (part(1), part(2), last(3))]

    assert found == [
        effects.Invoked("endpoint", part(1)),
        effects.InputArrived(part(2)),
        effects.InputArrived(last(3)),
    ]
    assert protocol.yield_result(9, Payload((6,))) == Yield(9, {}, Payload((6,)))


def test_invocation_after_the_last_input_is_refused_while_it_is_open() -> None:
    protocol = joined()
    registered(protocol, 500)
    protocol.receive(part(1))
    protocol.receive(last(2))

    with pytest.raises(RemoteProtocolError, match="still open"):
        protocol.receive(part(3))


def test_input_that_crossed_our_answer_is_dropped_up_to_the_last() -> None:
    protocol = joined()
    registered(protocol, 500)
    protocol.receive(part(1))

    assert protocol.fail(9, "edge.error.full") == Error(68, 9, {}, "edge.error.full")

    assert protocol.receive(part(2)) == ()
    assert protocol.receive(last(3)) == ()
    assert only(protocol.receive(last(4))) == effects.Invoked("endpoint", last(4))


def test_other_invocations_come_and_go_beside_one_with_open_input() -> None:
    protocol = joined()
    registered(protocol, 500)
    protocol.receive(part(1))

    assert only(protocol.receive(last(5, request_id=10))) == effects.Invoked(
        "endpoint", last(5, request_id=10)
    )
    assert protocol.yield_result(10, EMPTY) == Yield(10, {}, EMPTY)
    assert only(protocol.receive(last(2))) == effects.InputArrived(last(2))


def test_invocation_with_open_input_can_be_interrupted() -> None:
    """Progressive Call Cancellation: the caller left, INTERRUPT comes with ``killnowait``."""
    protocol = joined()
    registered(protocol, 500)
    protocol.receive(part(1))

    interrupt = Interrupt(9, {"mode": "killnowait"})

    assert only(protocol.receive(interrupt)) == effects.Interrupted(interrupt)


def test_end_of_the_session_forgets_open_input() -> None:
    protocol = joined()
    registered(protocol, 500)
    protocol.receive(part(1))

    protocol.drain()

    assert only(protocol.receive(last(2))) == effects.Invoked("endpoint", last(2))


def test_options_of_a_result_go_with_it_and_with_its_parts() -> None:
    """Payload Passthru Mode: YIELD.Options says how the payload is packed."""
    protocol = joined()
    registered(protocol, 500)
    protocol.receive(last(1))
    packed = {"ppt_scheme": "x_raw"}

    first = protocol.yield_result(9, Payload((b"a",)), options=packed, is_progress=True)
    end = protocol.yield_result(9, Payload((b"b",)), options=packed)

    assert first == Yield(9, {"ppt_scheme": "x_raw", "progress": True}, Payload((b"a",)))
    assert end == Yield(9, {"ppt_scheme": "x_raw"}, Payload((b"b",)))
