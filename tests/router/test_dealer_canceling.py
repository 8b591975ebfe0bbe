"""CANCEL at the dealer (specification, "Call Canceling")."""

from __future__ import annotations

from typing import Any

import pytest

from tests.router.pair import CANCELED, Pair, is_canceled
from tests.router.site import PLAIN_ROLES, payload_text
from wampedge.wamp.messages import Call, Cancel, Error, Interrupt, Invocation, Result, Yield
from wampedge.wamp.payload import Payload


def test_skip_answers_the_caller_and_leaves_the_callee_alone() -> None:
    """Specification, "Call Canceling"."""
    pair = Pair()

    assert is_canceled(pair.caller.ask(Cancel(7, {"mode": "skip"})))

    assert pair.callee.read() == []
    pair.callee.send(Yield(1, {}))
    assert pair.caller.read() == []


@pytest.mark.parametrize("options", [{"mode": "killnowait"}, {}, {"mode": None}])
def test_killnowait_answers_the_caller_and_interrupts_the_callee(options: dict[str, Any]) -> None:
    """Specification, "Call Canceling"; it is what a CANCEL without a mode means."""
    pair = Pair()

    assert is_canceled(pair.caller.ask(Cancel(7, options)))

    assert pair.callee.read_one() == Interrupt(1, {"mode": "killnowait", "reason": CANCELED})
    pair.callee.send(Error(Invocation.TYPE, 1, {}, CANCELED))
    assert pair.caller.read() == []


def test_kill_interrupts_the_callee_and_waits_for_its_answer() -> None:
    """Specification, "Call Canceling"."""
    pair = Pair()

    pair.caller.send(Cancel(7, {"mode": "kill"}))

    assert pair.caller.read() == []
    assert pair.callee.read_one() == Interrupt(1, {"mode": "kill", "reason": CANCELED})
    pair.callee.send(Error(Invocation.TYPE, 1, {}, CANCELED))
    assert is_canceled(pair.caller.read_one())


def test_a_callee_may_finish_before_the_interrupt_arrives() -> None:
    """Specification, "Call Canceling", mode kill."""
    pair = Pair()
    pair.caller.send(Cancel(7, {"mode": "kill"}))

    pair.callee.send(Yield(1, {}, Payload([30])))

    assert pair.caller.read_one() == Result(7, {}, Payload([30]))


@pytest.mark.parametrize("mode", ["skip", "kill", "killnowait"])
def test_a_callee_that_cannot_be_interrupted_is_left_alone(mode: str) -> None:
    """Specification, "Call Canceling": then the behavior is skip."""
    pair = Pair(callee_roles=PLAIN_ROLES)

    assert is_canceled(pair.caller.ask(Cancel(7, {"mode": mode})))
    assert pair.callee.read() == []


def test_a_callee_is_interrupted_once() -> None:
    pair = Pair()
    pair.caller.send(Cancel(7, {"mode": "kill"}))
    pair.callee.read()

    pair.caller.send(Cancel(7, {"mode": "kill"}))

    assert pair.caller.read() == []
    assert pair.callee.read() == []


@pytest.mark.parametrize("mode", ["skip", "killnowait"])
def test_a_caller_may_stop_waiting_after_kill(mode: str) -> None:
    pair = Pair()
    pair.caller.send(Cancel(7, {"mode": "kill"}))
    pair.callee.read()

    assert is_canceled(pair.caller.ask(Cancel(7, {"mode": mode})))
    assert pair.callee.read() == []


@pytest.mark.parametrize("mode", ["nope", 5, ["kill"]])
def test_a_mode_that_does_not_exist_ends_the_call_all_the_same(mode: object) -> None:
    """Clients know no ERROR for a CANCEL, so the CALL is answered."""
    pair = Pair()

    error = pair.caller.ask(Cancel(7, {"mode": mode}))

    assert (error.request_type, error.request_id) == (Call.TYPE, 7)
    assert error.error == "wamp.error.invalid_argument"
    assert payload_text(error).startswith("option mode must be one of ")
    assert isinstance(pair.callee.read_one(), Interrupt)


def test_canceling_a_call_that_is_answered_is_ignored_and_counted() -> None:
    """ROBUSTNESS P25: the race is legal."""
    pair = Pair()
    pair.callee.send(Yield(1, {}))
    pair.caller.read()

    pair.caller.send(Cancel(7, {}))
    pair.caller.send(Cancel(99, {"mode": "nope"}))

    assert pair.caller.read() == []
    assert pair.callee.read() == []
    assert pair.site.router.counters.late_cancels == 2


def test_nobody_cancels_the_call_of_somebody_else() -> None:
    pair = Pair()

    pair.site.join().send(Cancel(7, {}))

    assert pair.callee.read() == []
    pair.callee.send(Yield(1, {}))
    assert pair.caller.read_one() == Result(7, {})
