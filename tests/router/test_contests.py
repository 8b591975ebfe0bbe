from __future__ import annotations

from typing import Any

import pytest

from tests.router.site import PLAIN_ROLES, Peer, Site
from wampedge.router import (
    DynamicAuthorization,
    RealmSettings,
    RoleRules,
    RuleAuthorizer,
    Rules,
    SessionLimits,
)
from wampedge.router.contests import MAX_WAITING, OWN_PATIENCE_S, PATIENCE_S, PROBE_S
from wampedge.wamp.messages import Call, Register, Registered, Unregistered, Yield
from wampedge.wamp.payload import Payload

EXISTS = "wamp.error.procedure_already_exists"
DIFFERS = "wamp.error.procedure_exists_with_different_invocation_policy"
LIMIT = "wampedge.error.limit"


class Line:
    """The connection of a peer that can be asked whether it is alive."""

    def __init__(self, peer: Peer, *, can_tell: bool = True) -> None:
        self.probes: list[float] = []
        self.is_silent = True
        self._can_tell = can_tell
        peer.session.probe = self.probe
        peer.session.is_silent = lambda: self.is_silent

    def probe(self, deadline_s: float) -> bool:
        self.probes.append(deadline_s)
        return self._can_tell


def incumbent(site: Site, **options: Any) -> tuple[Peer, Line]:
    """Let a peer have ``edge.p``."""
    peer = site.join()
    assert isinstance(peer.ask(Register(1, options, "edge.p")), Registered)
    return peer, Line(peer)


def contested(site: Site, **options: Any) -> Peer:
    """Let another peer want ``edge.p``, and wait."""
    newcomer = site.join()
    newcomer.send(Register(5, options, "edge.p"))
    assert newcomer.read() == []
    return newcomer


def refusal(peer: Peer) -> str:
    error = peer.read_one()
    assert (error.request_type, error.request_id) == (Register.TYPE, 5)
    assert isinstance(error.error, str)
    return error.error


def test_a_newcomer_gets_the_name_of_a_callee_that_is_found_dead() -> None:
    """Specification, "Registering", and issue 3: the router probes the incumbent."""
    site = Site()
    old, line = incumbent(site)
    newcomer = contested(site)
    assert line.probes == [PROBE_S]

    site.wait(0.5)
    old.lose()

    registered = newcomer.read_one()
    assert isinstance(registered, Registered)
    assert registered.request_id == 5
    site.wait(60.0)
    assert newcomer.read() == []
    site.join().send(Call(1, {}, "edge.p"))
    assert newcomer.read_one().registration_id == registered.registration_id


def test_a_newcomer_whose_right_ends_while_it_waits_gets_nothing() -> None:
    may_all = {"staff": RoleRules(register=Rules(["edge."]))}
    authorizer = RuleAuthorizer(may_all)
    site = Site([RealmSettings("edge", authorizer=authorizer)])
    old, newcomer = site.join(authrole="staff"), site.join(authrole="staff")
    old.ask(Register(1, {}, "edge.p"))
    Line(old)
    newcomer.send(Register(5, {}, "edge.p"))
    authorizer.replace({})
    site.deliver(site.router.recheck())

    old.lose()

    assert refusal(newcomer) == "wamp.error.not_authorized"
    assert newcomer.session.registrations == {}


def test_what_was_decided_for_this_register_holds_while_it_waits() -> None:
    """An answer of the authorizer that holds for no time at all is for the REGISTER as a whole."""
    rules = RuleAuthorizer({"judge": RoleRules(register=Rules(["site.may"]))})
    dynamic = DynamicAuthorization({"guest": "site.may"})
    site = Site([RealmSettings("edge", authorizer=rules, dynamic=dynamic)])
    judge = site.join(authrole="judge")
    judge.ask(Register(1, {}, "site.may"))
    old, newcomer = site.join(authrole="guest"), site.join(authrole="guest")
    Line(old)
    for peer in (old, newcomer):
        peer.send(Register(5, {}, "edge.p"))
        question = judge.read_one()
        answer = Payload(({"allow": True, "cache": False},))
        judge.send(Yield(question.request_id, {}, answer))
    old.read()

    old.lose()

    assert isinstance(newcomer.read_one(), Registered)


