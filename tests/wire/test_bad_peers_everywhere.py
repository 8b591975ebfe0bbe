"""The rows of the table of bad inputs that any serializer can say, over every route.

What only the bytes of one serializer can get wrong stands in ``test_bad_peers.py`` (JSON,
MessagePack) and below (CBOR, batches).
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.turns import until
from tests.wire.rig import EVERY_ROUTE, WELCOMING_HELLO, Site, witnessed
from tests.wire.violations import (
    AFTER_HELLO,
    ANSWERED,
    BEFORE_HELLO,
    CBOR_VIOLATIONS,
    VIOLATION,
    check_log,
)


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    async with witnessed(tmp_path, is_encrypted=True) as running:
        yield running


def close_code(route: tuple[str, str]) -> int | None:
    return 1002 if "ws" in route[0] else None


@pytest.mark.parametrize("route", EVERY_ROUTE, ids="-".join)
async def test_before_joining_it_is_aborted_and_closed(
    site: Site, route: tuple[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    heard = {}
    for row, message in BEFORE_HELLO:
        peer = await site.connect(*route)
        peer.say(message)
        abort = await peer.hear()
        heard[row] = (abort[0], abort[2], await peer.hear_end())
        await peer.close()

    assert heard == {row: (3, VIOLATION, close_code(route)) for row, _ in BEFORE_HELLO}
    check_log(caplog, len(BEFORE_HELLO))


@pytest.mark.parametrize("route", EVERY_ROUTE, ids="-".join)
async def test_in_a_session_it_is_aborted_and_closed(
    site: Site, route: tuple[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    heard = {}
    for row, message in AFTER_HELLO:
        peer = await site.join(*route)
        await peer.ask(64, 1, {}, "com.bad.proc")
        peer.say(message)
        abort = await peer.hear()
        heard[row] = (abort[0], abort[2], await peer.hear_end())
        await peer.close()

    assert heard == {row: (3, VIOLATION, close_code(route)) for row, _ in AFTER_HELLO}
    check_log(caplog, len(AFTER_HELLO))


@pytest.mark.parametrize("route", EVERY_ROUTE, ids="-".join)
async def test_it_is_answered_with_an_error_and_the_session_lives(
    site: Site, route: tuple[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    peer = await site.join(*route)
    heard = {}
    for row, message, _ in ANSWERED:
        error = await peer.ask(*message)
        heard[row] = (error[0], error[1], error[4])
    alive = await peer.ask(48, 2, {}, "com.nobody")
    await peer.close()

    assert heard == {row: (8, message[0], uri) for row, message, uri in ANSWERED}
    assert alive[:3] == [8, 48, 2]
    check_log(caplog, 0)


@pytest.mark.parametrize("route", EVERY_ROUTE, ids="-".join)
async def test_p8_an_unknown_realm_is_aborted_and_closed(
    site: Site, route: tuple[str, str]
) -> None:
    peer = await site.connect(*route)

    abort = await peer.ask(1, "nowhere", WELCOMING_HELLO[2])
    code = await peer.hear_end()
    await peer.close()

    assert (abort[0], abort[2]) == (3, "wamp.error.no_such_realm")
    assert code == (1000 if "ws" in route[0] else None)


@pytest.mark.parametrize("route", EVERY_ROUTE, ids="-".join)
async def test_p31_a_message_over_the_limit_closes_before_it_is_read(
    site: Site, route: tuple[str, str]
) -> None:
    peer = await site.join(*route)
    if "ws" in route[0]:
        opcode = 0x81 if route[1].startswith("json") else 0x82
        peer.writer.write(bytes((opcode, 0xFF)) + (20 * 1024 * 1024).to_bytes(8, "big"))
    else:
        peer.writer.write(b"\x00\xff\xff\xff")

    assert await peer.hear_end() == (1009 if "ws" in route[0] else None)
    await peer.close()


@pytest.mark.parametrize("body", CBOR_VIOLATIONS)
@pytest.mark.parametrize("transport", ["ws", "unix-raw", "wss"])
async def test_cbor_that_is_no_message_is_aborted(site: Site, transport: str, body: bytes) -> None:
    peer = await site.join(transport, "cbor")
    peer.say_body(body)

    abort = await peer.hear()
    await peer.hear_end()
    await peer.close()

    assert (abort[0], abort[2]) == (3, VIOLATION)


async def test_p6_nan_from_cbor_arrives_as_null_at_json(site: Site) -> None:
    listener, publisher = await site.join("ws", "json"), await site.join("ws", "cbor")
    await listener.ask(32, 1, {}, "com.a.nan")

    publisher.say([16, 1, {}, "com.a.nan", [float("nan"), float("-inf"), 1.5]])
    event = await listener.hear()
    for peer in (listener, publisher):
        await peer.close()

    assert event[4] == [None, None, 1.5]


BATCHES = [
    pytest.param("json", b"", id="P5 empty batch"),
    pytest.param("json", b'[48,1,{},"a"]', id="P5 no separator"),
    pytest.param("json", b"\x1e", id="P5 empty message"),
    pytest.param("msgpack", b"", id="P39 empty batch"),
    pytest.param("msgpack", b"\0\0\0", id="P39 truncated length"),
    pytest.param("cbor", b"\0\0\0\x09\x84", id="P39 over-long"),
    pytest.param("cbor", b"\xff\xff\xff\xff\x84", id="P39 4 GiB"),
    pytest.param("cbor", b"\0\0\0\0", id="P39 empty message"),
]


@pytest.mark.parametrize(("serializer", "batch"), BATCHES)
@pytest.mark.parametrize("transport", ["ws", "unix-ws", "wss"])
async def test_a_batch_that_is_none_is_aborted(
    site: Site, transport: str, serializer: str, batch: bytes
) -> None:
    """Specification, "Message Batching"."""
    peer = await site.join(transport, f"{serializer}.batched")
    peer.say_frame_of(batch)

    abort = await peer.hear()
    code = await peer.hear_end()
    await peer.close()

    assert (abort[0], abort[2], code) == (3, VIOLATION, 1002)


@pytest.mark.parametrize("serializer", ["json.batched", "msgpack.batched", "cbor", "cbor.batched"])
async def test_p29_a_frame_of_the_wrong_kind_is_aborted(site: Site, serializer: str) -> None:
    peer = await site.join("ws", serializer)
    peer.say_frame(0x2 if serializer.startswith("json") else 0x1, b"x")

    abort = await peer.hear()
    code = await peer.hear_end()
    await peer.close()

    assert (abort[0], abort[2], code) == (3, VIOLATION, 1002)


async def test_p33_fragments_without_end_are_refused_in_batches_too(site: Site) -> None:
    peer = await site.join("wss", "msgpack.batched")
    peer.say_frame(0x2, b"\0\0\xff\xff", fin=False)

    for _ in range(5000):
        peer.say_frame(0x0, b"x" * 64, fin=False)
    code = await peer.hear_end()
    await peer.close()

    assert code in (1009, None)


async def test_what_a_batch_causes_is_answered_in_one_batch(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    peer = await site.join("ws", "json.batched")
    frames: list[bytes] = []
    take_apart = peer._messages_of

    def noting(data: bytes) -> list[bytes]:
        frames.append(data)
        return take_apart(data)

    monkeypatch.setattr(peer, "_messages_of", noting)
    peer.say(*([48, number, {}, "com.nobody"] for number in range(1, 101)))
    answers = [(await peer.hear())[2] for _ in range(100)]
    await peer.close()
    await until(lambda: site.server.connection_count == 2)

    assert answers == list(range(1, 101))
    assert len(frames) == 1
