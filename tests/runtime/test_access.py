"""Users and roles of a device file, as clients on real sockets meet them."""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.device_file import config_of, site
from wampedge.client import Session
from wampedge.config.model import RoleConfig, RouterConfig
from wampedge.errors import AbortError, ApplicationError
from wampedge.router import ProcedureLimit, RoleLimits, Router
from wampedge.runtime.access import anonymous_role, realm_settings, replace_rules
from wampedge.server import Server, random_ids
from wampedge.transports.limits import TransportLimits
from wampedge.wamp.auth import derive_wampcra_key

KEY = derive_wampcra_key("pass", "00ff00ff", iterations=3, key_length=32)
ENVIRON = {"TICKET": "tomato", "SECRET": "apple", "KEY": KEY}
FILE = """
[router.users.tom]
auth = { method = "ticket", secret = "${env:TICKET}" }
role = "gardener"
[router.users.ann]
auth = { method = "wampcra", secret = "${env:SECRET}" }
role = "gardener"
[router.users.sue]
auth = { method = "wampcra", secret = "${env:KEY}", salt = "00ff00ff", iterations = 3 }
role = "local"
[router.roles.gardener.allow]
call = ["edge.open.", "edge..describe"]
subscribe = ["edge.open."]
publish = ["notes.{authid}."]
"""
PROOFS: dict[str, dict[str, Any]] = {
    "tom": {"ticket": "tomato"},
    "ann": {"secret": "apple"},
    "sue": {"secret": "pass"},
}
ROUTES = list(itertools.product(("ws", "rs", "unix"), ("json", "msgpack")))
DENIED = "wamp.error.not_authorized"
ABSENT = "wamp.error.no_such_procedure"


@asynccontextmanager
async def serving(
    folder: Path, text: str = FILE, *, limits: TransportLimits | None = None
) -> AsyncIterator[dict[str, str]]:
    """Serve what *text* says of the router; give its addresses by scheme."""
    config = config_of(site(text), ENVIRON).router
    router = Router(
        [realm_settings(config)], random_id=random_ids().__next__, monotonic_s=time.monotonic
    )
    urls = ["ws://127.0.0.1:0/ws", f"unix:{folder}/r.sock"]
    server = Server(router, urls, limits=limits, anonymous_role=anonymous_role(config))
    await server.start()
    port = server.addresses[0].port
    try:
        yield {
            "ws": f"ws://127.0.0.1:{port}/ws",
            "rs": f"rs://127.0.0.1:{port}",
            "unix": f"unix:{folder}/r.sock",
        }
    finally:
        await server.stop()


async def refusal(coroutine: Any) -> str:
    """Return the URI of the error that *coroutine* ends with."""
    with pytest.raises(ApplicationError) as caught:
        await coroutine
    return caught.value.uri


@pytest.mark.parametrize(("route", "serializer"), ROUTES)
@pytest.mark.parametrize(("authid", "method"), [("tom", "ticket"), ("ann", "wampcra"), ("sue", "wampcra")])  # fmt: skip # noqa: E501 # one row each
async def test_a_client_with_the_right_proof_is_who_it_says(
    tmp_path: Path, route: str, serializer: str, authid: str, method: str
) -> None:
    async with serving(tmp_path) as urls:
        session = await Session.connect(
            urls[route], "edge", authid=authid, serializers=[serializer], **PROOFS[authid]
        )
        async with session:
            details = session.details
            told = (details["authid"], details["authmethod"], details["authprovider"])

    assert told == (authid, method, "static")


@pytest.mark.parametrize("proof", [{"ticket": "wrong"}, {"secret": "wrong"}])
@pytest.mark.parametrize("authid", ["tom", "ann", "sue", "nobody"])
async def test_a_client_with_a_wrong_proof_is_turned_away(
    tmp_path: Path, authid: str, proof: dict[str, Any]
) -> None:
    async with serving(tmp_path) as urls:
        with pytest.raises(AbortError) as caught:
            await Session.connect(urls["ws"], "edge", authid=authid, **proof)

    assert caught.value.reason == "wamp.error.authentication_failed"
    assert caught.value.message == "this user does not exist, or the proof is wrong"


