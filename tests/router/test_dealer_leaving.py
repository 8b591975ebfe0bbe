"""What becomes of calls when a caller or a callee leaves."""

from __future__ import annotations

import pytest

from tests.router.pair import CANCELED, Pair, is_canceled
from tests.router.site import PLAIN_ROLES, Peer, Site
from wampedge.wamp.messages import Call, Cancel, Goodbye, Interrupt, Register, Yield


def leave(peer: Peer, how: str) -> None:
    """Let *peer* go in one of the ways a session ends."""
    match how:
        case "lost":
            peer.lose()
        case "goodbye":
            peer.ask(Goodbye({}, "wamp.close.normal"))
        case _:
            peer.aborted(Yield(1, {"enc_algo": "x_broken"}))


WAYS_TO_LEAVE = ["lost", "goodbye", "aborted"]


@pytest.mark.parametrize("how", WAYS_TO_LEAVE)
def test_calls_to_a_callee_that_leaves_are_canceled(how: str) -> None:
    """Specification, "Callee Leaving During an RPC Invocation"; ROBUSTNESS P42."""
    pair = Pair()
    pair.call(8)

    leave(pair.callee, how)

    one, two = pair.caller.read()
    assert is_canceled(one, 7)
    assert is_canceled(two, 8)
    assert pair.caller.session.calls == {}


@pytest.mark.parametrize("how", WAYS_TO_LEAVE)
def test_a_callee_is_interrupted_when_its_caller_leaves(how: str) -> None:
    """Specification, "Caller Leaving During an RPC Invocation"."""
    pair = Pair()

    leave(pair.caller, how)

    assert pair.callee.read_one() == Interrupt(1, {"mode": "killnowait", "reason": CANCELED})
    pair.callee.send(Yield(1, {}))
    assert pair.site.router.counters.late_answers == 1


def test_a_callee_that_cannot_be_interrupted_is_not_told_that_its_caller_left() -> None:
    pair = Pair(callee_roles=PLAIN_ROLES)

    pair.caller.lose()

    assert pair.callee.read() == []


def test_a_callee_that_was_interrupted_is_not_again_when_its_caller_leaves() -> None:
    pair = Pair()
    pair.caller.send(Cancel(7, {"mode": "kill"}))
    pair.callee.read()

    pair.caller.lose()

    assert pair.callee.read() == []


def test_a_session_that_calls_itself_may_leave() -> None:
    site = Site()
    peer = site.join()
    peer.ask(Register(1, {}, "edge.p"))
    peer.ask(Call(2, {}, "edge.p"))

    peer.lose()

    assert peer.read() == []
    assert site.join().refused(Call(1, {}, "edge.p")) == "wamp.error.no_such_procedure"