def test_a_callee_that_answers_keeps_its_name() -> None:
    """Specification, "Registering": one callee only."""
    site = Site()
    old, line = incumbent(site)
    newcomer = contested(site)

    line.is_silent = False
    site.wait(0.02)

    assert refusal(newcomer) == EXISTS
    assert old.read() == []
    assert len(site.router.deadlines) == 0


def test_a_callee_that_is_neither_dead_nor_alive_keeps_its_name_in_the_end() -> None:
    """A slow link may need longer for what was queued before the ping."""
    site = Site()
    incumbent(site)
    newcomer = contested(site)

    for _ in range(30):
        site.wait(0.1)

    assert refusal(newcomer) == EXISTS
    assert PATIENCE_S > PROBE_S


def test_a_callee_that_cannot_be_asked_keeps_its_name_at_once() -> None:
    site = Site()
    old = site.join()
    old.ask(Register(1, {}, "edge.p"))
    assert site.join().refused(Register(5, {}, "edge.p")) == EXISTS

    Line(old, can_tell=False)
    assert site.join().refused(Register(5, {}, "edge.p")) == EXISTS


def test_what_the_router_itself_offers_is_not_contested() -> None:
    site = Site()
    realm = site.router._realm_by_name["edge"]
    realm.registrations.offer_built_in("edge.own", lambda _session, _call: [])

    assert site.join().refused(Register(5, {}, "edge.own")) == EXISTS


def test_nobody_contests_its_own_name() -> None:
    site = Site()
    old, line = incumbent(site)

    assert old.refused(Register(5, {}, "edge.p")) == EXISTS
    assert line.probes == []


def test_one_too_many_is_refused_at_once() -> None:
    site = Site([RealmSettings("edge", limits=SessionLimits(registrations=1))])
    shared = {"invoke": "roundrobin"}
    _, line = incumbent(site, **shared)
    newcomer = site.join()
    newcomer.ask(Register(1, {}, "edge.other"))

    assert newcomer.refused(Register(5, shared, "edge.p")) == LIMIT
    assert line.probes == []


def test_a_newcomer_that_has_filled_up_meanwhile_is_refused() -> None:
    site = Site([RealmSettings("edge", limits=SessionLimits(registrations=1))])
    old, _ = incumbent(site)
    newcomer = contested(site)
    newcomer.ask(Register(6, {}, "edge.other"))

    old.lose()

    assert refusal(newcomer) == LIMIT


def test_the_newcomer_goes_on_meanwhile() -> None:
    site = Site()
    incumbent(site)
    newcomer = contested(site)

    assert isinstance(newcomer.ask(Register(6, {}, "edge.other")), Registered)


def test_callees_that_share_a_name_in_another_way_are_asked_too() -> None:
    """Specification, "Shared Registration": the policy of the first holds."""
    site = Site()
    one, line_of_one = incumbent(site, invoke="first")
    two, line_of_two = incumbent(site, invoke="first")
    newcomer = contested(site, invoke="last")
    assert line_of_one.probes == line_of_two.probes == [PROBE_S]

    one.lose()
    assert newcomer.read() == []
    two.lose()

    assert isinstance(newcomer.read_one(), Registered)


def test_one_callee_of_many_that_answers_is_enough() -> None:
    site = Site()
    incumbent(site, invoke="first")
    _, line = incumbent(site, invoke="first")
    newcomer = contested(site, invoke="last")

    line.is_silent = False
    site.wait(0.1)

    assert refusal(newcomer) == DIFFERS


def test_of_many_newcomers_the_first_gets_the_name() -> None:
    site = Site()
    old, _ = incumbent(site)
    first, second = contested(site), contested(site)

    old.lose()

    assert isinstance(first.read_one(), Registered)
    assert refusal(second) == EXISTS


def test_newcomers_that_share_all_get_the_name() -> None:
    """Specification, "Shared Registration"."""
    site = Site()
    old, _ = incumbent(site)
    first, second = (contested(site, invoke="roundrobin") for _ in range(2))

    old.lose()

    assert first.read_one().registration_id == second.read_one().registration_id


