"""Sessions: joining, leaving and broken rules."""

from __future__ import annotations

import asyncio

from tests.conformance.checks import check
from tests.conformance.client import EVERY_ROLE, Client, Stage, Unexpected
from tests.conformance.codes import (
    ABORT,
    EVENT,
    HELLO,
    PUBLISH,
    PUBLISHED,
    SUBSCRIBE,
)

__all__: list[str] = []

VIOLATION = "wamp.error.protocol_violation"
SESSIONS = "Sessions"


async def _violates(client: Client) -> None:
    """See that the router aborts the session and closes."""
    assert await client.end() == (VIOLATION, True)


@check(
    SESSIONS, "WELCOME carries a session id, the realm's roles and who we are", section="WELCOME"
)
async def welcome(stage: Stage) -> None:
    """Join and look at WELCOME."""
    client = await stage.join()

    assert 1 <= client.session <= 2**53
    assert {"broker", "dealer"} <= client.features.keys()
    assert {"authid", "authrole", "authmethod"} <= client.welcome.keys()


@check(SESSIONS, "A client that announces only roles is taken as anonymous", section="HELLO")
async def plain_hello(stage: Stage) -> None:
    """Join as the JavaScript clients do."""
    client = await stage.join({"caller": {}, "subscriber": {}})

    assert client.welcome["authmethod"] == "anonymous"


@check(SESSIONS, "An unknown realm is refused with no_such_realm", section="Session Denial")
async def unknown_realm(stage: Stage) -> None:
    """Ask for a realm that nobody has."""
    client = await stage.connect()
    await client.send(HELLO, "no.such.realm.here", {"roles": EVERY_ROLE})

    assert (await client.end())[0] == "wamp.error.no_such_realm"


@check(SESSIONS, "GOODBYE is answered with goodbye_and_out", section="Session Closing")
async def goodbye(stage: Stage) -> None:
    """Leave."""
    client = await stage.join()

    assert (await client.leave())[2] == "wamp.close.goodbye_and_out"


@check(SESSIONS, "A second HELLO ends the session", section="Protocol Violations")
async def second_hello(stage: Stage) -> None:
    """Say HELLO again."""
    client = await stage.join()
    await client.send(HELLO, stage.realm, {"roles": EVERY_ROLE})

    await _violates(client)


@check(SESSIONS, "A request before HELLO ends the connection", section="Protocol Violations")
async def early_request(stage: Stage) -> None:
    """Publish before joining."""
    client = await stage.connect()
    await client.send(PUBLISH, 1, {}, "some.topic")

    await _violates(client)


@check(SESSIONS, "HELLO without roles is refused", section="HELLO")
async def no_roles(stage: Stage) -> None:
    """Announce nothing."""
    client = await stage.connect()
    await client.send(HELLO, stage.realm, {})
    reason, is_closed = await client.end()

    assert reason.startswith("wamp.error.")
    assert is_closed


@check(SESSIONS, "An unknown message type ends the session", section="Protocol Violations")
async def unknown_type(stage: Stage) -> None:
    """Send a message of type 999."""
    client = await stage.join()
    await client.send(999, 1, {})

    await _violates(client)


@check(SESSIONS, "A message for clients only ends the session", section="Protocol Violations")
async def wrong_direction(stage: Stage) -> None:
    """Send an EVENT."""
    client = await stage.join()
    await client.send(EVENT, 1, 1, {})

    await _violates(client)


@check(SESSIONS, "What is no list ends the session", section="Protocol Violations")
async def no_list(stage: Stage) -> None:
    """Send a dictionary."""
    client = await stage.join()
    await client.send_text("{}")

    await _violates(client)


@check(SESSIONS, "Broken JSON ends the session", section="Protocol Violations")
async def broken_json(stage: Stage) -> None:
    """Send half a list."""
    client = await stage.join()
    await client.send_text('[16, 1, {"')

    await _violates(client)


@check(SESSIONS, "A request id of 0 or above 2^53 ends the session", section="IDs")
async def bad_request_ids(stage: Stage) -> None:
    """Subscribe under ids that are none."""
    for request in (0, 2**53 + 1):
        client = await stage.join()
        await client.send(SUBSCRIBE, request, {}, "some.topic")

        await _violates(client)


@check(SESSIONS, "A client that breaks a rule disturbs nobody else", section="Protocol Violations")
async def others_live_on(stage: Stage) -> None:
    """Publish between two others after the ABORT of a third."""
    good, bad = await stage.join(), await stage.join()
    await bad.send_text("[]")
    await bad.expect(ABORT)
    await good.request(PUBLISH, {"acknowledge": True}, "some.topic")

    await good.expect(PUBLISHED)


@check(SESSIONS, "Options that are null count as absent", section="Extensibility")
async def null_options(stage: Stage) -> None:
    """Publish and subscribe as one JavaScript client does."""
    client = await stage.join()
    await client.subscribe("conformance.null", match=None, get_retained=None)
    await client.request(
        PUBLISH, {"acknowledge": True, "exclude": None, "retain": None}, "conformance.null"
    )

    await client.expect(PUBLISHED)


@check(SESSIONS, "Unknown options are ignored", section="Extensibility")
async def unknown_options(stage: Stage) -> None:
    """Subscribe with an option of our own."""
    client = await stage.join()

    assert await client.subscribe("conformance.unknown", x_colour="blue") > 0


@check(SESSIONS, "A big event does not end its publisher's session", section="Payload")
async def big_event(stage: Stage) -> None:
    """Publish 5 MB; it may be taken, or refused with an ERROR."""
    client = await stage.join()
    await client.request(PUBLISH, {"acknowledge": True}, "conformance.big", ["x" * 5_000_000])
    answer = await client.receive(20.0)

    assert answer[0] == PUBLISHED or answer[4] == "wamp.error.payload_size_exceeded"
    assert await client.arrived() == []


@check(SESSIONS, "A lost client is forgotten at once", section="Session Lifetime")
async def lost_client(stage: Stage) -> None:
    """Cut the connection of a callee and take its procedure over."""
    lost, other = await stage.join(), await stage.join()
    await lost.register("conformance.lost")
    lost.cut()
    for _attempt in range(50):
        try:
            await other.register("conformance.lost")
        except Unexpected:
            await asyncio.sleep(0.02)
        else:
            return
    raise AssertionError("the name of a lost callee is still taken after 1 s")
