"""What clients have registered: specification, "Registration Meta API"."""

from __future__ import annotations

from typing import Any

import pytest

from tests.router.meta_procedures.ask import ask, refusal
from tests.router.site import Peer, Site
from wampedge.wamp.messages import Register


class Offers:
    """Two callees that share a procedure, patterns of the first, and a caller."""

    def __init__(self) -> None:
        self.site = Site()
        self.one, self.two, self.caller = (self.site.join() for _ in range(3))
        self.shared = _register(self.one, "edge.add", invoke="roundrobin")
        _register(self.two, "edge.add", invoke="roundrobin")
        self.prefix = _register(self.one, "edge", match="prefix")
        self.wildcard = _register(self.one, "edge..state", match="wildcard")


def _register(peer: Peer, procedure: str, **options: Any) -> int:
    registration_id = peer.ask(Register(1, options, procedure)).registration_id
    assert isinstance(registration_id, int)
    return registration_id


def test_registrations_are_listed_by_way_to_match() -> None:
    """Specification, "wamp.registration.list"."""
    offers = Offers()

    assert ask(offers.caller, "wamp.registration.list") == {
        "exact": [offers.shared],
        "prefix": [offers.prefix],
        "wildcard": [offers.wildcard],
    }


def test_what_the_router_offers_itself_is_not_registered() -> None:
    site = Site()
    caller = site.join()

    nothing: dict[str, list[int]] = {"exact": [], "prefix": [], "wildcard": []}
    assert ask(caller, "wamp.registration.list") == nothing
    assert ask(caller, "wamp.registration.lookup", "wamp.registration.list") is None
    assert ask(caller, "wamp.registration.match", "wamp.registration.list") is None


@pytest.mark.parametrize(
    ("args", "name"),
    [
        (("edge.add",), "shared"),
        (("edge.add", {}), "shared"),
        (("edge.add", {"match": None, "invoke": "single", "x": 1}), "shared"),
        (("edge", {"match": "prefix"}), "prefix"),
        (("edge..state", {"match": "wildcard"}), "wildcard"),
        (("edge.relay.state",), None),
        (("edge.add", {"match": "prefix"}), None),
    ],
)
def test_a_registration_is_looked_up_by_its_pattern(
    args: tuple[Any, ...], name: str | None
) -> None:
    """Specification, "wamp.registration.lookup": "according to some match policy"."""
    offers = Offers()

    wanted = None if name is None else getattr(offers, name)
    assert ask(offers.caller, "wamp.registration.lookup", *args) == wanted


@pytest.mark.parametrize(
    ("procedure", "name"),
    [("edge.add", "shared"), ("edge.relay.state", "prefix"), ("other.add", None)],
)
def test_the_best_match_is_the_one_that_would_be_called(procedure: str, name: str | None) -> None:
    """Specification, "wamp.registration.match": "the registration best matching"."""
    offers = Offers()

    wanted = None if name is None else getattr(offers, name)
    assert ask(offers.caller, "wamp.registration.match", procedure) == wanted


def test_a_registration_is_described() -> None:
    """Specification, "wamp.registration.get"."""
    offers = Offers()

    assert ask(offers.caller, "wamp.registration.get", offers.shared) == {
        "id": offers.shared,
        "created": "1970-01-01T00:00:00.000Z",
        "uri": "edge.add",
        "match": "exact",
        "invoke": "roundrobin",
    }


def test_the_callees_of_a_registration_are_listed_and_counted() -> None:
    """Specification, "wamp.registration.list_callees" and "count_callees"."""
    offers = Offers()
    callees = [offers.one.session.id, offers.two.session.id]

    assert ask(offers.caller, "wamp.registration.list_callees", offers.shared) == callees
    assert ask(offers.caller, "wamp.registration.count_callees", offers.shared) == 2
    offers.one.lose()
    assert ask(offers.caller, "wamp.registration.list_callees", offers.shared) == callees[1:]
    assert ask(offers.caller, "wamp.registration.count_callees", offers.shared) == 1


@pytest.mark.parametrize("name", ["get", "list_callees", "count_callees"])
@pytest.mark.parametrize("how", ["unknown", "gone", "taken over"])
def test_a_registration_that_is_not_there_is_no_such_registration(name: str, how: str) -> None:
    """Specification, "wamp.registration.get": ``wamp.error.no_such_registration``."""
    site = Site()
    caller, callee = site.join(authid="gh1"), site.join(authid="gh1")
    registration_id = _register(callee, "edge.add")
    match how:
        case "unknown":
            registration_id += 1
        case "gone":
            callee.lose()
        case _:
            _register(caller, "edge.add", force_reregister=True)

    uri = refusal(caller, f"wamp.registration.{name}", registration_id)
    assert uri == "wamp.error.no_such_registration"


@pytest.mark.parametrize(
    ("name", "args", "uri"),
    [
        ("list", (1,), "wamp.error.invalid_argument"),
        ("lookup", (), "wamp.error.invalid_argument"),
        ("lookup", (7,), "wamp.error.invalid_argument"),
        ("lookup", ("edge.add", "prefix"), "wamp.error.invalid_argument"),
        ("lookup", ("edge.add", {"match": "regex"}), "wamp.error.invalid_argument"),
        ("lookup", ("edge add",), "wamp.error.invalid_uri"),
        ("match", (None,), "wamp.error.invalid_argument"),
        ("match", ("edge..add",), "wamp.error.invalid_uri"),
        ("get", ("edge.add",), "wamp.error.invalid_argument"),
        ("list_callees", (1.0,), "wamp.error.invalid_argument"),
        ("count_callees", (-1,), "wamp.error.invalid_argument"),
    ],
)
def test_wrong_arguments_are_refused(name: str, args: tuple[Any, ...], uri: str) -> None:
    assert refusal(Site().join(), f"wamp.registration.{name}", *args) == uri
