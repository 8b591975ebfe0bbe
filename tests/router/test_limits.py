from __future__ import annotations

from typing import Any

import pytest

from tests.router.site import Peer, Site, payload_text
from wampedge.errors import ConfigError
from wampedge.router import ProcedureLimit, RealmSettings, RoleLimits
from wampedge.router.parking import Undecided
from wampedge.wamp.messages import (
    Call,
    Error,
    Invocation,
    Publish,
    Published,
    Register,
    Result,
    Subscribe,
    Yield,
)

LIMIT = "wampedge.error.limit"


def limited(**role_limits: Any) -> Site:
    """Make a site where sessions of the role guest are limited."""
    return Site([RealmSettings("edge", limits_by_role={"guest": RoleLimits(**role_limits)})])


def guarded(*limits: ProcedureLimit) -> Site:
    """Make a site where procedures are limited."""
    return Site([RealmSettings("edge", procedure_limits=limits)])


def callee(site: Site, *procedures: str) -> Peer:
    peer = site.join()
    for request_id, procedure in enumerate(procedures or ("edge.p",), start=1):
        peer.ask(Register(request_id, {}, procedure))
    return peer


def passed(caller: Peer, callee: Peer, *, first_id: int, count: int, **options: Any) -> int:
    """Call so often and say how many calls arrived."""
    for request_id in range(first_id, first_id + count):
        caller.send(Call(request_id, options, "edge.p"))
    caller.read()
    return sum(isinstance(message, Invocation) for message in callee.read())


def test_a_session_may_call_so_often_in_a_second() -> None:
    """Issue 3, line 6: per-session rate limits."""
    site = limited(calls_per_s=10)
    worker, caller = callee(site), site.join(authrole="guest")

    assert passed(caller, worker, first_id=1, count=20) == 10
    site.wait(0.5)
    assert passed(caller, worker, first_id=21, count=20) == 5
    site.wait(60.0)
    assert passed(caller, worker, first_id=41, count=20) == 10


def test_a_refusal_says_what_and_when_to_try_again() -> None:
    site = limited(calls_per_s=4)
    worker, caller = callee(site), site.join(authrole="guest")
    passed(caller, worker, first_id=1, count=4)

    error = caller.ask(Call(5, {}, "edge.p"))

    assert (error.request_id, error.error) == (5, LIMIT)
    assert payload_text(error) == "role guest may make 4 calls a second; try again in 0.25 s"
    site.wait(0.25)
    assert passed(caller, worker, first_id=6, count=2) == 1


def test_less_than_one_in_a_second_is_one_after_a_while() -> None:
    site = limited(calls_per_s=0.5)
    worker, caller = callee(site), site.join(authrole="guest")

    assert passed(caller, worker, first_id=1, count=3) == 1
    site.wait(1.9)
    assert passed(caller, worker, first_id=4, count=3) == 0
    site.wait(0.2)
    assert passed(caller, worker, first_id=7, count=3) == 1


def test_each_session_has_a_rate_of_its_own_and_other_roles_have_none() -> None:
    site = limited(calls_per_s=1)
    worker = callee(site)
    guests = [site.join(authrole="guest") for _ in range(2)]
    others = [site.join(authrole="operator"), site.join(authrole="guest", is_trusted=True)]

    assert [passed(guest, worker, first_id=1, count=3) for guest in guests] == [1, 1]
    assert [passed(other, worker, first_id=1, count=30) for other in others] == [30, 30]


def test_calls_that_are_refused_count_as_well() -> None:
    """Else a session could ask for procedures that do not exist without end."""
    site = limited(calls_per_s=2)
    caller = site.join(authrole="guest")

    uris = [caller.refused(Call(number, {}, "edge.absent")) for number in range(1, 4)]

    absent = "wamp.error.no_such_procedure"
    assert uris == [absent, absent, LIMIT]


