"""Procedures that several sessions offer together (option ``invoke``)."""

from __future__ import annotations

import itertools

import pytest

from tests.router.site import PLAIN_ROLES, Peer, Site, payload_text
from wampedge.router import RealmSettings, SessionLimits
from wampedge.wamp.messages import (
    Call,
    Cancel,
    Error,
    Interrupt,
    Invocation,
    Register,
    Registered,
    Result,
    Unregister,
    Unregistered,
    Yield,
)

ABSENT = "wamp.error.no_such_procedure"
EXISTS = "wamp.error.procedure_already_exists"
DIFFERS = "wamp.error.procedure_exists_with_different_invocation_policy"
SHARED = ["roundrobin", "random", "first", "last"]


def offer(
    invoke: str, *, match: str = "exact", force: bool = False, request_id: int = 1
) -> Register:
    options = {"invoke": invoke, "match": match, "force_reregister": force}
    return Register(request_id, options, "edge.p")


def register(peer: Peer, invoke: str = "roundrobin", *, match: str = "exact") -> int:
    registered = peer.ask(offer(invoke, match=match))
    assert isinstance(registered, Registered)
    return registered.registration_id


def test_calls_go_round_the_callees() -> None:
    """Specification, "Shared Registration", "Load Balancing"."""
    site = Site()
    callees, caller = [site.join() for _ in range(3)], site.join()
    (registration_id,) = {register(callee) for callee in callees}

    for number in range(1, 7):
        caller.send(Call(number, {}, "edge.p"))

    for callee in callees:
        assert callee.read() == [
            Invocation(1, registration_id, {}),
            Invocation(2, registration_id, {}),
        ]


@pytest.mark.parametrize("match", ["prefix", "wildcard"])
def test_a_pattern_can_be_shared(match: str) -> None:
    site = Site()
    one, two, caller = site.join(), site.join(), site.join()
    assert register(one, match=match) == register(two, match=match)

    caller.send(Call(1, {}, "edge.p"))
    caller.send(Call(2, {}, "edge.p"))

    for callee in (one, two):
        assert callee.read_one().details == {"procedure": "edge.p"}


def test_a_callee_is_drawn_with_the_randomness_of_the_router() -> None:
    ids = iter([101, 102, 103, 4, 5, 7])
    site = Site(random_id=lambda: next(ids))
    even, odd, caller = (site.join(authid=name) for name in ("even", "odd", "caller"))
    register(even, "random")
    register(odd, "random")

    for number in (1, 2, 3):
        caller.send(Call(number, {}, "edge.p"))

    assert (len(even.read()), len(odd.read())) == (1, 2)


def test_details_are_those_the_chosen_callee_understands() -> None:
    site = Site()
    plain, able, caller = site.join(roles=PLAIN_ROLES), site.join(), site.join()
    register(plain)
    register(able)

    for number in (1, 2):
        caller.send(Call(number, {"receive_progress": True}, "edge.p"))

    assert plain.read_one().details == {}
    assert able.read_one().details == {"receive_progress": True}


@pytest.mark.parametrize("invoke", [*SHARED, "single"])
def test_what_is_registered_alone_is_not_shared(invoke: str) -> None:
    """Specification, "Shared Registration": ``single`` fails all that come after it."""
    site = Site()
    register(site.join(), "single")

    assert site.join().refused(offer(invoke)) == EXISTS


@pytest.mark.parametrize("invoke", ["random", "first", "last", "single"])
def test_callees_that_share_must_agree_how(invoke: str) -> None:
    """Specification, "Shared Registration"."""
    site = Site()
    register(site.join(), "roundrobin")

    error = site.join().ask(offer(invoke))

    assert isinstance(error, Error)
    assert error.error == DIFFERS
    assert payload_text(error) == f"'edge.p' is shared with invoke roundrobin, not {invoke}"


@pytest.mark.parametrize("invoke", SHARED)
def test_a_session_shares_a_procedure_once(invoke: str) -> None:
    peer = Site().join()
    register(peer, invoke)

    assert peer.refused(offer(invoke, request_id=2)) == EXISTS


@pytest.mark.parametrize("invoke", SHARED)
def test_a_lost_callee_fails_its_calls_and_gets_no_more(invoke: str) -> None:
    """Its calls may have been carried out already: no other callee is to repeat them."""
    ids = itertools.count(2, 2)  # even, so that the first of two callees is drawn
    site = Site(random_id=lambda: next(ids))
    lost, healthy, caller = site.join(), site.join(), site.join()
    order = [healthy, lost] if invoke == "last" else [lost, healthy]
    for callee in order:
        register(callee, invoke)
    caller.send(Call(1, {}, "edge.p"))
    assert isinstance(lost.read_one(), Invocation)

    lost.lose()
    assert caller.read_one().error == "wamp.error.canceled"

    caller.send(Call(2, {}, "edge.p"))
    healthy.send(Yield(healthy.read_one().request_id, {}))
    assert caller.read_one() == Result(2, {})


def test_a_callee_that_unregisters_leaves_the_procedure_to_the_others() -> None:
    site = Site()
    one, two, caller = site.join(), site.join(), site.join()
    registration_id = register(one)
    register(two)

    assert one.ask(Unregister(2, registration_id)) == Unregistered(2)

    for number in (1, 2):
        caller.send(Call(number, {}, "edge.p"))
    assert one.read() == []
    assert len(two.read()) == 2
    assert one.refused(Unregister(3, registration_id)) == "wamp.error.no_such_registration"


