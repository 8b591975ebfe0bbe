"""What the node answers where nobody else does (``x_fallback``)."""

from __future__ import annotations

import itertools

from tests.router.site import Peer, Site
from wampedge.wamp.messages import Call, Invocation, Register, Registered, Unregister, Unregistered

REQUESTS = itertools.count(1)
ABSENT, TAKEN = "wamp.error.no_such_procedure", "wamp.error.procedure_already_exists"


def offer(peer: Peer, procedure: str, request_id: int = 1, **options: object) -> int:
    registered = peer.ask(Register(request_id, dict(options), procedure))
    assert isinstance(registered, Registered)
    return registered.registration_id


def callee_of(caller: Peer, procedure: str, *peers: Peer) -> Peer | None:
    """Return who of *peers* is called."""
    caller.send(Call(next(REQUESTS), {}, procedure))
    invoked = [peer for peer in peers if any(isinstance(m, Invocation) for m in peer.read())]
    assert len(invoked) <= 1
    return invoked[0] if invoked else None


def test_a_fallback_answers_what_nobody_else_does_before_and_after() -> None:
    site = Site()
    node, client, caller = site.join(is_trusted=True), site.join(), site.join()
    offer(node, "fleet.", match="prefix", x_fallback=True)

    assert callee_of(caller, "fleet.a", node, client) is node
    exact = offer(client, "fleet.b")
    assert callee_of(caller, "fleet.bb", node, client) is node
    assert callee_of(caller, "fleet.b", node, client) is client
    client.ask(Unregister(9, exact))
    assert callee_of(site.join(), "fleet.b", node, client) is node


def test_the_very_pattern_of_a_fallback_is_free_for_clients() -> None:
    site = Site()
    node, client, caller = site.join(is_trusted=True), site.join(), site.join()
    offer(node, "fleet.", match="prefix", x_fallback=True)
    offer(node, "time", 2, x_fallback=True)
    offer(client, "fleet.", match="prefix")
    offer(client, "time", 2)

    assert callee_of(caller, "fleet.a", node, client) is client
    assert callee_of(caller, "time", node, client) is client


def test_a_fallback_ends_with_unregister_and_with_its_session() -> None:
    site = Site()
    node, caller = site.join(is_trusted=True), site.join()
    registration = offer(node, "time", x_fallback=True)
    assert isinstance(node.ask(Unregister(2, registration)), Unregistered)
    assert caller.refused(Call(1, {}, "time")) == ABSENT

    offer(node, "time", 3, x_fallback=True)
    node.lose()
    assert caller.refused(Call(2, {}, "time")) == ABSENT


def test_there_is_one_fallback_of_a_pattern() -> None:
    site = Site()
    node, other = site.join(is_trusted=True), site.join(is_trusted=True)
    offer(node, "time", x_fallback=True)

    assert other.refused(Register(1, {"x_fallback": True}, "time")) == TAKEN


def test_the_fallback_of_a_client_is_a_registration_like_any_other() -> None:
    site = Site()
    client = site.join()
    offer(client, "time", x_fallback=True)

    assert site.join().refused(Register(1, {}, "time")) == TAKEN


def test_a_fallback_for_everything_answers_nothing_of_the_router() -> None:
    site = Site()
    node, caller = site.join(is_trusted=True), site.join()
    offer(node, "", match="prefix", x_fallback=True)

    assert caller.refused(Call(1, {}, "wamp.no.such")) == ABSENT
    assert callee_of(caller, "fleet.a", node) is node


def test_clients_are_not_told_of_fallbacks() -> None:
    site = Site()
    node, client = site.join(is_trusted=True), site.join()
    registration = offer(node, "time", x_fallback=True)

    client.send(Call(1, {}, "wamp.registration.list"))
    listed = client.read_one().payload.value
    assert registration not in listed["exact"]
