from __future__ import annotations

from typing import Any

import pytest

from tests.router.pair import ARGUMENTS, CANCELED, Pair, is_canceled, roles_of_callee
from tests.router.site import ALL_ROLES, PLAIN_ROLES, Site
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
from wampedge.wamp.recent_ids import MAX_REMEMBERED

VIOLATION = "wamp.error.protocol_violation"
UNSUPPORTED = "wamp.error.feature_not_supported"
MORE: dict[str, Any] = {"progress": True}


class Stream(Pair):
    """A call that has begun with one part of its arguments."""

    def __init__(self, **options: Any) -> None:
        super().__init__(with_call=False)
        self.first = self.call(7, progress=True, **options)

    def part(self, number: int, options: dict[str, Any]) -> None:
        """Send one more part."""
        self.caller.send(Call(7, options, "edge.add", Payload([number])))


@pytest.mark.parametrize("last", [{}, {"progress": False}, {"progress": None}])
def test_arguments_may_come_in_parts(last: dict[str, Any]) -> None:
    """Specification, "Progressive Call Invocations", "Message Flow"."""
    stream = Stream()
    registration_id = stream.registration_id

    stream.part(2, MORE)
    stream.part(3, last)

    assert stream.first == Invocation(1, registration_id, MORE, ARGUMENTS)
    assert stream.callee.read() == [
        Invocation(1, registration_id, MORE, Payload([2])),
        Invocation(1, registration_id, {}, Payload([3])),
    ]
    stream.callee.send(Yield(1, {}, Payload([30])))
    assert stream.caller.read_one() == Result(7, {}, Payload([30]))


def test_parts_of_the_result_may_come_between_parts_of_the_arguments() -> None:
    """Specification, "Progressive Call Invocations with Progressive Call Results"."""
    stream = Stream(receive_progress=True)
    assert stream.first.details == {"receive_progress": True, "progress": True}

    stream.callee.send(Yield(1, {"progress": True}, Payload(["a"])))
    stream.part(2, {})
    stream.callee.send(Yield(1, {"progress": True}, Payload(["b"])))
    stream.callee.send(Yield(1, {}, Payload(["c"])))

    assert stream.callee.read_one().details == {"receive_progress": True}
    assert [(each.details, each.payload.args[0]) for each in stream.caller.read()] == [  # type: ignore[union-attr]  # RESULTs
        ({"progress": True}, "a"),
        ({"progress": True}, "b"),
        ({}, "c"),
    ]


def test_the_options_of_the_first_call_hold_for_all() -> None:
    """Specification, "Freezing of Options in Progressive Call Invocations"."""
    stream = Stream(disclose_me=True, timeout=1000)
    seal = {"ppt_scheme": "x_mine"}

    stream.part(2, {"progress": True, "disclose_me": False, "timeout": 1, **seal})
    stream.part(3, {"receive_progress": True})

    identity = {
        "caller": stream.caller.session.id,
        "caller_authid": stream.caller.session.authid,
        "caller_authrole": "anonymous",
    }
    first, last = stream.callee.read()
    assert isinstance(first, Invocation)
    assert isinstance(last, Invocation)
    assert (first.details, last.details) == ({"progress": True, **identity}, identity)
    stream.site.wait(0.5)
    assert stream.caller.read() == []
    stream.site.wait(0.6)
    assert stream.caller.read_one().error == "wamp.error.timeout"


def test_a_caller_that_did_not_announce_parts_may_send_none() -> None:
    """Specification, "Progressive Call Invocations", "Feature Announcement"."""
    pair = Pair(with_call=False)
    caller = pair.site.join(roles=PLAIN_ROLES)

    assert caller.aborted(Call(7, MORE, "edge.add")) == VIOLATION
    assert pair.callee.read() == []


@pytest.mark.parametrize("features", [(), ("progressive_call_invocations",), ("call_canceling",)])
def test_a_callee_that_takes_no_parts_gets_none(features: tuple[str, ...]) -> None:
    """Specification, "Ignoring Progressive Call Invocations"."""
    pair = Pair(callee_roles=roles_of_callee(*features), with_call=False)

    assert pair.caller.refused(Call(7, MORE, "edge.add")) == UNSUPPORTED
    assert pair.callee.read() == []
    assert pair.caller.session.calls == {}


def test_both_spellings_of_canceling_count() -> None:
    """Specification: "Call Canceling" and "Progressive Call Invocations" spell it differently."""
    features = ("progressive_call_invocations", "call_cancelling")
    pair = Pair(callee_roles=roles_of_callee(*features), with_call=False)

    assert pair.call(7, progress=True).details == MORE


def test_all_parts_go_to_one_callee() -> None:
    """Specification, "Progressive Call Invocations and Shared Registration"."""
    site = Site()
    one, two, caller = site.join(), site.join(), site.join()
    shared = {"invoke": "roundrobin", "concurrency": 1}
    one.ask(Register(1, shared, "edge.p"))
    two.ask(Register(1, shared, "edge.p"))

    caller.send(Call(1, MORE, "edge.p"))
    caller.send(Call(2, {}, "edge.p"))
    caller.send(Call(1, MORE, "edge.p"))
    caller.send(Call(1, {}, "edge.p"))

    assert [each.details for each in one.read()] == [MORE, MORE, {}]  # type: ignore[union-attr]  # INVOCATIONs
    assert two.read_one().request_id == 1
    assert caller.refused(Call(3, {}, "edge.p")) == "wamp.error.no_available_callee"
    one.send(Yield(1, {}))
    caller.read()
    caller.send(Call(4, {}, "edge.p"))
    assert one.read_one().request_id == 2


