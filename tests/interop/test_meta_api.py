"""Clients that are not ours ask our router for all it knows, and Crossbar the same."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pytest

from tests.interop.crossbar import REALM, CrossbarRouter
from tests.interop.peers import AUTOBAHN, AUTOBAHN_JS, AUTOBAHN_JS_26, PeerMissingError
from tests.interop.programs import Client
from tests.interop.stages import bare_stage

pytestmark = pytest.mark.interop

PYTHON = Client("autobahn", AUTOBAHN, "autobahn_meta.py")
NODE = Client("autobahn-js", AUTOBAHN_JS, "autobahn_meta.js")
NODE_26 = Client("autobahn-js-26", AUTOBAHN_JS_26, "autobahn_meta.js", "--experimental-websocket")

OF_THE_SUBJECT = [
    "session.on_join",
    "subscription.on_create",
    "subscription.on_subscribe",
    "registration.on_create",
    "registration.on_register",
    "subscription.on_unsubscribe",
    "subscription.on_delete",
    "registration.on_unregister",
    "registration.on_delete",
]
SESSION_KEYS = {"session", "authid", "authrole", "authmethod", "authprovider", "transport"}


async def played(client: Client, url: str, realm: str, serializer: str = "json") -> dict[str, Any]:
    """Let *client* play the meta part and return all it told."""
    task = {"url": url, "realm": realm, "serializer": serializer}
    try:
        client.peer.install()
    except PeerMissingError as error:
        pytest.skip(f"{client.name}: {error}")
    async with client.play(task) as playing:
        return {**await playing.until("asked"), **await playing.until("ended")}


def of_subject(told: Mapping[str, Any]) -> list[list[Any]]:
    """Return the events that came of what the subject did, in order."""
    subject = told["subject"]
    return [
        event
        for event in told["events"]
        if (event[1][0]["session"] if isinstance(event[1][0], dict) else event[1][0]) == subject
    ]


@pytest.mark.parametrize("serializer", ["json", "msgpack"])
@pytest.mark.parametrize(
    "client",
    [
        PYTHON,
        pytest.param(NODE, marks=pytest.mark.node),
        pytest.param(NODE_26, marks=pytest.mark.node),
    ],
    ids=lambda client: client.name,
)
async def test_a_foreign_client_uses_the_whole_meta_api(client: Client, serializer: str) -> None:
    """Specification, "WAMP Meta API" and "Testament"."""
    async with bare_stage() as stage:
        told = await played(client, stage.url_by_scheme["ws"], stage.realm, serializer)

    subject, subscription, registration = (
        told[name] for name in ("subject", "subscription", "registration")
    )
    assert told["count"] == 3  # with the one of the stage
    assert told["listed"]
    assert told["get"].keys() == SESSION_KEYS
    assert subscription in told["subscription_lists"]["prefix"]
    assert told["subscription_lookup"] == subscription
    assert told["subscription_match"] == [subscription]
    assert told["subscription_get"]["uri"] == "com.meta.topic"
    assert (told["subscribers"], told["subscriber_count"]) == ([subject], 1)
    assert registration in told["registration_lists"]["exact"]
    assert told["registration_lookup"] == told["registration_match"] == registration
    assert told["registration_get"]["invoke"] == "roundrobin"
    assert (told["callees"], told["callee_count"]) == ([subject], 1)
    assert told["nothing"] == [None, None]
    assert told["refusals"] == [
        "wamp.error.no_such_session",
        "wamp.error.no_such_session",
        "wamp.error.no_such_subscription",
        "wamp.error.no_such_registration",
    ]
    assert told["goodbye"] == {"reason": "com.meta.enough", "message": "go"}
    assert told["left"] == [subject, told["get"]["authid"], "local"]
    assert told["last"] == [subject, registration]
    assert told["will"] == [["gone"], {"why": "killed"}]
    assert [name for name, _args in of_subject(told)] == OF_THE_SUBJECT
    assert of_subject(told)[0][1] == [told["get"]]
    assert of_subject(told)[1][1] == [subject, told["subscription_get"]]
    assert of_subject(told)[3][1] == [subject, told["registration_get"]]


@pytest.mark.crossbar
async def test_our_answers_look_like_those_of_crossbar(crossbar: CrossbarRouter) -> None:
    theirs = await played(PYTHON, crossbar.url, REALM)
    async with bare_stage() as stage:
        ours = await played(PYTHON, stage.url_by_scheme["ws"], stage.realm)

    for name in ("subscription_lists", "subscription_get", "registration_lists"):
        assert ours[name].keys() == theirs[name].keys(), name
    assert ours["registration_get"].keys() <= theirs["registration_get"].keys()
    assert ours["get"].keys() <= theirs["get"].keys()
    for name in ("nothing", "refusals", "will", "goodbye", "subscriber_count", "callee_count"):
        assert ours[name] == theirs[name], name
    for kind in ("subscription_get", "registration_get"):
        for told in (ours, theirs):
            assert datetime.fromisoformat(told[kind]["created"]).utcoffset() is not None
    # On a loss Crossbar tells of no session, neither in these events nor, but for its id, in
    # on_leave; up to there the events are the same.
    shapes = [
        [(name, [type(arg) for arg in args]) for name, args in of_subject(told)[:5]]
        for told in (ours, theirs)
    ]
    assert shapes[0] == shapes[1]
    assert ours["left"][0] == ours["subject"]
    assert theirs["left"] == [theirs["subject"]]
