"""The meta API: what a router tells of sessions, registrations and subscriptions."""

from __future__ import annotations

from typing import Any

from tests.conformance.checks import check
from tests.conformance.client import Client, Stage
from tests.conformance.codes import CALL, EVENT, GOODBYE, RESULT

__all__: list[str] = []

META = "Meta API"


async def _ask(client: Client, procedure: str, *args: Any, **kwargs: Any) -> list[Any]:
    """Call a meta procedure and return its positional results."""
    request = await client.request(CALL, {}, procedure, list(args), kwargs)
    result = await client.expect(RESULT)
    assert result[1] == request
    return list(result[3]) if len(result) > 3 else []


@check(META, "Sessions can be counted, listed and looked at", section="Session Meta API")
async def sessions(stage: Stage) -> None:
    """Look for another session."""
    client, other = await stage.join(), await stage.join()
    (count,) = await _ask(client, "wamp.session.count")
    (listed,) = await _ask(client, "wamp.session.list")
    (details,) = await _ask(client, "wamp.session.get", other.session)

    assert count >= 2
    assert {client.session, other.session} <= set(listed)
    assert details["session"] == other.session
    assert details["authrole"] == other.welcome["authrole"]


@check(META, "An unknown session is no_such_session", section="Session Meta API")
async def no_such_session(stage: Stage) -> None:
    """Look for a session that is not there."""
    client = await stage.join()

    refusal = await client.refused(CALL, {}, "wamp.session.get", [1])
    assert refusal == "wamp.error.no_such_session"


@check(META, "Sessions that come and go are told of, lost ones too", section="Session Meta API")
async def session_events(stage: Stage) -> None:
    """Watch another session join, and lose it."""
    watcher = await stage.join()
    joins = await watcher.subscribe("wamp.session.on_join")
    leaves = await watcher.subscribe("wamp.session.on_leave")
    other = await stage.join()
    joined = await watcher.expect(EVENT)
    other.cut()
    left = await watcher.expect(EVENT, 2.0)

    assert (joined[1], joined[4][0]["session"]) == (joins, other.session)
    assert (left[1], left[4][0]) == (leaves, other.session)


@check(META, "A session can be killed", section="Session Meta API")
async def kill(stage: Stage) -> None:
    """Kill another session."""
    client, other = await stage.join(), await stage.join()
    request = await client.request(
        CALL, {}, "wamp.session.kill", [other.session], {"reason": "conformance.enough"}
    )
    goodbye = await other.expect(GOODBYE)

    assert goodbye[2] == "conformance.enough"
    assert (await client.expect(RESULT))[1] == request


@check(META, "Registrations can be looked up", section="Registration Meta API")
async def registrations(stage: Stage) -> None:
    """Look for one's own registration in all ways."""
    client = await stage.join()
    registration = await client.register("conformance.meta")
    (listed,) = await _ask(client, "wamp.registration.list")
    (found,) = await _ask(client, "wamp.registration.lookup", "conformance.meta")
    (matched,) = await _ask(client, "wamp.registration.match", "conformance.meta")
    (details,) = await _ask(client, "wamp.registration.get", registration)
    (callees,) = await _ask(client, "wamp.registration.list_callees", registration)
    (count,) = await _ask(client, "wamp.registration.count_callees", registration)

    assert registration in listed["exact"]
    assert (found, matched) == (registration, registration)
    assert (details["uri"], details["match"]) == ("conformance.meta", "exact")
    assert (callees, count) == ([client.session], 1)


@check(META, "Registrations that come and go are told of", section="Registration Meta API")
async def registration_events(stage: Stage) -> None:
    """Watch a registration come and its callee be lost."""
    watcher, callee = await stage.join(), await stage.join()
    names = {}
    for name in ("create", "register", "unregister", "delete"):
        names[await watcher.subscribe(f"wamp.registration.on_{name}")] = name
    registration = await callee.register("conformance.meta.events")
    callee.cut()
    events = [await watcher.expect(EVENT, 2.0) for _name in names]

    assert [names[event[1]] for event in events] == ["create", "register", "unregister", "delete"]
    assert events[0][4][1]["id"] == registration
    assert [event[4][0] for event in events] == [callee.session] * 4
    assert [event[4][1] for event in events[1:]] == [registration] * 3


@check(META, "Subscriptions can be looked up", section="Subscription Meta API")
async def subscriptions(stage: Stage) -> None:
    """Look for one's own subscription in all ways."""
    client = await stage.join()
    subscription = await client.subscribe("conformance.meta.topic")
    (listed,) = await _ask(client, "wamp.subscription.list")
    (found,) = await _ask(client, "wamp.subscription.lookup", "conformance.meta.topic")
    (matched,) = await _ask(client, "wamp.subscription.match", "conformance.meta.topic")
    (details,) = await _ask(client, "wamp.subscription.get", subscription)
    (subscribers,) = await _ask(client, "wamp.subscription.list_subscribers", subscription)
    (count,) = await _ask(client, "wamp.subscription.count_subscribers", subscription)

    assert subscription in listed["exact"]
    assert found == subscription
    assert subscription in matched
    assert details["uri"] == "conformance.meta.topic"
    assert (subscribers, count) == ([client.session], 1)


@check(META, "Subscriptions that come and go are told of", section="Subscription Meta API")
async def subscription_events(stage: Stage) -> None:
    """Watch a subscription come and its subscriber be lost."""
    watcher, subscriber = await stage.join(), await stage.join()
    names = {}
    for name in ("create", "subscribe", "unsubscribe", "delete"):
        names[await watcher.subscribe(f"wamp.subscription.on_{name}")] = name
    subscription = await subscriber.subscribe("conformance.meta.watched")
    subscriber.cut()
    wanted = ["create", "subscribe", "unsubscribe", "delete"]
    events: list[list[Any]] = []
    while len(events) < len(wanted):
        event = await watcher.expect(EVENT, 2.0)
        told = event[4][1]
        if (told["id"] if isinstance(told, dict) else told) == subscription:
            events.append(event)

    assert [names[event[1]] for event in events] == wanted
    assert [event[4][0] for event in events] == [subscriber.session] * 4