def test_a_session_may_have_so_many_calls_pending() -> None:
    """Issue 3, line 6: per-session concurrency limits."""
    site = limited(pending_calls=2)
    worker, caller = callee(site), site.join(authrole="guest")
    assert passed(caller, worker, first_id=1, count=2) == 2

    error = caller.ask(Call(3, {}, "edge.p"))

    text = "role guest may have 2 pending calls at once; try again when one has ended"
    assert (error.error, payload_text(error)) == (LIMIT, text)
    worker.send(Yield(1, {}))
    assert caller.read_one() == Result(1, {})
    assert passed(caller, worker, first_id=4, count=2) == 1


def test_a_session_may_publish_so_often_in_a_second() -> None:
    """Issue 3, line 6: per-session rate limits."""
    site = limited(publications_per_s=2)
    subscriber, guest, other = site.join(), site.join(authrole="guest"), site.join()
    subscriber.ask(Subscribe(1, {}, "edge.t"))

    for publisher in (guest, other):
        for request_id in range(1, 6):
            publisher.send(Publish(request_id, {}, "edge.t"))

    assert len(subscriber.read()) == 2 + 5
    assert guest.read() == []
    assert site.router.counters.publications_dropped == 3
    error = guest.ask(Publish(6, {"acknowledge": True}, "edge.t"))
    text = "role guest may make 2 publications a second; try again in 0.5 s"
    assert (error.error, payload_text(error)) == (LIMIT, text)
    site.wait(0.5)
    assert isinstance(guest.ask(Publish(7, {"acknowledge": True}, "edge.t")), Published)


def test_a_procedure_takes_so_many_calls_in_a_second_from_all_together() -> None:
    """Issue 3, line 6: per-procedure rate limits; the node itself is not excepted."""
    site = guarded(ProcedureLimit("edge.p", calls_per_s=2))
    worker = callee(site, "edge.p", "edge.q")
    caller, node = site.join(), site.join(is_trusted=True)

    assert passed(caller, worker, first_id=1, count=1) == 1
    assert passed(node, worker, first_id=1, count=2) == 1
    error = caller.ask(Call(2, {}, "edge.p"))

    text = "'edge.p' takes 2 calls a second; try again in 0.5 s"
    assert (error.error, payload_text(error)) == (LIMIT, text)
    caller.send(Call(3, {}, "edge.q"))
    assert isinstance(worker.read_one(), Invocation)


def test_procedures_under_one_prefix_share_their_limit() -> None:
    site = guarded(ProcedureLimit("edge.pump.", concurrency=1))
    worker, caller = callee(site, "edge.pump.on", "edge.pump.off"), site.join()
    caller.send(Call(1, {}, "edge.pump.on"))
    assert isinstance(worker.read_one(), Invocation)

    error = caller.ask(Call(2, {}, "edge.pump.off"))

    text = "'edge.pump.' takes 1 calls at once; try again when one has ended"
    assert (error.error, payload_text(error)) == (LIMIT, text)


@pytest.mark.parametrize("ending", ["yield", "error", "callee", "caller", "timeout"])
def test_a_place_is_free_again_however_a_call_ends(ending: str) -> None:
    """Issue 3, line 6: per-procedure concurrency limits."""
    site = guarded(ProcedureLimit("edge.", concurrency=1))
    worker, caller = callee(site), site.join()
    assert passed(caller, worker, first_id=1, count=1, timeout=1000) == 1

    match ending:
        case "yield":
            worker.send(Yield(1, {}))
        case "error":
            worker.send(Error(Invocation.TYPE, 1, {}, "edge.error"))
        case "callee":
            worker.lose()
            worker = callee(site)
        case "caller":
            caller.lose()
            caller = site.join()
        case _:
            site.wait(1.5)

    worker.read()
    assert passed(caller, worker, first_id=7, count=2) == 1


def test_all_limits_of_a_procedure_count() -> None:
    site = guarded(ProcedureLimit("edge.", calls_per_s=3), ProcedureLimit("edge.p", calls_per_s=1))
    worker, caller = callee(site, "edge.p", "edge.q"), site.join()

    assert passed(caller, worker, first_id=1, count=3) == 1
    for request_id in range(11, 15):
        caller.send(Call(request_id, {}, "edge.q"))
    assert len(worker.read()) == 2


