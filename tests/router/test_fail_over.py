from __future__ import annotations

from typing import Any

import pytest

from tests.router.pair import ARGUMENTS, is_canceled, roles_of_callee
from tests.router.site import ALL_ROLES, Peer, Site
from wampedge.wamp.messages import Call, Cancel, Interrupt, Invocation, Register, Result, Yield
from wampedge.wamp.payload import Payload


def shared(site: Site, *, roles: Any = ALL_ROLES, **options: Any) -> Peer:
    """Let one more callee share ``edge.p``."""
    callee = site.join(roles=roles)
    wanted = {"invoke": "roundrobin", "x_failover": True, **options}
    callee.ask(Register(1, wanted, "edge.p"))
    return callee


def called(site: Site, callee: Peer, **options: Any) -> Peer:
    """Let *callee* get a call; returns the caller."""
    caller = site.join()
    caller.send(Call(7, options, "edge.p", ARGUMENTS))
    assert isinstance(callee.read_one(), Invocation)
    return caller


@pytest.mark.parametrize("invoke", ["roundrobin", "first"])
def test_a_call_goes_to_another_callee_when_its_own_dies(invoke: str) -> None:
    """Specification, "Shared Registration", with the option ``x_failover`` of ours."""
    site = Site()
    one, two = shared(site, invoke=invoke), shared(site, invoke=invoke)
    caller = called(site, one)

    one.lose()

    (registration_id,) = two.session.registrations
    assert two.read_one() == Invocation(1, registration_id, {}, ARGUMENTS)
    assert caller.read() == []
    two.send(Yield(1, {}, Payload([30])))
    assert caller.read_one() == Result(7, {}, Payload([30]))


def test_a_call_survives_all_callees_but_one() -> None:
    site = Site()
    one, two, three = shared(site), shared(site), shared(site)
    caller = called(site, one)

    one.lose()
    two.lose()
    three.send(Yield(1, {}))

    assert caller.read_one() == Result(7, {})


def test_the_last_callee_takes_its_calls_with_it() -> None:
    site = Site()
    one, two = shared(site), shared(site)
    caller = called(site, one)

    one.lose()
    two.lose()

    assert is_canceled(caller.read_one())


@pytest.mark.parametrize(("first", "second"), [(False, True), (True, False), (False, False)])
def test_a_call_is_not_made_twice_unless_all_callees_allow_it(
    first: bool,  # parameter of the test
    second: bool,  # parameter of the test
) -> None:
    """A callee that died may have done it: a relay that toggles would toggle twice."""
    site = Site()
    one, two = shared(site, x_failover=first), shared(site, x_failover=second)
    caller = called(site, one)

    one.lose()

    assert is_canceled(caller.read_one())
    assert two.read() == []


def test_a_newcomer_that_does_not_allow_it_gets_no_second_tries() -> None:
    site = Site()
    one, two = shared(site), shared(site)
    caller = called(site, one)
    shared(site, x_failover=False)

    one.lose()

    assert is_canceled(caller.read_one())
    assert two.read() == []


def test_a_call_that_has_given_a_part_of_its_result_is_not_made_again() -> None:
    """Specification, "Progressive Call Results": the caller has seen the part already."""
    site = Site()
    one, two = shared(site), shared(site)
    caller = called(site, one, receive_progress=True)
    one.send(Yield(1, {"progress": True}))
    caller.read()

    one.lose()

    assert is_canceled(caller.read_one())
    assert two.read() == []


def test_a_call_whose_arguments_come_in_parts_is_not_made_again() -> None:
    """Specification, "Progressive Call Invocations": the parts are gone."""
    site = Site()
    one, two = shared(site), shared(site)
    caller = called(site, one, progress=True)

    one.lose()

    assert is_canceled(caller.read_one())
    assert two.read() == []


def test_a_call_that_is_being_killed_is_not_made_again() -> None:
    """Specification, "Call Canceling", mode ``kill``."""
    site = Site()
    one, two = shared(site), shared(site)
    caller = called(site, one)
    caller.send(Cancel(7, {"mode": "kill"}))

    one.lose()

    assert is_canceled(caller.read_one())
    assert two.read() == []


def test_a_second_try_has_what_is_left_of_the_time() -> None:
    """Specification, "Call Timeouts": the time is that of the whole call."""
    site = Site()
    one, two = shared(site), shared(site)
    caller = called(site, one, timeout=1000)
    site.wait(0.9)
    one.lose()
    two.read()

    site.wait(0.2)

    assert caller.read_one().error == "wamp.error.timeout"
    assert type(two.read_one()) is Interrupt


def test_a_second_try_may_be_canceled() -> None:
    site = Site()
    one, two = shared(site), shared(site)
    caller = called(site, one)
    one.lose()
    two.read()

    caller.send(Cancel(7, {}))

    assert is_canceled(caller.read_one())
    assert two.read_one().request_id == 1


def test_busy_callees_get_no_second_tries() -> None:
    """Specification, "Shared Registration", with the option ``concurrency``."""
    site = Site()
    one, two = shared(site, concurrency=1), shared(site, concurrency=1)
    caller = called(site, one)
    other = called(site, two)

    one.lose()

    assert is_canceled(caller.read_one())
    two.send(Yield(1, {}))
    assert other.read_one() == Result(7, {})


def test_a_second_try_counts_where_it_is_made() -> None:
    site = Site()
    one, two = shared(site, concurrency=1), shared(site, concurrency=1)
    caller = called(site, one)
    one.lose()
    two.read()

    busy = "wamp.error.no_available_callee"
    assert caller.refused(Call(8, {}, "edge.p")) == busy
    two.send(Yield(1, {}))
    assert caller.read_one() == Result(7, {})
    caller.send(Call(9, {}, "edge.p"))
    assert two.read_one().request_id == 2


def test_a_second_try_asks_for_no_more_than_its_callee_can() -> None:
    site = Site()
    one = shared(site, invoke="first")
    two = shared(site, roles=roles_of_callee(), invoke="first")
    caller = called(site, one, receive_progress=True)

    one.lose()

    assert two.read_one().details == {}
    two.send(Yield(1, {"progress": True}))
    assert caller.read() == []


def test_a_callee_that_cannot_read_a_sealed_call_gets_no_second_try() -> None:
    """Specification, "Payload Passthru Mode"."""
    site = Site()
    one, two = shared(site), shared(site, roles=roles_of_callee())
    caller = called(site, one, ppt_scheme="x_mine")

    one.lose()

    assert is_canceled(caller.read_one())
    assert two.read() == []
