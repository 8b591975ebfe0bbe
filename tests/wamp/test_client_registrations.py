"""What a client offers, and the invocations that come of it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.client_protocol import joined, only, registered
from wampedge.errors import RemoteProtocolError
from wampedge.wamp import effects
from wampedge.wamp.messages import (
    Error,
    Interrupt,
    Invocation,
    Register,
    Registered,
    Unregister,
    Unregistered,
    Yield,
)
from wampedge.wamp.payload import EMPTY, Payload
from wampedge.wamp.recent_ids import MAX_REMEMBERED


def test_registered_comes_back_with_the_endpoint() -> None:
    protocol = joined()

    register = protocol.register("edge.gh1.add", "endpoint", options={"invoke": "single"})
    effect = only(protocol.receive(Registered(1, 500)))

    assert register == Register(1, {"invoke": "single"}, "edge.gh1.add")
    assert effect.request.context == "endpoint"


def test_invocation_names_the_endpoint_and_is_answered_once() -> None:
    protocol = joined()
    registered(protocol, 500)
    invocation = Invocation(9, 500, {}, Payload((1,)))

    effect = only(protocol.receive(invocation))

    assert effect == effects.Invoked("endpoint", invocation)
    assert protocol.yield_result(9, Payload((5,))) == Yield(9, {}, Payload((5,)))
    assert protocol.yield_result(9, EMPTY) is None
    assert protocol.fail(9, "a.b") is None


def test_invocation_may_fail_instead() -> None:
    protocol = joined()
    registered(protocol, 500)
    protocol.receive(Invocation(9, 500, {}))

    error = protocol.fail(9, "edge.error.jammed", Payload(("stuck",)))

    assert error == Error(68, 9, {}, "edge.error.jammed", Payload(("stuck",)))


def test_progress_leaves_the_invocation_open() -> None:
    protocol = joined()
    registered(protocol, 500)
    protocol.receive(Invocation(9, 500, {}))

    part = protocol.yield_result(9, Payload((1,)), is_progress=True)

    assert part == Yield(9, {"progress": True}, Payload((1,)))
    assert protocol.yield_result(9, EMPTY) == Yield(9, {}, EMPTY)
    assert protocol.yield_result(9, EMPTY, is_progress=True) is None


def test_nothing_is_answered_after_the_end() -> None:
    protocol = joined()
    registered(protocol, 500)
    protocol.receive(Invocation(9, 500, {}))
    protocol.lost()

    assert protocol.yield_result(9, EMPTY) is None
    assert protocol.fail(9, "a.b") is None


def test_invocation_for_an_unknown_registration_is_refused() -> None:
    with pytest.raises(RemoteProtocolError, match="unknown registration 500"):
        joined().receive(Invocation(9, 500, {}))


def test_same_invocation_twice_is_refused_while_it_is_open() -> None:
    protocol = joined()
    registered(protocol, 500)
    protocol.receive(Invocation(9, 500, {}))

    with pytest.raises(RemoteProtocolError, match="still open"):
        protocol.receive(Invocation(9, 500, {}))


def test_interrupt_counts_for_an_open_invocation_only() -> None:
    protocol = joined()
    registered(protocol, 500)
    protocol.receive(Invocation(9, 500, {}))

    interrupt = Interrupt(9, {"mode": "killnowait"})

    assert only(protocol.receive(interrupt)) == effects.Interrupted(interrupt)
    protocol.yield_result(9, EMPTY)
    assert protocol.receive(interrupt) == ()


def test_invocations_are_taken_until_unregistered_arrives() -> None:
    protocol = joined()
    registered(protocol, 500)

    unregister = protocol.unregister(500, "context")
    crossed = only(protocol.receive(Invocation(9, 500, {})))
    done = only(protocol.receive(Unregistered(2)))

    assert unregister == Unregister(2, 500)
    assert isinstance(crossed, effects.Invoked)
    assert done.request.context == "context"


def test_invocation_after_unregistered_gets_an_error() -> None:
    protocol = joined()
    registered(protocol, 500)
    protocol.unregister(500)
    protocol.receive(Unregistered(2))

    effect = only(protocol.receive(Invocation(9, 500, {})))

    assert effect == effects.Transmit(Error(68, 9, {}, "wamp.error.no_such_procedure"))


def test_registration_id_in_use_is_refused() -> None:
    protocol = joined()
    registered(protocol, 500)
    protocol.register("edge.gh1.sub", "other")

    with pytest.raises(RemoteProtocolError, match="500, which is in use"):
        protocol.receive(Registered(2, 500))


def test_registration_id_may_be_used_again_later() -> None:
    protocol = joined()
    registered(protocol, 500)
    protocol.unregister(500)
    protocol.receive(Unregistered(2))

    registered(protocol, 500, "other")

    assert only(protocol.receive(Invocation(9, 500, {}))).endpoint == "other"


def test_registration_nobody_waits_for_any_more_is_given_back() -> None:
    protocol = joined()
    protocol.register("edge.gh1.add", "endpoint")
    protocol.abandon(1)

    effect = only(protocol.receive(Registered(1, 500)))

    assert effect == effects.Transmit(Unregister(2, 500))
    assert protocol.receive(Unregistered(2)) == ()


def test_router_may_revoke_a_registration() -> None:
    protocol = joined()
    registered(protocol, 500)
    revocation = Unregistered(0, {"registration": 500, "reason": "wamp.error.unregistered"})

    effect = only(protocol.receive(revocation))

    assert effect == effects.RegistrationRevoked("endpoint", "wamp.error.unregistered")
    assert protocol.receive(revocation) == ()


def test_unregister_that_crossed_a_revocation_still_ends_well() -> None:
    protocol = joined()
    registered(protocol, 500)
    protocol.unregister(500, "context")
    protocol.receive(Unregistered(0, {"registration": 500}))

    assert only(protocol.receive(Unregistered(2))).request.context == "context"


@pytest.mark.parametrize("details", [{}, {"registration": "500"}, {"registration": 0}])
def test_revocation_must_name_a_registration(details: dict[str, Any]) -> None:
    with pytest.raises(RemoteProtocolError, match="name a registration"):
        joined().receive(Unregistered(0, details))


def test_revocation_of_an_unknown_registration_is_refused() -> None:
    with pytest.raises(RemoteProtocolError, match="unknown registration 500"):
        joined().receive(Unregistered(0, {"registration": 500}))


def test_ended_registrations_are_remembered_in_a_bounded_number() -> None:
    protocol = joined()
    for registration_id in range(1, MAX_REMEMBERED + 2):
        registered(protocol, registration_id)
        protocol.receive(Unregistered(0, {"registration": registration_id}))

    assert protocol.receive(Invocation(9, 2, {})) != ()
    with pytest.raises(RemoteProtocolError):
        protocol.receive(Invocation(9, 1, {}))