def test_who_may_not_call_uses_up_nothing_of_a_procedure() -> None:
    """Specification, "Authorization", with the limits of ours."""
    site = Site(
        [
            RealmSettings(
                "edge",
                actions_by_role={"anonymous": frozenset({"call", "register"})},
                procedure_limits=(ProcedureLimit("edge.p", calls_per_s=1),),
            )
        ]
    )
    worker, stranger = callee(site), site.join(authrole="stranger")

    for request_id in range(1, 6):
        assert stranger.refused(Call(request_id, {}, "edge.p")) == "wamp.error.not_authorized"

    assert passed(site.join(), worker, first_id=1, count=2) == 1


def test_a_call_in_parts_counts_once() -> None:
    """Specification, "Progressive Call Invocations"."""
    site = guarded(ProcedureLimit("edge.p", calls_per_s=1, concurrency=1))
    worker, caller = callee(site), site.join()
    more = {"progress": True}

    for options in (more, more, {}):
        caller.send(Call(1, options, "edge.p"))

    assert [each.details for each in worker.read()] == [more, more, {}]  # type: ignore[union-attr]  # INVOCATIONs
    assert caller.read() == []


def test_late_parts_of_a_call_are_not_counted() -> None:
    """Specification, "Progressive Call Invocations": late parts are ignored, not refused."""
    site = guarded(ProcedureLimit("edge.p", calls_per_s=1))
    worker, caller = callee(site), site.join()
    caller.send(Call(1, {"progress": True}, "edge.p"))
    worker.send(Yield(1, {}))
    caller.read()

    caller.send(Call(1, {"progress": True}, "edge.p"))
    caller.send(Call(2, {}, "edge.p"))

    assert [message.request_id for message in caller.read()] == [2]  # type: ignore[union-attr]  # an ERROR


def test_what_the_router_answers_itself_counts_at_once() -> None:
    site = guarded(ProcedureLimit("edge.own", calls_per_s=2, concurrency=1))
    realm = site.router._realm_by_name["edge"]
    realm.registrations.offer_built_in("edge.own", lambda _session, _call: [])
    caller = site.join()

    for request_id in range(1, 3):
        caller.send(Call(request_id, {}, "edge.own"))

    assert caller.read() == []
    assert caller.refused(Call(3, {}, "edge.own")) == LIMIT


def test_a_call_that_waits_for_a_decision_counts_once() -> None:
    class Slow:
        """Decides when it is asked the second time."""

        is_decided = False

        def allows(self, *_question: object) -> bool:
            if not self.is_decided:
                self.is_decided = True
                raise Undecided(lambda go_on: go_on())
            return True

    limits = {"guest": RoleLimits(calls_per_s=2)}
    site = Site([RealmSettings("edge", authorizer=Slow(), limits_by_role=limits)])
    worker = callee(site)
    caller = site.join(authrole="guest")
    site.router._realm_by_name["edge"].dealer._allows.__self__.is_decided = False  # type: ignore[attr-defined]  # a bound method

    assert passed(caller, worker, first_id=1, count=3) == 2


def test_the_memory_of_procedures_is_bounded() -> None:
    site = guarded(ProcedureLimit("edge.p", calls_per_s=1))
    caller = site.join()

    for number in range(1, 1_102):
        caller.send(Call(number, {}, f"edge.x{number}"))

    limits = site.router._realm_by_name["edge"].reactions[Call].__self__  # type: ignore[attr-defined]  # a bound method
    assert len(limits._gates_by_procedure) == 101


@pytest.mark.parametrize("procedure", ["", "edge p", "edge.{authid}."])
def test_a_limit_is_for_procedures_that_can_be(procedure: str) -> None:
    with pytest.raises(ConfigError):
        ProcedureLimit(procedure, calls_per_s=1)
