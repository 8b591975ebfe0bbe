"""How much a realm has to do."""

from __future__ import annotations

from typing import Any

from tests.router.meta_procedures.ask import ask, refusal
from tests.router.site import Peer, Site
from wampedge.router import RealmSettings
from wampedge.wamp.messages import Call, Publish, Register, Subscribe, Yield

STATS = "wampedge.router.stats"


class Busy:
    """A site with a caller, and one session that is subscribed and offers a procedure."""

    def __init__(self) -> None:
        self.site = Site()
        self.caller = self.site.join(authrole="admins")
        self.peer = self.site.join(authrole="gauges")
        self.peer.ask(Subscribe(1, {}, "edge.state"))
        self.peer.ask(Register(2, {}, "edge.read"))
        self._request_id = 0

    def stats(self) -> dict[str, Any]:
        """Ask for the statistics."""
        facts = ask(self.caller, STATS)
        assert isinstance(facts, dict)
        return facts

    def call(self, count: int, *, answered: bool = True) -> None:
        """Let the caller call *count* times."""
        for _ in range(count):
            self._request_id += 1
            self.caller.send(Call(self._request_id, {}, "edge.read"))
            invocation = self.peer.read_one()
            if answered:
                self.peer.send(Yield(invocation.request_id, {}))
                self.caller.read_one()

    def publish(self, count: int, topic: str = "edge.state") -> None:
        """Let the caller publish *count* times."""
        for _ in range(count):
            self._request_id += 1
            self.caller.send(Publish(self._request_id, {}, topic))
        self.peer.read()


def test_what_there_is_is_told() -> None:
    busy = Busy()
    busy.call(2)
    busy.call(1, answered=False)
    busy.publish(4)
    busy.publish(3, topic="nobody.listens")
    facts = busy.stats()

    assert facts["sessions"] == {"joined": 2, "by_role": {"admins": 1, "gauges": 1}, "total": 2}
    assert (facts["subscriptions"], facts["registrations"]) == (1, 1)
    assert facts["calls"] == {"pending": 1, "total": 3}
    assert facts["publications"] == {"total": 4}


def test_what_sessions_did_is_told_when_they_are_gone() -> None:
    busy = Busy()
    busy.call(2)
    busy.peer.lose()
    facts = busy.stats()

    assert facts["sessions"] == {"joined": 1, "by_role": {"admins": 1}, "total": 2}
    assert (facts["subscriptions"], facts["registrations"]) == (0, 0)
    assert facts["calls"] == {"pending": 0, "total": 2}


def test_what_the_router_counts_is_told() -> None:
    busy = Busy()
    refusal(busy.caller, "nobody.there")
    counted = busy.stats()["router"]

    assert counted["sessions_opened"] == 2
    assert counted["requests_refused"] == 1
    assert counted["sessions_aborted"] == 0


def test_what_the_connections_know_is_told() -> None:
    busy = Busy()
    assert busy.stats()["transport"] == {}
    busy.site.router.report_transport(lambda: {"connections": 7})

    assert busy.stats()["transport"] == {"connections": 7}


def test_rates_are_per_second_since_the_router_started() -> None:
    busy = Busy()
    busy.call(5)
    busy.publish(10)
    busy.site.wait(4.0)

    assert busy.stats()["rates"] == {
        "over_s": 4.0,
        "sessions_per_s": 0.5,
        "calls_per_s": 1.25,
        "publications_per_s": 2.5,
    }


def test_no_rates_are_told_of_no_time() -> None:
    assert Busy().stats()["rates"] == {}


def test_rates_look_back_a_minute_where_somebody_looked_then() -> None:
    busy = Busy()
    busy.call(60)
    busy.site.wait(30.0)
    assert busy.stats()["rates"]["calls_per_s"] == 2.0
    busy.site.wait(30.0)
    assert busy.stats()["rates"]["over_s"] == 60.0
    busy.site.wait(30.0)
    busy.call(30)
    rates = busy.stats()["rates"]

    assert (rates["over_s"], rates["calls_per_s"]) == (60.0, 0.5)


def test_rates_look_back_to_the_last_look_if_that_is_longer_ago() -> None:
    busy = Busy()
    busy.site.wait(10.0)
    busy.stats()
    busy.site.wait(3600.0)
    busy.call(36)
    rates = busy.stats()["rates"]

    assert (rates["over_s"], rates["calls_per_s"]) == (3600.0, 0.01)


def test_looking_often_does_not_shorten_what_rates_look_at() -> None:
    busy = Busy()
    looks = []
    for _ in range(1_000):
        busy.site.wait(0.125)
        looks.append(busy.stats()["rates"]["over_s"])

    assert 60.0 <= looks[-1] < 62.0
    statistics = busy.caller.session.realm.statistics  # type: ignore[union-attr]  # it has joined
    assert len(statistics._looks) <= 62


def test_statistics_are_of_one_realm() -> None:
    site = Site([RealmSettings("edge"), RealmSettings("other")])
    caller: Peer = site.join()
    site.join(realm="other")

    assert ask(caller, STATS)["sessions"]["joined"] == 1
    assert ask(caller, STATS)["router"]["sessions_opened"] == 2


def test_arguments_are_refused() -> None:
    assert refusal(Site().join(), STATS, 1) == "wamp.error.invalid_argument"
