from __future__ import annotations

import pytest

from tests.router.pair import ARGUMENTS, Pair, roles_of_callee
from tests.router.site import Site, payload_text
from wampedge.router import RealmSettings, SessionLimits
from wampedge.wamp.messages import Call, Error, Invocation, Register, Result, Yield
from wampedge.wamp.payload import Payload

VIOLATION = "wamp.error.protocol_violation"


def test_a_call_reaches_the_callee_with_its_payload() -> None:
    """Specification, "INVOCATION"."""
    pair = Pair(with_call=False)

    invocation = pair.call(7)

    assert invocation == Invocation(1, pair.registration_id, {}, ARGUMENTS)
    assert invocation.payload is ARGUMENTS


def test_the_result_reaches_the_caller_with_its_payload() -> None:
    """Specification, "RESULT"."""
    pair, sum_of_both = Pair(), Payload([30])

    pair.callee.send(Yield(1, {}, sum_of_both))

    result = pair.caller.read_one()
    assert result == Result(7, {}, sum_of_both)
    assert result.payload is sum_of_both
    assert pair.callee.read() == []


def test_the_error_of_the_callee_reaches_the_caller_as_it_is() -> None:
    """Specification, "Call ERROR"."""
    pair, reasons = Pair(), Payload(["too long"], {"limit": 5})

    pair.callee.send(Error(Invocation.TYPE, 1, {"hint": "shorter"}, "edge.error.too_long", reasons))

    error = pair.caller.read_one()
    assert error == Error(Call.TYPE, 7, {"hint": "shorter"}, "edge.error.too_long", reasons)
    assert error.payload is reasons


def test_invocation_ids_count_from_one_for_each_callee() -> None:
    """Specification, "IDs": session scope."""
    site = Site()
    one, two, caller = site.join(), site.join(), site.join()
    one.ask(Register(1, {}, "edge.a"))
    two.ask(Register(1, {}, "edge.b"))

    for request_id, procedure in enumerate(["edge.a", "edge.b", "edge.a", "edge.a"], start=500):
        caller.send(Call(request_id, {}, procedure))

    assert [each.request_id for each in one.read() if isinstance(each, Invocation)] == [1, 2, 3]
    assert [each.request_id for each in two.read() if isinstance(each, Invocation)] == [1]


def test_answers_find_their_calls_in_any_order() -> None:
    """Specification, "Remote Procedure Call Ordering"."""
    pair = Pair()
    pair.call(8)

    pair.callee.send(Yield(2, {}, Payload(["second"])))
    pair.callee.send(Yield(1, {}, Payload(["first"])))

    assert pair.caller.read() == [
        Result(8, {}, Payload(["second"])),
        Result(7, {}, Payload(["first"])),
    ]


def test_two_callers_may_use_the_same_request_id() -> None:
    pair = Pair()
    other = pair.site.join()
    other.send(Call(7, {}, "edge.add"))

    pair.callee.send(Yield(2, {}))

    assert other.read_one() == Result(7, {})
    assert pair.caller.read() == []


def test_a_session_may_call_itself() -> None:
    peer = Site().join()
    peer.ask(Register(1, {}, "edge.p"))

    assert peer.ask(Call(2, {}, "edge.p")).request_id == 1
    assert peer.ask(Yield(1, {})) == Result(2, {})


def test_a_procedure_nobody_registered_is_refused() -> None:
    """Specification, "Call ERROR"."""
    error = Site().join().ask(Call(1, {}, "edge.absent"))

    assert error.error == "wamp.error.no_such_procedure"
    assert payload_text(error) == "nobody registered 'edge.absent'"


def test_a_request_id_of_a_pending_call_ends_the_session() -> None:
    """ROBUSTNESS P15."""
    pair = Pair()

    assert pair.caller.aborted(Call(7, {}, "edge.add")) == VIOLATION


def test_a_request_id_may_be_used_again_once_it_is_answered() -> None:
    """ROBUSTNESS P15: clients in the wild use random ids."""
    pair = Pair()
    pair.callee.send(Yield(1, {}))
    pair.caller.read()

    assert pair.call(7).request_id == 2
    assert pair.caller.session.is_established