def test_after_the_last_part_there_are_no_more() -> None:
    """ROBUSTNESS P15: the id of a call that is pending still."""
    stream = Stream()
    stream.part(2, {})

    assert stream.caller.aborted(Call(7, MORE, "edge.add")) == VIOLATION


def test_a_part_is_for_the_procedure_of_the_first() -> None:
    stream = Stream()

    assert stream.caller.aborted(Call(7, MORE, "edge.other")) == VIOLATION
    assert stream.callee.read_one().options["mode"] == "killnowait"


def test_a_wrong_option_ends_the_whole_call() -> None:
    stream = Stream()

    stream.part(2, {"progress": "yes"})

    assert stream.caller.read_one().error == "wamp.error.invalid_argument"
    assert type(stream.callee.read_one()) is Interrupt
    stream.part(3, MORE)
    assert stream.caller.read() == stream.callee.read() == []


def test_what_comes_after_the_answer_is_no_new_call() -> None:
    """Specification, "Progressive Call Invocations": the caller could not know yet."""
    stream = Stream()
    stream.callee.send(Error(Invocation.TYPE, 1, {}, "edge.error.enough"))
    assert stream.caller.read_one().error == "edge.error.enough"

    stream.part(2, MORE)
    stream.part(3, MORE)
    stream.part(4, {})

    assert stream.caller.read() == stream.callee.read() == []
    assert stream.site.router.counters.late_inputs == 3


def test_an_id_is_free_after_the_last_late_part() -> None:
    stream = Stream()
    stream.callee.send(Yield(1, {}))
    stream.part(2, {})
    stream.caller.read()

    assert stream.call(7) == Invocation(2, stream.registration_id, {}, ARGUMENTS)


def test_a_call_that_ended_after_its_last_part_leaves_nothing_behind() -> None:
    stream = Stream()
    stream.part(2, {})
    stream.callee.send(Yield(1, {}))
    stream.callee.read()
    stream.caller.read()

    assert stream.call(7).request_id == 2
    assert stream.site.router.counters.late_inputs == 0


def test_the_memory_for_late_parts_is_bounded() -> None:
    pair = Pair(with_call=False)
    for request_id in range(1, MAX_REMEMBERED + 2):
        pair.call(request_id, progress=True)
        pair.callee.send(Yield(request_id, {}))
    pair.caller.read()

    pair.caller.send(Call(2, {}, "edge.add"))
    assert pair.callee.read() == []
    pair.caller.send(Call(1, {}, "edge.add"))
    assert pair.callee.read_one().request_id == MAX_REMEMBERED + 2


def test_a_callee_that_leaves_fails_the_call_once() -> None:
    """Specification, "Progressive Call Invocations", with "Callee leaving"."""
    stream = Stream()

    stream.callee.lose()
    stream.part(2, MORE)
    stream.part(3, {})

    assert is_canceled(stream.caller.read_one())


def test_a_caller_that_leaves_interrupts_the_callee() -> None:
    """Specification, "Progressive Call Cancellation"."""
    stream = Stream()

    stream.caller.lose()

    assert stream.callee.read_one() == Interrupt(1, {"mode": "killnowait", "reason": CANCELED})


def test_parts_after_a_cancel_are_dropped() -> None:
    """Specification, "Call Canceling", while the caller goes on sending."""
    stream = Stream()
    stream.caller.send(Cancel(7, {"mode": "killnowait"}))
    assert is_canceled(stream.caller.read_one())
    assert type(stream.callee.read_one()) is Interrupt

    stream.part(2, MORE)

    assert stream.caller.read() == stream.callee.read() == []


def test_parts_are_dropped_while_a_killed_callee_has_the_last_word() -> None:
    """Specification, "Call Canceling", mode ``kill``."""
    stream = Stream()
    stream.caller.send(Cancel(7, {"mode": "kill"}))
    assert type(stream.callee.read_one()) is Interrupt

    stream.part(2, {})

    assert stream.callee.read() == []
    stream.callee.send(Error(Invocation.TYPE, 1, {}, CANCELED))
    assert is_canceled(stream.caller.read_one())


def test_parts_may_be_sealed() -> None:
    """Specification, "Payload Passthru Mode": nothing prevents the use of both."""
    stream = Stream(ppt_scheme="x_mine")

    stream.part(2, {})

    assert stream.callee.read_one().details == {"ppt_scheme": "x_mine"}


def test_the_router_itself_takes_no_parts_and_nothing_sealed() -> None:
    site = Site()
    realm = site.router._realm_by_name["edge"]
    realm.registrations.offer_built_in("edge.own", lambda _session, _call: [])

    assert site.join().refused(Call(1, MORE, "edge.own")) == UNSUPPORTED
    assert site.join().refused(Call(1, {"ppt_scheme": "x_mine"}, "edge.own")) == UNSUPPORTED
    assert site.join(roles=PLAIN_ROLES).aborted(Call(1, MORE, "edge.own")) == VIOLATION


def test_one_call_in_parts_counts_once() -> None:
    stream = Stream()
    for number in range(5):
        stream.part(number, MORE)

    assert len(stream.caller.session.calls) == len(stream.callee.session.invocations) == 1
    assert ALL_ROLES["caller"]["features"]["progressive_call_invocations"]
