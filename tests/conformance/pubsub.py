"""Publish and subscribe, Basic and Advanced Profile."""

from __future__ import annotations

from typing import Any

from tests.conformance.checks import check
from tests.conformance.client import Client, Stage
from tests.conformance.codes import (
    CALL,
    EVENT,
    PUBLISH,
    PUBLISHED,
    RESULT,
    SUBSCRIBE,
    UNSUBSCRIBE,
    UNSUBSCRIBED,
)

__all__: list[str] = []

PUBSUB = "Publish and subscribe"
ADVANCED = "Publish and subscribe, Advanced Profile"


async def _publish(client: Client, topic: str, *args: Any, **options: Any) -> int:
    """Publish with an acknowledgement; return the id of the publication."""
    await client.request(PUBLISH, {"acknowledge": True, **options}, topic, list(args))
    while (message := await client.receive())[0] != PUBLISHED:
        assert message[0] == EVENT
    return int(message[2])


async def _get_event(client: Client) -> tuple[int, int, dict[str, Any], list[Any]]:
    """Return subscription, publication, details and arguments of the next event."""
    event = await client.expect(EVENT)
    return event[1], event[2], event[3], event[4] if len(event) > 4 else []


@check(PUBSUB, "An event reaches its subscribers, and not its publisher", section="Publishing")
async def publish(stage: Stage) -> None:
    """Publish between two subscribers, one of which is the publisher."""
    publisher, subscriber = await stage.join(), await stage.join()
    await publisher.subscribe("conformance.event")
    subscription = await subscriber.subscribe("conformance.event")
    await publisher.request(
        PUBLISH, {"acknowledge": True}, "conformance.event", ["news"], {"number": 7}
    )
    publication = (await publisher.expect(PUBLISHED))[2]
    event = await subscriber.expect(EVENT)

    assert event[1:3] == [subscription, publication]
    assert event[4:] == [["news"], {"number": 7}]
    assert await publisher.arrived() == []


@check(PUBSUB, "Without acknowledge nobody is answered", section="Publishing")
async def unacknowledged(stage: Stage) -> None:
    """Publish without acknowledge."""
    publisher = await stage.join()
    await publisher.request(PUBLISH, {}, "conformance.quiet")

    assert await publisher.arrived() == []


@check(PUBSUB, "Events arrive in the order of their publication", section="Ordering Guarantees")
async def order(stage: Stage) -> None:
    """Publish a hundred."""
    publisher, subscriber = await stage.join(), await stage.join()
    await subscriber.subscribe("conformance.order")
    for number in range(100):
        await publisher.request(PUBLISH, {}, "conformance.order", [number])

    events = [(await _get_event(subscriber))[3] for _number in range(100)]
    assert events == [[number] for number in range(100)]


@check(PUBSUB, "Subscribing twice gives the same subscription", section="Subscribing")
async def subscribe_twice(stage: Stage) -> None:
    """Subscribe twice and publish once."""
    publisher, subscriber = await stage.join(), await stage.join()
    first = await subscriber.subscribe("conformance.twice")
    second = await subscriber.subscribe("conformance.twice")
    await _publish(publisher, "conformance.twice")

    assert first == second
    assert len(await subscriber.arrived()) == 1


@check(PUBSUB, "Unsubscribing ends the events; an unknown id is an error", section="Unsubscribing")
async def unsubscribe(stage: Stage) -> None:
    """Unsubscribe, once too often."""
    publisher, subscriber = await stage.join(), await stage.join()
    subscription = await subscriber.subscribe("conformance.over")
    await subscriber.request(UNSUBSCRIBE, subscription)
    await subscriber.expect(UNSUBSCRIBED)
    await _publish(publisher, "conformance.over")
    refusal = await subscriber.refused(UNSUBSCRIBE, subscription)

    assert refusal == "wamp.error.no_such_subscription"


@check(PUBSUB, "Topics of the protocol cannot be published", section="URIs")
async def reserved_topic(stage: Stage) -> None:
    """Pretend that a session has joined."""
    publisher = await stage.join()
    refusal = await publisher.refused(PUBLISH, {"acknowledge": True}, "wamp.session.on_join")

    assert refusal.startswith("wamp.error.")


@check(PUBSUB, "What is no URI is invalid_uri", section="URIs")
async def invalid_topic(stage: Stage) -> None:
    """Subscribe to what is no topic."""
    client = await stage.join()
    for topic in ("with space", "double..dot", ""):
        assert await client.refused(SUBSCRIBE, {}, topic) == "wamp.error.invalid_uri"


@check(ADVANCED, "A publisher can have its own event", section="Publisher Exclusion")
async def exclude_me(stage: Stage) -> None:
    """Publish with exclude_me = false."""
    publisher = await stage.join()
    subscription = await publisher.subscribe("conformance.own")
    await publisher.request(PUBLISH, {"exclude_me": False}, "conformance.own")

    assert (await _get_event(publisher))[0] == subscription