def test_a_shared_procedure_is_free_when_its_last_callee_is_gone() -> None:
    site = Site()
    one, two, caller = site.join(), site.join(), site.join()
    registration_id = register(one)
    register(two)

    two.lose()
    one.ask(Unregister(2, registration_id))

    assert caller.refused(Call(1, {}, "edge.p")) == ABSENT
    assert register(caller, "single") != registration_id


def test_a_callee_may_come_back_to_a_shared_procedure() -> None:
    site = Site()
    one, two = site.join(), site.join()
    registration_id = register(one)
    register(two)
    one.ask(Unregister(2, registration_id))

    assert register(one) == registration_id


def test_taking_a_shared_procedure_over_revokes_it_for_all() -> None:
    """Specification, "Registration Revocation"."""
    site = Site()
    ghosts = [site.join(authid="gh1"), site.join(authid="gh1")]
    silent, heir = site.join(authid="gh1", roles=PLAIN_ROLES), site.join(authid="gh1")
    caller = site.join()
    old_id = {register(peer) for peer in (*ghosts, silent)}.pop()

    registered = heir.ask(offer("first", force=True))

    details = {"registration": old_id, "reason": "wampedge.registration.replaced"}
    assert [ghost.read() for ghost in ghosts] == [[Unregistered(0, details)]] * 2
    assert silent.read() == []
    assert not any(ghost.session.registrations for ghost in (*ghosts, silent))
    caller.send(Call(1, {}, "edge.p"))
    assert heir.read_one() == Invocation(1, registered.registration_id, {})


def test_nobody_takes_over_what_it_shares_with_another_authid() -> None:
    """ROBUSTNESS P41."""
    site = Site()
    one, two = site.join(authid="gh1"), site.join(authid="gh2")
    register(one)
    register(two)

    assert one.refused(offer("roundrobin", force=True)) == "wamp.error.not_authorized"


def test_sharing_a_procedure_counts_against_the_limit() -> None:
    site = Site([RealmSettings("edge", limits=SessionLimits(registrations=1))])
    one, two = site.join(), site.join()
    register(one)
    two.ask(Register(1, {}, "edge.other"))

    assert two.refused(offer("roundrobin", request_id=2)) == "wampedge.error.limit"


BUSY = "wamp.error.no_available_callee"
ONE_AT_A_TIME = {"invoke": "roundrobin", "concurrency": 1}


def busy_callee() -> tuple[Peer, Peer]:
    """A callee that takes one call at a time and has one, and who called."""
    site = Site()
    callee, caller = site.join(), site.join()
    callee.ask(Register(1, ONE_AT_A_TIME, "edge.p"))
    caller.send(Call(1, {}, "edge.p"))
    assert callee.read_one().request_id == 1
    return callee, caller


def test_no_callee_gets_more_calls_at_once_than_it_takes() -> None:
    callee, caller = busy_callee()

    error = caller.ask(Call(2, {}, "edge.p"))

    assert (error.error, payload_text(error)) == (BUSY, "all callees of 'edge.p' are busy")
    assert callee.read() == []


@pytest.mark.parametrize("answer", [Yield(1, {}), Error(Invocation.TYPE, 1, {}, "edge.dry")])
def test_a_callee_that_answered_takes_the_next_call(answer: Yield | Error) -> None:
    callee, caller = busy_callee()

    callee.send(answer)
    caller.read_one()
    caller.send(Call(2, {}, "edge.p"))

    assert callee.read_one().request_id == 2


def test_a_progressive_result_does_not_free_its_callee() -> None:
    callee, caller = busy_callee()

    callee.send(Yield(1, {"progress": True}))

    assert caller.refused(Call(2, {}, "edge.p")) == BUSY


def test_a_canceled_call_frees_its_callee() -> None:
    callee, caller = busy_callee()

    caller.ask(Cancel(1, {"mode": "killnowait"}))
    caller.send(Call(2, {}, "edge.p"))

    interrupt, invocation = callee.read()
    assert isinstance(interrupt, Interrupt)
    assert isinstance(invocation, Invocation)


def test_a_caller_that_leaves_frees_its_callee() -> None:
    site = Site()
    callee, lost, caller = site.join(), site.join(), site.join()
    callee.ask(Register(1, ONE_AT_A_TIME, "edge.p"))
    lost.send(Call(1, {}, "edge.p"))

    lost.lose()
    callee.read()
    caller.send(Call(1, {}, "edge.p"))

    assert isinstance(callee.read_one(), Invocation)


def test_a_callee_that_comes_back_starts_to_count_anew() -> None:
    site = Site()
    callee, other, caller = site.join(), site.join(), site.join()
    registration_id = callee.ask(Register(1, ONE_AT_A_TIME, "edge.p")).registration_id
    other.ask(Register(1, ONE_AT_A_TIME, "edge.p"))
    caller.send(Call(1, {}, "edge.p"))
    callee.read()

    callee.ask(Unregister(2, registration_id))
    callee.ask(Register(3, ONE_AT_A_TIME, "edge.p"))
    callee.send(Yield(1, {}))
    assert caller.read_one() == Result(1, {})

    for number in (2, 3):
        caller.send(Call(number, {}, "edge.p"))
    assert caller.refused(Call(4, {}, "edge.p")) == BUSY
    assert len(callee.read()) == 1