async def test_a_role_may_do_what_is_listed_and_nothing_else(tmp_path: Path) -> None:
    async with (
        serving(tmp_path) as urls,
        await Session.connect(urls["ws"], "edge", authid="tom", ticket="tomato") as tom,
    ):
        for _ in range(2):
            assert await refusal(tom.call("edge.open.x")) == ABSENT
            assert await refusal(tom.call("edge.lamp.describe")) == ABSENT
            assert await refusal(tom.call("edge.closed.x")) == DENIED
            assert await refusal(tom.publish("notes.ann.x", acknowledge=True)) == DENIED
        assert await refusal(tom.register("edge.open.x", lambda: None)) == DENIED
        assert await refusal(tom.subscribe("edge.closed.x", print)) == DENIED
        await tom.subscribe("edge.open.x", print)
        await tom.publish("notes.tom.x", acknowledge=True)


async def test_the_role_local_may_do_everything_unless_the_file_says_what(
    tmp_path: Path,
) -> None:
    ruled = f"{FILE}[router.roles.local.allow]\ncall = []\n"
    async with serving(tmp_path) as urls, await Session.connect(urls["unix"], "edge") as client:
        assert await refusal(client.call("edge.closed.x")) == ABSENT
    async with (
        serving(tmp_path, ruled) as urls,
        await Session.connect(urls["unix"], "edge") as client,
    ):
        assert await refusal(client.call("edge.open.x")) == DENIED


@pytest.mark.parametrize("text", ["", FILE])
async def test_the_role_local_may_look_at_sessions_but_not_end_them(
    tmp_path: Path, text: str
) -> None:
    """Anybody on the machine has that role; a rule can allow more."""
    async with serving(tmp_path, text) as urls, await Session.connect(urls["rs"], "edge") as client:
        assert (await client.call("wamp.session.count")).args == [1]
        for name in ("kill", "kill_by_authid", "kill_by_authrole", "kill_all"):
            assert await refusal(client.call(f"wamp.session.{name}")) == DENIED


async def test_a_rule_lets_a_role_end_sessions(tmp_path: Path) -> None:
    ruled = '[router.roles.local.allow]\ncall = ["wamp.session.kill_all"]\n'
    async with (
        serving(tmp_path, ruled) as urls,
        await Session.connect(urls["rs"], "edge") as client,
    ):
        assert (await client.call("wamp.session.kill_all")).args == [0]


async def test_without_anonymous_only_users_join(tmp_path: Path) -> None:
    async with serving(tmp_path, f"[router]\nanonymous = false\n{FILE}") as urls:
        with pytest.raises(AbortError) as caught:
            await Session.connect(urls["unix"], "edge")
        async with await Session.connect(urls["unix"], "edge", authid="ann", secret="apple"):
            pass

    assert caught.value.reason == "wamp.error.no_matching_auth_method"


async def test_many_clients_prove_themselves_at_once(tmp_path: Path) -> None:
    """At most 8 connections may be on their way in at once, challenged ones included."""
    async with serving(tmp_path) as urls:
        sessions = await asyncio.gather(
            *(
                Session.connect(urls["unix"], "edge", authid=authid, **PROOFS[authid])
                for authid in (*PROOFS, *PROOFS)
            )
        )
        joined = [session.details["authid"] for session in sessions]
        await asyncio.gather(*(session.leave() for session in sessions))

    assert joined == [*PROOFS, *PROOFS]


def test_a_file_without_users_and_roles_asks_nobody() -> None:
    assert realm_settings(RouterConfig()).authorizer is None
    assert realm_settings(RouterConfig()).users == ()
    assert anonymous_role(RouterConfig()) == "local"


