"""WAMP over HTTP long-poll: section "HTTP Longpoll Transport" of the specification."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.turns import until
from tests.wire.http_rig import http_to, longpoll_to, session_of
from tests.wire.rig import Site, open_site, witnessed

PROTOCOLS = [
    f"wamp.2.{serializer}{batched}"
    for serializer in ("json", "msgpack", "cbor")
    for batched in ("", ".batched")
]


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    async with witnessed(tmp_path) as running:
        yield running


@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_a_session_plays_every_part(site: Site, protocol: str) -> None:
    """Sections "Opening a Session" to "Closing a Session", in each protocol of the list."""
    async with longpoll_to(site, protocol) as peer:
        await peer.join()

        registered = await peer.ask(64, 1, {}, "com.lp.echo")
        subscribed = await peer.ask(32, 2, {}, "com.lp.news")
        await peer.say([48, 4, {}, "com.lp.echo", ["grüße", 1]])
        invocation = await peer.hear()
        await peer.say([70, invocation[1], {}, [2]])
        result = await peer.hear()
        published = await peer.ask(16, 5, {"acknowledge": True, "exclude_me": False}, "com.lp.news")
        event = await peer.hear()
        goodbye = await peer.ask(6, {}, "wamp.close.normal")
        closed = await peer.close()

    assert (registered[:2], subscribed[:2]) == ([65, 1], [33, 2])
    assert (invocation[0], invocation[4]) == (68, ["grüße", 1])
    assert result == [50, 4, {}, [2]]
    assert {published[0], event[0]} == {17, 36}
    assert goodbye == [6, {}, "wamp.close.goodbye_and_out"]
    assert closed == 204


async def test_a_session_may_be_encrypted(tmp_path: Path) -> None:
    async with (
        open_site(tmp_path, is_encrypted=True) as site,
        longpoll_to(site, via="tls") as peer,
    ):
        await peer.join()

        assert (await peer.ask(32, 1, {}, "com.t"))[:2] == [33, 1]


async def test_opening_tells_the_protocol_and_an_id_nobody_can_guess(site: Site) -> None:
    """Section "Opening a Session"; the query ``x`` is ignored."""
    async with http_to(site) as http:
        body = b'{"protocols":["wamp.9.odd","wamp.2.msgpack","wamp.2.json"]}'
        answers = [await http.ask("POST", f"/lp/open?x={n}", body) for n in range(2)]
        opened = [json.loads(answer.body) for answer in answers]
        for each in opened:
            assert (await http.ask("POST", f"/lp/{each['transport']}/close", b"")).status == 204

    assert [answer.status for answer in answers] == [200, 200]
    assert answers[0].headers["content-type"] == "application/json"
    assert answers[0].headers["cache-control"] == "no-store"
    assert [each["protocol"] for each in opened] == ["wamp.2.msgpack"] * 2
    assert opened[0]["transport"] != opened[1]["transport"]
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{22}", each["transport"]) for each in opened)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        b"\xff",
        b'{"protocols":"wamp.2.json"}',
        b'{"protocols":[]}',
        b'{"protocols":[1]}',
        b'{"protocols":["wamp.2.odd"]}',
        b'{"protocols":["\\ud800"]}',
        b"[" * 4000,
        b'{"protocols":[' + b'"a",' * 40 + b'"wamp.2.json"]}',
    ],
)
async def test_what_opens_no_session_is_a_bad_request(site: Site, body: bytes) -> None:
    async with http_to(site) as http:
        answer = await http.ask("POST", "/lp/open", body)

    assert answer.status == 400
    assert len(answer.body) < 300


async def test_an_unbatched_poll_gives_one_message_and_a_batched_one_all(site: Site) -> None:
    """Section "Receiving WAMP Messages", its note."""
    counts = {}
    for protocol in ("wamp.2.json", "wamp.2.json.batched"):
        async with longpoll_to(site, protocol) as peer:
            await peer.join()
            await peer.say(*([32, n, {}, f"com.t{n}"] for n in range(1, 4)))
            answer = await peer.polls.ask("POST", f"{peer.base}/receive", b"")
            counts[protocol] = answer.body.count(b"[33,")
            assert await peer.close() == 204

    assert counts == {"wamp.2.json": 1, "wamp.2.json.batched": 3}


async def test_a_poll_waits_until_there_is_a_message(site: Site) -> None:
    async with longpoll_to(site) as peer:
        await peer.join()
        waiting = asyncio.create_task(peer.hear())
        await peer.say([32, 1, {}, "com.t"])

        assert (await waiting)[:2] == [33, 1]


async def test_a_newer_poll_takes_the_place_of_an_older_one(site: Site) -> None:
    async with longpoll_to(site) as peer, http_to(site) as other:
        await peer.join()
        peer.polls.say("POST", f"{peer.base}/receive", b"")
        await until(lambda: session_of(site, peer.base).wire._poll is not None)

        other.say("POST", f"{peer.base}/receive", b"")
        first = await peer.polls.hear()
        await peer.say([32, 1, {}, "com.t"])
        second = await other.hear()

    assert (first.status, first.body) == (204, b"")
    assert second.body.startswith(b"[33,1,")


async def test_a_poll_whose_connection_is_lost_costs_no_message(site: Site) -> None:
    async with longpoll_to(site) as peer:
        await peer.join()
        async with http_to(site) as lost:
            lost.say("POST", f"{peer.base}/receive", b"")
            await until(lambda: session_of(site, peer.base).wire._poll is not None)
        await until(lambda: session_of(site, peer.base).wire._poll is None)

        assert (await peer.ask(32, 1, {}, "com.t"))[:2] == [33, 1]


@pytest.mark.parametrize("verb", ["send", "receive", "close", "nonsense", ""])
async def test_a_session_nobody_opened_is_not_found(site: Site, verb: str) -> None:
    async with http_to(site) as http:
        answer = await http.ask("POST", f"/lp/AAAAAAAAAAAAAAAAAAAAAA/{verb}", b"")

    assert answer.status == 404


async def test_polls_and_messages_are_posted(site: Site) -> None:
    async with http_to(site) as http:
        answer = await http.ask("GET", "/lp/open")

    assert (answer.status, answer.headers["allow"]) == (405, "POST, OPTIONS")


@pytest.mark.parametrize("protocol", ["wamp.2.json", "wamp.2.json.batched"])
@pytest.mark.parametrize("body", [b"[]", b"", b"{", b"[999]", b"[" * 20_000])
async def test_p5_what_is_no_message_is_a_bad_request_and_ends_the_session(
    tmp_path: Path, protocol: str, body: bytes
) -> None:
    """Section "Sending WAMP Messages": 400 upon error; the ABORT is fetched like any message."""
    async with open_site(tmp_path) as site, longpoll_to(site, protocol) as peer:
        status = await peer.say_bodies(body)
        abort = await peer.hear()
        await peer.close()
        await until(lambda: not site.router.sessions)

    assert status == 400
    assert (abort[0], abort[2]) == (3, "wamp.error.protocol_violation")


async def test_a_batch_without_a_message_fails_the_session(site: Site) -> None:
    """Section "Message Batching": a batch of length 0 is illegal."""
    for protocol in ("wamp.2.json.batched", "wamp.2.msgpack.batched"):
        async with longpoll_to(site, protocol) as peer:
            assert await peer.say_bodies() == 400
            assert (await peer.hear())[0] == 3
            await peer.close()


async def test_p10_a_second_hello_ends_the_session(site: Site) -> None:
    async with longpoll_to(site) as peer:
        await peer.join()
        await peer.say([1, "realm1", {"roles": {"caller": {}}}])

        assert (await peer.hear())[:3:2] == [3, "wamp.error.protocol_violation"]
        assert await peer.say([32, 1, {}, "com.t"]) == 400
        await peer.close()


async def test_arguments_that_json_cannot_have_do_not_end_the_session(site: Site) -> None:
    async with longpoll_to(site) as peer:
        await peer.join()

        status = await peer.say_bodies(b'[48,1,{},"com.witness.echo",[NaN]]')
        error = await peer.hear()
        subscribed = await peer.ask(32, 2, {}, "com.t")

    assert status == 204
    assert (error[0], error[4]) == (8, "wamp.error.invalid_argument")
    assert subscribed[:2] == [33, 2]


@pytest.mark.parametrize(("size", "status"), [(64 * 1024, 204), (64 * 1024 + 1, 413)])
async def test_p31_before_welcome_64_kib_are_the_limit(site: Site, size: int, status: int) -> None:
    start = b'[1,"realm1",{"roles":{"caller":{}},"x":"'
    async with longpoll_to(site) as peer:
        hello = start + b"y" * (size - len(start) - 3) + b'"}]'

        assert await peer.say_bodies(hello) == status


async def test_p31_in_a_session_256_kib_are(site: Site) -> None:
    async with longpoll_to(site) as peer, http_to(site) as http:
        await peer.join()
        start = b'[48,1,{},"com.none",["'
        body = start + b"y" * (256 * 1024 - len(start) - 3) + b'"]]'

        assert await peer.say_bodies(body) == 204
        assert (await peer.hear())[4] == "wamp.error.no_such_procedure"
        http.say("POST", f"{peer.base}/send", Content_Length=str(256 * 1024 + 1))
        assert (await http.hear()).status == 413


async def test_p38_foreign_pages_may_not_open_a_session(site: Site) -> None:
    body = b'{"protocols":["wamp.2.json"]}'
    async with http_to(site) as http:
        foreign = await http.ask("POST", "/lp/open", body, Origin="https://evil.example")
    async with http_to(site) as http:
        rebound = await http.ask(
            "POST", "/lp/open", body, Host="evil.example", Origin="http://evil.example"
        )
    async with http_to(site) as http:
        own = await http.ask("POST", "/lp/open", body, Origin="http://localhost")
        await http.ask("POST", f"/lp/{json.loads(own.body)['transport']}/close", b"")

    assert (foreign.status, rebound.status, own.status) == (403, 403, 200)


async def test_a_listed_page_of_another_server_is_told_that_it_may(tmp_path: Path) -> None:
    """The Fetch standard, section "CORS protocol": autobahn-js sends credentials and JSON."""
    serving = {"allowed_origins": ["https://panel.example"]}
    async with open_site(tmp_path, serving=serving) as site, http_to(site) as http:
        asked = await http.ask(
            "OPTIONS",
            "/lp/open",
            Origin="https://panel.example",
            Access_Control_Request_Method="POST",
            Access_Control_Request_Headers="content-type",
        )
        opened = await http.ask(
            "POST", "/lp/open", b'{"protocols":["wamp.2.json"]}', Origin="https://panel.example"
        )
        missing = await http.ask("POST", "/lp/x/send", b"", Origin="https://panel.example")
        await http.ask("POST", f"/lp/{json.loads(opened.body)['transport']}/close", b"")

    assert asked.status == 204
    assert asked.headers["access-control-allow-methods"] == "POST"
    assert asked.headers["access-control-allow-headers"] == "Content-Type"
    for answer in (asked, opened, missing):
        assert answer.headers["access-control-allow-origin"] == "https://panel.example"
        assert answer.headers["access-control-allow-credentials"] == "true"
        assert answer.headers["vary"] == "Origin"
