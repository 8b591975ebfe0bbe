"""Registrations of many procedures at once (option ``match``), as the dealer serves them."""

from __future__ import annotations

import pytest

from tests.router.site import Peer, Site
from wampedge.router import Action, RealmSettings, RouterSession, SessionLimits
from wampedge.wamp.messages import Call, Invocation, Register, Registered, Unregister

ABSENT = "wamp.error.no_such_procedure"


class ExactOnly:
    """Allows no pattern."""

    def allows(
        self, session: RouterSession, action: Action, uri: str, policy: str = "exact"
    ) -> bool:
        return policy == "exact"


def register(
    peer: Peer, procedure: str, request_id: int = 1, *, match: str = "exact", force: bool = False
) -> int:
    options = {"match": match, "force_reregister": force}
    registered = peer.ask(Register(request_id, options, procedure))
    assert isinstance(registered, Registered)
    return registered.registration_id


@pytest.mark.parametrize(
    ("match", "pattern"),
    [("prefix", "edge.p"), ("prefix", "edge."), ("prefix", ""), ("wildcard", "edge..on")],
)
def test_an_invocation_of_a_pattern_names_the_procedure(match: str, pattern: str) -> None:
    """Specification, "Pattern-based Registrations", "Concrete procedure called"."""
    site = Site()
    callee, caller = site.join(), site.join()
    registration_id = register(callee, pattern, match=match)

    caller.send(Call(1, {}, "edge.pump.on"))

    assert callee.read_one() == Invocation(1, registration_id, {"procedure": "edge.pump.on"})


def test_an_invocation_of_a_pattern_keeps_its_other_details() -> None:
    site = Site()
    callee, caller = site.join(), site.join()
    register(callee, "edge.", match="prefix")

    caller.send(Call(1, {"receive_progress": True}, "edge.pump.on"))

    details = {"procedure": "edge.pump.on", "receive_progress": True}
    assert callee.read_one().details == details


def test_an_exact_invocation_does_not_name_the_procedure() -> None:
    site = Site()
    callee, caller = site.join(), site.join()
    register(callee, "edge.pump.on")

    caller.send(Call(1, {}, "edge.pump.on"))

    assert callee.read_one().details == {}


@pytest.mark.parametrize(
    ("procedure", "rank"),
    [
        ("a1.b2.c3.d4.e55", 1),
        ("a1.b2.c3.d98.e74", 2),
        ("a1.b2.c3.d4.e325", 3),
        ("a1.b2.c55.d4.e5", 4),
        ("a1.b2.c33.d4.e5", 5),
        ("a1.b2.c88.d4.e5.f6.g7", 6),
    ],
)
def test_a_call_goes_where_the_example_of_the_specification_says(procedure: str, rank: int) -> None:
    """Specification, "Calls matching multiple registrations".

    The prefix of row 2 is written with its dot: without it, row 5 (``a1.b2.c33``) starts with it.
    """
    site = Site()
    callee, caller = site.join(), site.join()
    ids = [
        register(callee, "a1.b2.c3.d4.e55", 1),
        register(callee, "a1.b2.c3.", 2, match="prefix"),
        register(callee, "a1.b2.c3.d4", 3, match="prefix"),
        register(callee, "a1.b2..d4.e5", 4, match="wildcard"),
        register(callee, "a1.b2.c33..e5", 5, match="wildcard"),
        register(callee, "a1.b2..d4.e5..g7", 6, match="wildcard"),
        register(callee, "a1.b2..d4..f6.g7", 7, match="wildcard"),
    ]

    caller.send(Call(1, {}, procedure))

    assert callee.read_one().registration_id == ids[rank - 1]
    assert caller.refused(Call(2, {}, "a2.b2.c2.d2.e2")) == ABSENT


def test_the_next_best_registration_answers_when_the_best_is_gone() -> None:
    site = Site()
    callee, caller = site.join(), site.join()
    exact = register(callee, "edge.on", 1)
    prefix = register(callee, "edge.", 2, match="prefix")
    wildcard = register(callee, ".on", 3, match="wildcard")
    answered = []

    for number, registration_id in enumerate([exact, prefix, wildcard], start=1):
        caller.send(Call(number, {}, "edge.on"))
        answered.append(callee.read_one().registration_id)
        callee.ask(Unregister(10 + number, registration_id))

    assert answered == [exact, prefix, wildcard]
    assert caller.refused(Call(9, {}, "edge.on")) == ABSENT


