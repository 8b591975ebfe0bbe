"""Meta API, testaments and statistics over every transport with every serializer."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.wire.rig import EVERY_ROUTE, Site, WirePeer, open_site

pytestmark = pytest.mark.parametrize("route", EVERY_ROUTE, ids=" ".join)


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    async with open_site(tmp_path, is_encrypted=True) as running:
        yield running


async def subscribe(peer: WirePeer, *topics: str) -> dict[int, str]:
    """Subscribe and return the topics by the ids of their subscriptions."""
    topic_by_id = {}
    for number, topic in enumerate(topics, 1):
        topic_by_id[(await peer.ask(32, number, {}, topic))[2]] = topic
    return topic_by_id


async def test_a_session_that_joins_and_is_lost_is_told_of(
    site: Site, route: tuple[str, str]
) -> None:
    """Specification, "Session Meta Events"; "fired on abrupt loss too"."""
    watcher = await site.join(*route)
    topics = await subscribe(watcher, "wamp.session.on_join", "wamp.session.on_leave")
    peer = await site.connect(*route)
    session_id = await peer.join()
    joined = await watcher.hear()
    await peer.close()
    left = await watcher.hear()

    details: dict[str, Any] = joined[4][0]
    assert (topics[joined[1]], topics[left[1]]) == ("wamp.session.on_join", "wamp.session.on_leave")
    assert (details["session"], details["authrole"]) == (session_id, "local")
    assert details["transport"]["type"] in {"websocket", "rawsocket"}
    assert left[4] == [session_id, details["authid"], "local"]


async def test_subscriptions_and_registrations_are_told_of_and_found(
    site: Site, route: tuple[str, str]
) -> None:
    """Specification, "Subscription Meta API" and "Registration Meta API"."""
    watcher, peer = await site.join(*route), await site.join(*route)
    topics = await subscribe(watcher, "wamp.subscription.on_create", "wamp.registration.on_create")
    subscription_id = (await peer.ask(32, 1, {}, "com.topic"))[2]
    registration_id = (await peer.ask(64, 2, {}, "com.procedure"))[2]
    events = [await watcher.hear(), await watcher.hear()]

    assert [topics[event[1]] for event in events] == list(topics.values())
    assert [event[4][1]["id"] for event in events] == [subscription_id, registration_id]
    found = await watcher.ask(48, 3, {}, "wamp.subscription.get", [subscription_id])
    assert found[3] == [events[0][4][1]]
    found = await watcher.ask(48, 4, {}, "wamp.registration.get", [registration_id])
    assert found[3] == [events[1][4][1]]


async def test_a_killed_session_gets_goodbye(site: Site, route: tuple[str, str]) -> None:
    """Specification, "wamp.session.kill"."""
    caller, peer = await site.join(*route), await site.connect(*route)
    session_id = await peer.join()
    words = {"reason": "com.enough", "message": "go"}

    assert await caller.ask(48, 1, {}, "wamp.session.kill", [session_id], words) == [50, 1, {}]
    assert await peer.hear() == [6, {"message": "go"}, "com.enough"]
    assert (await caller.ask(48, 2, {}, "wamp.session.get", [session_id]))[4] == (
        "wamp.error.no_such_session"
    )


async def test_a_testament_is_published_when_the_connection_is_lost(
    site: Site, route: tuple[str, str]
) -> None:
    """Specification, "Testament"."""
    heir, peer = await site.join(*route), await site.join(*route)
    await subscribe(heir, "com.lost")
    will = ["com.lost", ["Seeya!"], {"my_name": "app1"}]

    assert await peer.ask(48, 1, {}, "wamp.session.add_testament", will) == [50, 1, {}]
    await peer.close()
    assert (await heir.hear())[3:] == [{}, ["Seeya!"], {"my_name": "app1"}]


async def test_statistics_can_be_carried(site: Site, route: tuple[str, str]) -> None:
    peer = await site.join(*route)
    (facts,) = (await peer.ask(48, 1, {}, "wampedge.router.stats"))[3]

    assert facts["sessions"]["by_role"] == {"local": 1}
    assert facts["transport"]["connections"] == 1
