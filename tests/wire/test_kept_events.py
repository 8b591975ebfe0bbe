"""Retained events, event history and revoked subscriptions on real sockets."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Any

import pytest

from tests.wire.rig import WELCOMING_HELLO, open_site
from wampedge.router import Action, RealmSettings, RouterSession
from wampedge.router.history import HistoryRule

ROUTES = list(product(("ws", "raw"), ("json", "msgpack")))
PAIRS = list(product(ROUTES, ROUTES))
REVOCABLE = {"subscriber": {"features": {"subscription_revocation": True}}, "caller": {}}


def name(pair: Any) -> str:
    (a, b), (c, d) = pair
    return f"{a} {b} to {c} {d}"


class Fickle:
    """Allows everything until it is told otherwise."""

    is_open = True

    def allows(
        self, session: RouterSession, action: Action, uri: str, policy: str = "exact"
    ) -> bool:
        return self.is_open or action != "subscribe"


@pytest.mark.parametrize("pair", PAIRS, ids=name)
async def test_a_retained_event_crosses_every_pair_of_peers(pair: Any, tmp_path: Path) -> None:
    """Specification, "Event Retention"."""
    async with open_site(tmp_path) as site:
        publisher, late = await site.join(*pair[0]), await site.join(*pair[1])
        options = {"retain": True, "acknowledge": True}
        told = [21.5, "°C", None, True], {"n": 2**40}
        published = await publisher.ask(16, 1, options, "com.site.air", *told)
        await publisher.ask(16, 2, options, "com.site.lamp", ["on"])

        subscribed = await late.ask(32, 1, {"get_retained": True}, "com.site.air")
        assert await late.hear() == [36, subscribed[2], published[2], {"retained": True}, *told]
        pattern = {"get_retained": True, "match": "prefix"}
        subscribed = await late.ask(32, 2, pattern, "com.site.")
        events = [await late.hear(), await late.hear()]

        assert [event[3] for event in events] == [
            {"retained": True, "topic": "com.site.air"},
            {"retained": True, "topic": "com.site.lamp"},
        ]
        assert [event[4] for event in events] == [told[0], ["on"]]
        publisher.say([16, 3, {}, "com.site.air", [22.0]])
        live = [await late.hear(), await late.hear()]
        assert [event[3] for event in live] == [{}, {"topic": "com.site.air"}]


@pytest.mark.parametrize("pair", PAIRS, ids=name)
async def test_the_history_crosses_every_pair_of_peers(pair: Any, tmp_path: Path) -> None:
    """Specification, "Event History"."""
    settings = RealmSettings("realm1", history=(HistoryRule("com.site."),))
    async with open_site(tmp_path, settings) as site:
        publisher, reader = await site.join(*pair[0]), await site.join(*pair[1])
        ids = [
            (await publisher.ask(16, n, {"acknowledge": True}, "com.site.air", [n], {"u": "°"}))[2]
            for n in range(1, 5)
        ]
        (subscription_id,) = (
            await reader.ask(
                48, 1, {}, "wamp.subscription.lookup", ["com.site.", {"match": "prefix"}]
            )
        )[3]

        result = await reader.ask(
            48, 2, {}, "wamp.subscription.get_events", [subscription_id],
            {"after_publication": ids[0], "limit": 2},
        )  # fmt: skip

        assert result[:3] == [50, 2, {}]
        assert result[4] == {"is_limit_reached": True}
        assert [event["publication"] for event in result[3]] == ids[1:3]
        first = result[3][0]
        assert (first["args"], first["kwargs"]) == ([2], {"u": "°"})
        assert first["details"] == {"topic": "com.site.air"}
        assert first["subscription"] == subscription_id


@pytest.mark.parametrize("route", ROUTES, ids="-".join)
async def test_a_subscription_that_is_taken_away_is_told(
    route: tuple[str, str], tmp_path: Path
) -> None:
    """Specification, "Subscription Revocation"."""
    authorizer = Fickle()
    settings = RealmSettings("realm1", authorizer=authorizer)
    async with open_site(tmp_path, settings) as site:
        peer = await site.connect(*route)
        await peer.ask(*WELCOMING_HELLO[:2], {"roles": REVOCABLE})
        subscription_id = (await peer.ask(32, 1, {}, "com.site.air"))[2]
        operator = await site.join(*route)
        authorizer.is_open = False

        assert (await operator.ask(48, 1, {}, "wampedge.router.recheck"))[0] == 50

        reason = {"subscription": subscription_id, "reason": "wamp.error.not_authorized"}
        assert await peer.hear() == [35, 0, reason]
