from __future__ import annotations

import pytest

from tests.router.pair import Pair, roles_of_callee
from tests.router.site import Site, payload_text
from wampedge.router.call_timeout import GRACE_S, MAX_TIMEOUT_MS
from wampedge.wamp.messages import (
    Call,
    Cancel,
    Error,
    Interrupt,
    Invocation,
    Register,
    Result,
    Yield,
)
from wampedge.wamp.payload import Payload

TIMEOUT = "wamp.error.timeout"


def test_a_call_is_given_up_when_its_time_is_over() -> None:
    """Specification, "Call Timeouts", "Dealer-Initiated Timeouts"."""
    pair = Pair(with_call=False)
    assert pair.call(7, timeout=1500).details == {}

    pair.site.wait(1.4)
    assert pair.caller.read() == []
    pair.site.wait(0.2)

    error = pair.caller.read_one()
    assert (error.request_type, error.request_id, error.error) == (Call.TYPE, 7, TIMEOUT)
    assert payload_text(error) == "no answer within 1.5 s"
    assert pair.callee.read_one() == Interrupt(1, {"mode": "killnowait", "reason": TIMEOUT})


def test_a_callee_that_cannot_be_interrupted_is_not() -> None:
    """Specification, "Call Timeouts": the mode is ``skip`` then."""
    pair = Pair(callee_roles=roles_of_callee(), with_call=False)
    pair.call(7, timeout=100)

    pair.site.wait(0.2)

    assert pair.caller.read_one().error == TIMEOUT
    assert pair.callee.read() == []


def test_what_the_callee_answers_too_late_is_ignored() -> None:
    """Specification, "Call Timeouts" and "Ignoring Results after Cancel"."""
    pair = Pair(with_call=False)
    pair.call(7, timeout=100)
    pair.site.wait(0.2)
    pair.caller.read()

    pair.callee.send(Yield(1, {}, Payload([30])))

    assert pair.caller.read() == []
    assert pair.site.router.counters.late_answers == 1


def test_a_call_that_was_answered_in_time_is_not_given_up() -> None:
    pair = Pair(with_call=False)
    pair.call(7, timeout=100)
    pair.callee.send(Yield(1, {}))
    assert pair.caller.read() == [Result(7, {})]

    pair.site.wait(10.0)

    assert pair.caller.read() == pair.callee.read() == []
    assert len(pair.site.router.deadlines) == 0


@pytest.mark.parametrize("options", [{}, {"timeout": 0}, {"timeout": None}])
def test_a_call_without_a_time_may_take_for_ever(options: dict[str, int | None]) -> None:
    """Specification, "Call Timeouts": deactivated if there is none, or 0."""
    pair = Pair(with_call=False)
    pair.call(7, **options)

    pair.site.wait(1e9)

    assert pair.caller.read() == pair.callee.read() == []
    assert len(pair.site.router.deadlines) == 0


def test_parts_of_a_result_do_not_stop_the_clock() -> None:
    """Specification, "Call Timeouts": the time is that of the whole call."""
    pair = Pair(with_call=False)
    pair.call(7, timeout=1000, receive_progress=True)
    pair.site.wait(0.9)
    pair.callee.send(Yield(1, {"progress": True}, Payload([1])))

    pair.site.wait(0.2)

    part, error = pair.caller.read()
    assert part == Result(7, {"progress": True}, Payload([1]))
    assert isinstance(error, Error)
    assert error.error == TIMEOUT


@pytest.mark.parametrize("timeout", [2**53, 2**64 - 1, 10**400])
def test_an_absurd_time_is_as_good_as_none(timeout: int) -> None:
    pair = Pair(with_call=False)
    pair.call(7, timeout=timeout)

    pair.site.wait(1e9)

    assert pair.caller.read() == []
    pair.site.wait(MAX_TIMEOUT_MS / 1000)
    assert pair.caller.read_one().error == TIMEOUT


def test_a_call_that_waits_for_its_callee_to_stop_is_given_up_as_well() -> None:
    """Specification, "Call Canceling", mode ``kill``, with "Call Timeouts"."""
    pair = Pair(with_call=False)
    pair.call(7, timeout=1000)
    pair.caller.send(Cancel(7, {"mode": "kill"}))
    assert pair.caller.read() == []

    pair.site.wait(2.0)

    assert pair.caller.read_one().error == TIMEOUT
    assert [type(message) for message in pair.callee.read()] == [Interrupt]


def test_a_callee_that_asks_for_the_time_gets_it() -> None:
    """Specification, "Call Timeouts", "Callee-Initiated Timeouts"."""
    site = Site()
    callee, caller = site.join(), site.join()
    callee.ask(Register(1, {"forward_timeout": True}, "edge.p"))

    caller.send(Call(7, {"timeout": 1500}, "edge.p"))

    assert callee.read_one().details == {"timeout": 1500}
    site.wait(1.6)
    assert caller.read() == []
    callee.send(Error(Invocation.TYPE, 1, {}, TIMEOUT))
    assert caller.read_one() == Error(Call.TYPE, 7, {}, TIMEOUT)


def test_a_callee_that_asked_for_the_time_and_forgets_it_is_not_waited_for() -> None:
    """Specification, "Call Timeouts": dealers may keep the time all the same."""
    site = Site()
    callee, caller = site.join(), site.join()
    callee.ask(Register(1, {"forward_timeout": True}, "edge.p"))
    caller.send(Call(7, {"timeout": 1500}, "edge.p"))

    site.wait(1.6 + GRACE_S)

    error = caller.read_one()
    assert error.error == TIMEOUT
    assert payload_text(error) == "no answer within 1.5 s"
    assert type(callee.read()[-1]) is Interrupt


def test_callees_that_share_a_procedure_keep_the_time_each_in_their_way() -> None:
    """Specification, "Call Timeouts", with "Shared Registration"."""
    site = Site()
    one, two, caller = site.join(), site.join(), site.join()
    one.ask(Register(1, {"invoke": "roundrobin", "forward_timeout": True}, "edge.p"))
    two.ask(Register(1, {"invoke": "roundrobin"}, "edge.p"))

    caller.send(Call(1, {"timeout": 1000}, "edge.p"))
    caller.send(Call(2, {"timeout": 1000}, "edge.p"))

    assert one.read_one().details == {"timeout": 1000}
    assert two.read_one().details == {}
    site.wait(1.5)
    assert caller.read_one().request_id == 2