@check(
    ADVANCED,
    "Events can be kept from, or for, some sessions",
    section="Subscriber Black- and Whitelisting",
)
async def lists(stage: Stage) -> None:
    """Exclude one of two, then make one of two eligible."""
    publisher, one, two = await stage.join(), await stage.join(), await stage.join()
    for client in (one, two):
        await client.subscribe("conformance.lists")
    await _publish(publisher, "conformance.lists", 1, exclude=[one.session])
    await _publish(publisher, "conformance.lists", 2, eligible=[one.session])
    await _publish(publisher, "conformance.lists", 3, eligible_authrole=["nobody"])
    await _publish(publisher, "conformance.lists", 4, exclude_authid=[two.welcome["authid"]])

    assert [event[4] for event in await one.arrived()] == [[2], [4]]
    assert [event[4] for event in await two.arrived()] == [[1]]


@check(ADVANCED, "A publisher can disclose itself", section="Publisher Identification")
async def publisher_identification(stage: Stage) -> None:
    """Publish with disclose_me."""
    publisher, subscriber = await stage.join(), await stage.join()
    await subscriber.subscribe("conformance.disclosed")
    await _publish(publisher, "conformance.disclosed", disclose_me=True)

    assert (await _get_event(subscriber))[2]["publisher"] == publisher.session


@check(
    ADVANCED,
    "Prefixes and wildcards match, with the topic told",
    section="Pattern-based Subscriptions",
)
async def patterns(stage: Stage) -> None:
    """Subscribe in three ways; one publication, one id."""
    publisher, subscriber = await stage.join(), await stage.join()
    topic = "conformance.pat.tern"
    wanted = {
        await subscriber.subscribe(topic): None,
        await subscriber.subscribe("conformance.pat", match="prefix"): topic,
        await subscriber.subscribe("conformance..tern", match="wildcard"): topic,
    }
    publication = await _publish(publisher, topic)
    events = [await _get_event(subscriber) for _subscription in wanted]

    assert {event[1] for event in events} == {publication}
    told = {subscription: details.get("topic") for subscription, _, details, _ in events}
    assert told.keys() == wanted.keys()
    assert all(told[each] == topic for each, name in wanted.items() if name)


@check(ADVANCED, "The last event is kept for who comes later", section="Event Retention")
async def retention(stage: Stage) -> None:
    """Publish with retain, then subscribe."""
    publisher, subscriber = await stage.join(), await stage.join()
    await _publish(publisher, "conformance.kept", "old", retain=True)
    await _publish(publisher, "conformance.kept", "new", retain=True)
    await subscriber.subscribe("conformance.kept", get_retained=True)
    _subscription, _publication, details, args = await _get_event(subscriber)

    assert args == ["new"]
    assert details["retained"] is True


@check(ADVANCED, "Kept events answer pattern subscriptions as well", section="Event Retention")
async def retention_by_pattern(stage: Stage) -> None:
    """Publish with retain, then subscribe to a prefix and a wildcard."""
    publisher = await stage.join()
    await _publish(publisher, "conformance.keeps.a", 1, retain=True)
    for pattern, match in (("conformance.keeps", "prefix"), ("conformance..a", "wildcard")):
        subscriber = await stage.join()
        await subscriber.subscribe(pattern, match=match, get_retained=True)
        details, args = (await _get_event(subscriber))[2:]
        assert (details.get("retained"), details.get("topic")) == (True, "conformance.keeps.a")
        assert args == [1]


@check(ADVANCED, "A sealed payload passes untouched", section="Payload Passthru Mode")
async def passthru_publish(stage: Stage) -> None:
    """Publish with a scheme of our own."""
    publisher, subscriber = await stage.join(), await stage.join()
    sealed = {"ppt_scheme": "x_conformance", "ppt_serializer": "cbor"}
    await subscriber.subscribe("conformance.sealed.event")
    await _publish(publisher, "conformance.sealed.event", "\x00AAEC", **sealed)
    details, args = (await _get_event(subscriber))[2:]

    assert {key: details.get(key) for key in sealed} == sealed
    assert args == ["\x00AAEC"]


@check(ADVANCED, "A last will is published when its session is lost", section="Session Testament")
async def testament(stage: Stage) -> None:
    """Leave a testament and cut the connection."""
    lost, subscriber = await stage.join(), await stage.join()
    await subscriber.subscribe("conformance.will")
    await lost.request(
        CALL, {}, "wamp.session.add_testament", ["conformance.will", ["gone"], {"n": 1}]
    )
    await lost.expect(RESULT)
    lost.cut()
    event = await subscriber.expect(EVENT, 2.0)

    assert event[4:] == [["gone"], {"n": 1}]