async def test_a_client_that_owes_its_proof_is_cut_like_one_that_says_nothing(
    tmp_path: Path,
) -> None:
    """ROBUSTNESS section 4: unauthenticated connections have little time."""
    hello = [1, "edge", {"roles": {"caller": {}}, "authid": "tom", "authmethods": ["ticket"]}]
    limits = TransportLimits(hello_timeout_s=0.05)
    async with serving(tmp_path, limits=limits) as urls, asyncio.timeout(5):
        reader, writer = await asyncio.open_unix_connection(urls["unix"].removeprefix("unix:"))
        writer.write(b"\x7f\xf1\0\0")  # raw socket, JSON
        assert len(await reader.readexactly(4)) == 4
        body = json.dumps(hello).encode()
        writer.write(len(body).to_bytes(4, "big") + body)
        heard = [
            json.loads(await reader.readexactly(int.from_bytes(await reader.readexactly(4), "big")))
            for _ in range(2)
        ]
        rest = await reader.read()
        writer.close()
        await writer.wait_closed()

    assert heard == [
        [4, "ticket", {}],
        [3, {"message": "not joined within 0.05 s"}, "wamp.error.timeout"],
    ]
    assert rest == b""


def test_the_file_says_what_slow_sessions_lose() -> None:
    rules = realm_settings(
        config_of(
            site(
                '[router]\non_overflow = "drop_oldest"\n'
                '[router.roles.panel]\nallow = {}\non_overflow = "latest_per_topic"\n'
                "[router.roles.guest]\nallow = {}\n"
            )
        ).router
    ).overflow

    assert [rules.policy_of(role) for role in ("panel", "guest", "local")] == [
        "latest_per_topic",
        "drop_oldest",
        "drop_oldest",
    ]


def test_limits_and_levels_of_the_file_reach_the_router() -> None:
    """Issue 3, line 6; specification, "Call Trust Levels"."""
    text = site(
        "[router.roles.guest]\nallow = {}\ntrustlevel = 3\nlimits = { calls_per_s = 5 }\n"
        "[router.roles.local]\nallow = {}\n"
        '[[router.limits]]\nprocedure = "edge.p"\nconcurrency = 1\n'
    )

    settings = realm_settings(config_of(text).router)

    assert settings.limits_by_role == {"guest": RoleLimits(calls_per_s=5)}
    assert settings.procedure_limits == (ProcedureLimit("edge.p", concurrency=1),)
    assert settings.trustlevel_by_role == {"guest": 3}


def test_the_history_of_the_file_reaches_the_router() -> None:
    """Specification, "Event History"."""
    config = config_of(site('[[router.history]]\ntopic = "edge."\nevents = 10\nage = "1h"\n'))

    (rule,) = realm_settings(config.router).history

    assert (rule.topic, rule.match, rule.events) == ("edge.", "prefix", 10)
    assert (rule.size_bytes, rule.age_s) == (1_048_576, 3_600.0)


async def test_rules_that_change_end_what_they_allowed(tmp_path: Path) -> None:
    """Issue 3, line 6: a revoked right also ends the subscription."""
    config = config_of(site(FILE), ENVIRON).router
    settings = realm_settings(config)
    router = Router([settings], random_id=random_ids().__next__, monotonic_s=time.monotonic)
    server = Server(router, [f"unix:{tmp_path}/r.sock"], anonymous_role=anonymous_role(config))
    await server.start()
    try:
        async with await Session.connect(
            f"unix:{tmp_path}/r.sock", config.realm, authid="tom", ticket="tomato"
        ) as tom:
            ended = asyncio.Event()
            subscription = await tom.subscribe("edge.open.door", lambda _value: None)
            subscription.on_revoked = lambda _reason: ended.set()
            poorer = {"gardener": RoleConfig(call=("edge.open.",))}
            replace_rules(settings, config.but(roles=poorer))
            server.recheck()
            await asyncio.wait_for(ended.wait(), 5.0)

            assert not subscription.is_active
            assert await refusal(tom.subscribe("edge.open.door", print)) == DENIED
            assert await refusal(tom.call("edge.open.door")) == ABSENT
    finally:
        await server.stop()


def test_a_realm_without_rules_has_none_to_replace() -> None:
    config = config_of(site()).router
    settings = realm_settings(config)

    replace_rules(settings, config)

    assert settings.authorizer is None