def test_a_session_may_not_call_without_end() -> None:
    pair = Pair(
        site=Site([RealmSettings("edge", limits=SessionLimits(pending_calls=2))]), with_call=False
    )
    pair.call(1)
    pair.call(2)

    error = pair.caller.ask(Call(3, {}, "edge.add"))

    assert error.error == "wampedge.error.limit"
    assert payload_text(error) == "a session may have 2 pending calls at once"
    pair.callee.send(Yield(1, {}))
    pair.caller.read()
    pair.call(3)


def test_an_error_ends_the_call() -> None:
    pair = Pair()
    pair.callee.send(Error(Invocation.TYPE, 1, {}, "edge.error"))
    pair.caller.read()

    pair.callee.send(Yield(1, {}))

    assert pair.caller.read() == []
    assert pair.site.router.counters.late_answers == 1


@pytest.mark.parametrize(
    "answer", [Yield(1, {}), Yield(99, {}), Error(Invocation.TYPE, 1, {}, "edge.error")]
)
def test_an_answer_nobody_waits_for_is_ignored_and_counted(answer: Yield | Error) -> None:
    """ROBUSTNESS P25."""
    pair = Pair()
    pair.callee.send(Yield(1, {}))
    pair.caller.read()

    pair.callee.send(answer)

    assert pair.caller.read() == []
    assert pair.callee.read() == []
    assert pair.site.router.counters.late_answers == 1


def test_nobody_answers_the_call_of_somebody_else() -> None:
    pair = Pair()
    stranger = pair.site.join()

    stranger.send(Yield(1, {}, Payload(["forged"])))

    assert pair.caller.read() == []
    pair.callee.send(Yield(1, {}, Payload(["right"])))
    assert pair.caller.read_one() == Result(7, {}, Payload(["right"]))


@pytest.mark.parametrize("request_type", [Call.TYPE, Register.TYPE, 999])
def test_an_error_for_anything_but_an_invocation_ends_the_session(request_type: int) -> None:
    """Specification, "Protocol errors": ERROR with invalid REQUEST.Type."""
    assert Site().join().aborted(Error(request_type, 1, {}, "edge.error")) == VIOLATION


def test_an_error_that_is_no_uri_does_not_reach_the_caller() -> None:
    """A caller's library would end the session of the caller for it."""
    pair = Pair()

    pair.callee.send(Error(Invocation.TYPE, 1, {}, "not a uri", ARGUMENTS))

    error = pair.caller.read_one()
    assert error.error == "wamp.error.invalid_uri"
    assert payload_text(error) == "the callee answered with an error that is no URI: 'not a uri'"
    assert pair.callee.session.is_established


# Progressive call results


def test_parts_of_a_result_reach_a_caller_that_wants_them() -> None:
    """Specification, "Progressive Call Results"."""
    pair = Pair(with_call=False)

    assert pair.call(7, receive_progress=True).details == {"receive_progress": True}
    pair.callee.send(Yield(1, {"progress": True}, Payload([1])))
    pair.callee.send(Yield(1, {"progress": True}, Payload([2])))
    pair.callee.send(Yield(1, {}, Payload([3])))

    assert pair.caller.read() == [
        Result(7, {"progress": True}, Payload([1])),
        Result(7, {"progress": True}, Payload([2])),
        Result(7, {}, Payload([3])),
    ]


def test_parts_nobody_asked_for_are_dropped_and_the_result_arrives() -> None:
    pair = Pair()

    pair.callee.send(Yield(1, {"progress": True}, Payload([1])))
    pair.callee.send(Yield(1, {}, Payload([3])))

    assert pair.caller.read() == [Result(7, {}, Payload([3]))]
    assert pair.site.router.counters.unwanted_progress == 1


@pytest.mark.parametrize("features", [(), ("progressive_call_results",), ("call_canceling",)])
def test_a_callee_that_could_not_be_stopped_is_not_asked_for_parts(
    features: tuple[str, ...],
) -> None:
    """Specification, "Progressive Call Results", on callees without Call Canceling."""
    pair = Pair(callee_roles=roles_of_callee(*features), with_call=False)

    assert pair.call(7, receive_progress=True).details == {}


def test_a_part_after_the_end_is_ignored() -> None:
    pair = Pair(with_call=False)
    pair.call(7, receive_progress=True)
    pair.callee.send(Yield(1, {}))
    pair.caller.read()

    pair.callee.send(Yield(1, {"progress": True}))

    assert pair.caller.read() == []
    assert pair.site.router.counters.late_answers == 1
