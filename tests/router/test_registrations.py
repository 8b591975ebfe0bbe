from __future__ import annotations

import pytest

from tests.router.site import PLAIN_ROLES, Peer, Site, payload_text
from wampedge.router import RealmSettings, SessionLimits
from wampedge.wamp.messages import (
    Call,
    Error,
    Invocation,
    Register,
    Registered,
    Result,
    Unregister,
    Unregistered,
    Yield,
)

EXISTS = "wamp.error.procedure_already_exists"
ABSENT = "wamp.error.no_such_procedure"
FORCE = {"force_reregister": True}


def register(peer: Peer, procedure: str = "edge.pump.on", request_id: int = 1) -> int:
    registered = peer.ask(Register(request_id, {}, procedure))
    assert isinstance(registered, Registered)
    assert registered.request_id == request_id
    return registered.registration_id


def test_a_registered_procedure_can_be_called() -> None:
    """Specification, "Registering and Unregistering"."""
    site = Site()
    callee, caller = site.join(), site.join()
    registration_id = register(callee)

    caller.send(Call(1, {}, "edge.pump.on"))

    assert callee.read_one() == Invocation(1, registration_id, {})


def test_each_registration_has_an_id_of_its_own() -> None:
    site = Site()
    one, two = site.join(), site.join()

    assert len({register(one), register(one, "edge.b", 2), register(two, "edge.c")}) == 3


def test_a_second_registration_of_a_procedure_is_refused() -> None:
    """Specification, "Register ERROR"."""
    site = Site()
    first, second = site.join(), site.join()
    register(first)

    assert second.refused(Register(1, {}, "edge.pump.on")) == EXISTS
    assert first.refused(Register(2, {}, "edge.pump.on")) == EXISTS


def test_an_unregistered_procedure_can_be_called_no_more() -> None:
    """Specification, "UNREGISTER"."""
    site = Site()
    callee, caller = site.join(), site.join()
    registration_id = register(callee)

    assert callee.ask(Unregister(2, registration_id)) == Unregistered(2)

    assert caller.refused(Call(1, {}, "edge.pump.on")) == ABSENT


def test_an_unregistered_procedure_may_be_registered_again() -> None:
    site = Site()
    one, two = site.join(), site.join()
    registration_id = register(one)
    one.ask(Unregister(2, registration_id))

    assert register(two) != registration_id


def test_a_call_under_way_is_answered_after_the_procedure_is_gone() -> None:
    site = Site()
    callee, caller = site.join(), site.join()
    registration_id = register(callee)
    caller.send(Call(1, {}, "edge.pump.on"))
    callee.read()

    callee.ask(Unregister(2, registration_id))
    callee.send(Yield(1, {}))

    assert caller.read_one() == Result(1, {})


def test_an_unknown_registration_is_refused() -> None:
    """Specification, "Unregister ERROR"; ROBUSTNESS P26."""
    assert Site().join().refused(Unregister(1, 99)) == "wamp.error.no_such_registration"


def test_nobody_unregisters_the_procedure_of_somebody_else() -> None:
    site = Site()
    callee, stranger = site.join(), site.join()
    registration_id = register(callee)

    refusal = stranger.refused(Unregister(1, registration_id))

    assert refusal == "wamp.error.no_such_registration"
    stranger.send(Call(2, {}, "edge.pump.on"))
    assert isinstance(callee.read_one(), Invocation)


def test_procedures_of_a_lost_callee_are_free_again() -> None:
    site = Site()
    lost, next_one = site.join(), site.join()
    register(lost)

    lost.lose()

    register(next_one)


def test_the_same_authid_takes_its_procedure_over_by_force() -> None:
    """The ghost of a session that a cable pull left behind must not block the next one."""
    site = Site()
    ghost, heir, caller = site.join(authid="gh1"), site.join(authid="gh1"), site.join()
    old_id = register(ghost)

    registered = heir.ask(Register(1, FORCE, "edge.pump.on"))

    assert isinstance(registered, Registered)
    assert registered.registration_id != old_id
    caller.send(Call(1, {}, "edge.pump.on"))
    assert heir.read_one().registration_id == registered.registration_id