def test_a_newcomer_that_leaves_is_forgotten() -> None:
    site = Site()
    old, _ = incumbent(site)
    newcomer, other = contested(site), contested(site)

    newcomer.lose()
    old.lose()

    assert newcomer.read() == []
    assert isinstance(other.read_one(), Registered)
    assert len(site.router.deadlines) == 0


def test_a_name_that_is_given_up_goes_to_who_waits() -> None:
    """Specification, "Unregistering"."""
    site = Site()
    old, _ = incumbent(site)
    newcomer = contested(site)
    (registration_id,) = old.session.registrations

    site.deliver(
        site.router._realm_by_name["edge"].registrations.revoke(
            old.session, old.session.registrations[registration_id], "edge.reason"
        )
    )

    assert isinstance(newcomer.read_one(), Registered)
    old.read()


def test_who_waits_for_a_name_that_its_user_takes_over_is_refused() -> None:
    """Option ``force_reregister``."""
    site = Site()
    old = site.join(authid="joe")
    old.ask(Register(1, {}, "edge.p"))
    Line(old)
    newcomer, other = contested(site), site.join(authid="joe")

    assert isinstance(other.ask(Register(1, {"force_reregister": True}, "edge.p")), Registered)

    assert refusal(newcomer) == EXISTS


def users(site: Site, *methods: str) -> list[Peer]:
    """Let peers join that proved to be one user, as far as *methods* say."""
    peers = [site.join(authid="joe") for _ in methods]
    for peer, method in zip(peers, methods, strict=True):
        peer.session.authmethod = method
    return peers


def test_a_user_has_its_own_names_back_when_its_old_session_is_silent() -> None:
    """Issue 3: same authid takes over its own names; specification, "Registration Revocation"."""
    site = Site()
    old, new = users(site, "wampcra", "wampcra")
    registration_id = old.ask(Register(1, {}, "edge.p")).registration_id
    Line(old)
    new.send(Register(5, {}, "edge.p"))

    for _ in range(10):
        site.wait(OWN_PATIENCE_S / 10)
    site.wait(0.1)

    assert isinstance(new.read_one(), Registered)
    details = {"registration": registration_id, "reason": "wampedge.registration.replaced"}
    assert old.read_one() == Unregistered(0, details)
    assert old.session.is_established
    assert OWN_PATIENCE_S < 1.0


def test_a_user_whose_old_session_answers_is_refused_like_any_other() -> None:
    site = Site()
    old, new = users(site, "ticket", "ticket")
    old.ask(Register(1, {}, "edge.p"))
    line = Line(old)
    new.send(Register(5, {}, "edge.p"))

    line.is_silent = False
    site.wait(0.1)

    assert refusal(new) == EXISTS
    assert old.read() == []


@pytest.mark.parametrize("methods", [("anonymous", "ticket"), ("ticket", "anonymous")])
def test_who_did_not_prove_who_it_is_waits_like_any_other(methods: tuple[str, str]) -> None:
    site = Site()
    old, new = users(site, *methods)
    old.ask(Register(1, {}, "edge.p"))
    Line(old)
    new.send(Register(5, {}, "edge.p"))

    for _ in range(10):
        site.wait(0.15)

    assert new.read() == old.read() == []


def test_a_peer_whose_line_says_nothing_of_silence_counts_as_alive() -> None:
    site = Site()
    old, _ = incumbent(site)
    old.session.is_silent = None
    newcomer = contested(site)

    site.wait(0.1)

    assert refusal(newcomer) == EXISTS


def test_no_more_than_so_many_wait() -> None:
    site = Site()
    incumbent(site)
    newcomer = site.join(roles=PLAIN_ROLES)
    for request_id in range(1, MAX_WAITING + 1):
        newcomer.send(Register(request_id, {}, "edge.p"))
    assert newcomer.read() == []

    assert site.join().refused(Register(5, {}, "edge.p")) == EXISTS
    newcomer.lose()
    assert len(site.router.deadlines) == 0