def test_one_pattern_may_be_registered_under_each_way_to_match() -> None:
    site = Site()
    one, two = site.join(), site.join()

    register(one, "edge.on", match="exact")
    register(two, "edge.on", 1, match="prefix")
    register(two, "edge.on", 2, match="wildcard")

    again = Register(2, {"match": "prefix"}, "edge.on")
    assert one.refused(again) == "wamp.error.procedure_already_exists"


def test_a_pattern_is_taken_over_by_its_own_authid_only() -> None:
    """ROBUSTNESS P41."""
    site = Site()
    ghost, heir, thief = site.join(authid="gh1"), site.join(authid="gh1"), site.join(authid="gh2")
    old_id = register(ghost, "edge.", match="prefix")
    theft = Register(1, {"match": "prefix", "force_reregister": True}, "edge.")
    assert thief.refused(theft) == "wamp.error.not_authorized"

    new_id = register(heir, "edge.", match="prefix", force=True)

    assert ghost.read_one().details["registration"] == old_id
    thief.send(Call(2, {}, "edge.on"))
    assert heir.read_one().registration_id == new_id


def test_patterns_of_a_lost_callee_answer_no_more() -> None:
    site = Site()
    lost, caller = site.join(), site.join()
    register(lost, "edge.", match="prefix")
    caller.send(Call(1, {}, "edge.on"))

    lost.lose()

    assert caller.read_one().error == "wamp.error.canceled"
    assert caller.refused(Call(2, {}, "edge.on")) == ABSENT


@pytest.mark.parametrize("procedure", ["wamp.session.unheard", "wampedge.node.stop"])
@pytest.mark.parametrize(
    ("match", "pattern"), [("prefix", ""), ("prefix", "wam"), ("wildcard", "..")]
)
def test_no_pattern_answers_in_place_of_the_router(
    match: str, pattern: str, procedure: str
) -> None:
    site = Site()
    register(site.join(), pattern, match=match)
    caller = site.join()

    assert caller.refused(Call(1, {}, procedure)) == ABSENT


def test_the_node_itself_may_register_patterns_of_its_own_procedures() -> None:
    site = Site()
    node, caller = site.join(is_trusted=True), site.join()
    register(node, "wampedge.node.", match="prefix")

    caller.send(Call(1, {}, "wampedge.node.stop"))

    assert node.read_one().details == {"procedure": "wampedge.node.stop"}


@pytest.mark.parametrize(
    ("match", "pattern"),
    [
        ("prefix", "wamp."),
        ("prefix", "wampedge.x"),
        ("wildcard", "wamp..x"),
        ("prefix", "edge..x"),
        ("wildcard", "a b."),
        ("exact", "edge."),
    ],
)
def test_a_reserved_or_broken_pattern_is_refused(match: str, pattern: str) -> None:
    """ROBUSTNESS P17, P18."""
    peer = Site().join()

    assert peer.refused(Register(1, {"match": match}, pattern)) == "wamp.error.invalid_uri"


def test_a_pattern_needs_to_be_allowed_as_a_pattern() -> None:
    """Whoever may use one URI may not use all that start with it."""
    peer = Site([RealmSettings("edge", authorizer=ExactOnly())]).join()

    for match in ("prefix", "wildcard"):
        refusal = peer.refused(Register(1, {"match": match}, "edge.a"))
        assert refusal == "wamp.error.not_authorized"
    assert isinstance(peer.ask(Register(2, {}, "edge.a")), Registered)


def test_a_session_registers_wildcards_of_so_many_shapes() -> None:
    """The cost of a call to a new procedure grows with the shapes there are."""
    site = Site([RealmSettings("edge", limits=SessionLimits(wildcard_shapes=1))])
    callee, other = site.join(authid="a"), site.join(authid="a")
    wildcard = {"match": "wildcard"}
    first = callee.ask(Register(1, wildcard, "edge.")).registration_id

    assert callee.refused(Register(2, wildcard, ".edge")) == "wampedge.error.limit"
    taken = other.ask(Register(1, {**wildcard, "force_reregister": True}, "edge."))
    callee.read()
    assert isinstance(taken, Registered)
    other.ask(Unregister(2, taken.registration_id))
    assert isinstance(callee.ask(Register(3, wildcard, ".edge")), Registered)
    forced = {**wildcard, "force_reregister": True}
    held = other.ask(Register(3, wildcard, "edge."))
    assert other.refused(Register(4, forced, ".edge")) == "wampedge.error.limit"
    assert isinstance(held, Registered)
    assert first != held.registration_id