@pytest.mark.parametrize("is_node", [True, False])
def test_a_user_that_has_the_name_of_the_node_is_not_the_node(*, is_node: bool) -> None:
    site = Site()
    owner = site.join(authid="local", is_trusted=is_node)
    register(owner)

    other = site.join(authid="local", is_trusted=not is_node)

    assert other.refused(Register(1, FORCE, "edge.pump.on")) == "wamp.error.not_authorized"
    assert owner.read() == []


def test_who_loses_a_procedure_is_told_which_and_why() -> None:
    """Specification, "Registration Revocation"."""
    site = Site()
    ghost, heir = site.join(authid="gh1"), site.join(authid="gh1")
    old_id = register(ghost)

    heir.ask(Register(1, FORCE, "edge.pump.on"))

    details = {"registration": old_id, "reason": "wampedge.registration.replaced"}
    assert ghost.read_one() == Unregistered(0, details)
    assert ghost.refused(Unregister(2, old_id)) == "wamp.error.no_such_registration"


def test_who_does_not_understand_revocation_is_not_told() -> None:
    site = Site()
    ghost, heir = site.join(authid="gh1", roles=PLAIN_ROLES), site.join(authid="gh1")
    register(ghost)

    heir.ask(Register(1, FORCE, "edge.pump.on"))

    assert ghost.read() == []


def test_a_call_under_way_is_still_answered_by_who_lost_the_procedure() -> None:
    site = Site()
    ghost, heir, caller = site.join(authid="gh1"), site.join(authid="gh1"), site.join()
    register(ghost)
    caller.send(Call(1, {}, "edge.pump.on"))

    heir.ask(Register(1, FORCE, "edge.pump.on"))
    ghost.send(Yield(1, {}))

    assert caller.read_one() == Result(1, {})


def test_a_session_may_replace_its_own_registration() -> None:
    peer = Site().join(authid="gh1")
    old_id = register(peer)

    peer.send(Register(2, FORCE, "edge.pump.on"))

    revoked, registered = peer.read()
    assert isinstance(revoked, Unregistered)
    assert isinstance(registered, Registered)
    assert revoked.details["registration"] == old_id
    assert list(peer.session.registrations) == [registered.registration_id]


def test_force_needs_no_incumbent() -> None:
    assert isinstance(Site().join().ask(Register(1, FORCE, "edge.pump.on")), Registered)


def test_another_authid_steals_nothing() -> None:
    """ROBUSTNESS P41."""
    site = Site()
    owner, thief, caller = site.join(authid="gh1"), site.join(authid="gh2"), site.join()
    register(owner)

    error = thief.ask(Register(1, FORCE, "edge.pump.on"))

    assert isinstance(error, Error)
    assert error.error == "wamp.error.not_authorized"
    assert payload_text(error) == "only the authid that registered 'edge.pump.on' may take it over"
    caller.send(Call(1, {}, "edge.pump.on"))
    assert isinstance(owner.read_one(), Invocation)


def test_two_anonymous_peers_take_nothing_over_from_each_other() -> None:
    site = Site()
    owner, thief = site.join(), site.join()
    register(owner)

    assert thief.refused(Register(1, FORCE, "edge.pump.on")) == "wamp.error.not_authorized"


def test_a_session_may_not_register_without_end() -> None:
    """ROBUSTNESS section 4."""
    site = Site([RealmSettings("edge", limits=SessionLimits(registrations=2))])
    peer = site.join()
    first = register(peer, "edge.a", 1)
    register(peer, "edge.b", 2)

    error = peer.ask(Register(3, {}, "edge.c"))

    assert error.error == "wampedge.error.limit"
    assert payload_text(error) == "a session may have 2 registrations at once"
    peer.ask(Unregister(4, first))
    register(peer, "edge.c", 5)


def test_taking_a_procedure_over_counts_against_the_limit() -> None:
    site = Site([RealmSettings("edge", limits=SessionLimits(registrations=1))])
    ghost, heir = site.join(authid="gh1"), site.join(authid="gh1")
    register(ghost)
    register(heir, "edge.other")

    assert heir.refused(Register(2, FORCE, "edge.pump.on")) == "wampedge.error.limit"
    assert ghost.read() == []
