"""What broken and hostile clients send, and what they get (ids of the table of bad inputs).

Each row also shows that another session of the same router is served as before, and that the bad
one is gone with all it held.
"""

from __future__ import annotations

import gc
import json
import logging
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.turns import until
from tests.wire.rig import WELCOMING_HELLO, PeerGoneError, Site, WirePeer, witnessed
from tests.wire.violations import INVALID_ARGUMENT, INVALID_URI, MSGPACK_VIOLATIONS, VIOLATION

HELLO = json.dumps(WELCOMING_HELLO).encode()
PV = (3, VIOLATION)


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    async with witnessed(tmp_path) as running:
        yield running


def lines_of(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return what was logged as a warning or worse; tracebacks are never due."""
    assert not [record for record in caplog.records if record.exc_info]
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]


async def aborted(peer: WirePeer, body: bytes, caplog: pytest.LogCaptureFixture) -> int | None:
    """Say *body*, see that it is aborted, cheaply and with one line of log; return the code."""
    gc.disable()  # a full collection of a long test run takes longer than the limit below
    try:
        started = time.thread_time()
        peer.say_body(body)
        abort = await peer.hear()
        code = await peer.hear_end()
        spent_s = time.thread_time() - started
    finally:
        gc.enable()
    await peer.close()

    assert (abort[0], abort[2]) == PV
    assert spent_s < 0.05
    (line,) = lines_of(caplog)
    assert len(line) < 700
    return code


BEFORE_HELLO = [
    pytest.param(b'[16,1,{},"com.a"]', id="P1 publish before hello"),
    pytest.param(b"{}", id="P2 dict"),
    pytest.param(b"[]", id="P3 empty list"),
    pytest.param(b"[999]", id="P4 type 999"),
    pytest.param(b'["HELLO","realm1",{}]', id="P4 type is a text"),
    pytest.param(b'[true,"realm1",{}]', id="P4 type is true"),
    pytest.param(b'[1,"realm1"', id="P5 broken json"),
    pytest.param(b"", id="P5 nothing"),
    pytest.param(b'[1,"realm1",{}]', id="P7 no roles"),
    pytest.param(b'[1,"realm1",{"roles":[]}]', id="P7 roles are a list"),
    pytest.param(b'[1,5,{"roles":{"caller":{}}}]', id="P9 realm is a number"),
    pytest.param(b"[" * 20_000, id="P27 20000 deep"),
    pytest.param(b"[" * 20_000 + b"]" * 20_000, id="P27 20000 deep and closed"),
    pytest.param(b'{"a":' * 10_000, id="P27 10000 dicts"),
]


@pytest.mark.parametrize("body", BEFORE_HELLO)
@pytest.mark.parametrize("transport", ["ws", "raw"])
async def test_before_joining_it_is_aborted_and_closed(
    site: Site, transport: str, body: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    peer = await site.connect(transport)

    code = await aborted(peer, body, caplog)

    assert code == (1002 if transport == "ws" else None)


AFTER_HELLO = [
    pytest.param(HELLO, id="P10 second hello"),
    pytest.param(b"[2,1,{}]", id="P11 welcome"),
    pytest.param(b"[36,1,1,{}]", id="P11 event"),
    pytest.param(b"[68,1,1,{}]", id="P11 invocation"),
    pytest.param(b"[6,{}]", id="P12 goodbye without reason"),
    pytest.param(b'[48,0,{},"com.a"]', id="P13 request 0"),
    pytest.param(b'[48,-1,{},"com.a"]', id="P13 request -1"),
    pytest.param(b'[48,9007199254740993,{},"com.a"]', id="P14 request 2**53+1"),
    pytest.param(b'[48,1.5,{},"com.a"]', id="P14 request 1.5"),
    pytest.param(b'[48,"1",{},"com.a"]', id="P14 request is a text"),
    pytest.param(b'[48,1,[],"com.a"]', id="P21 options are a list"),
    pytest.param(b'[48,1,{},"com.a",{}]', id="P24 args are a dict"),
    pytest.param(b'[48,1,{},"com.a",[],[]]', id="P24 kwargs are a list"),
    pytest.param(b'[48,1,{},"com.a",[],{},1,2,3,4,5,6]', id="P24 twelve elements"),
    pytest.param(
        b'[48,1,{},"com.a",[' + b"[" * 20_000 + b"]" * 20_000 + b"]]", id="P27 20000 deep"
    ),
    pytest.param(b'[48,1,{},"com.a",[' + b"[" * 100_000, id="P27 100000 deep"),
    pytest.param(b'[48,1,{},"com.a",[' + b"9" * 100_000 + b"]]", id="P28 100000 digits"),
]


@pytest.mark.parametrize("body", AFTER_HELLO)
async def test_in_a_session_it_is_aborted_and_closed(
    site: Site, body: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    peer = await site.join()
    await peer.ask(64, 1, {}, "com.bad.proc")

    assert await aborted(peer, body, caplog) == 1002


@pytest.mark.parametrize("body", MSGPACK_VIOLATIONS)
@pytest.mark.parametrize("transport", ["ws", "unix-raw"])
async def test_msgpack_that_is_no_message_is_aborted(
    site: Site, transport: str, body: bytes
) -> None:
    peer = await site.join(transport, "msgpack")
    peer.say_body(body)

    abort = await peer.hear()
    await peer.hear_end()
    await peer.close()

    assert (abort[0], abort[2]) == PV


ANSWERED = [
    pytest.param(b'[48,1,{},"com.a",[NaN]]', INVALID_ARGUMENT, id="P6 NaN"),
    pytest.param(b'[48,1,{},"com.a",[1e999]]', INVALID_ARGUMENT, id="P6 1e999"),
    pytest.param(
        b'[16,1,{"acknowledge":true},"wamp.session.on_join"]',
        INVALID_URI,
        id="P16 publish a meta event",
    ),
    pytest.param(b'[64,1,{},"wamp.x"]', INVALID_URI, id="P17 register wamp."),
    pytest.param(b'[64,1,{},"wampedge.x"]', INVALID_URI, id="P17 register wampedge."),
    pytest.param(b'[48,1,{},""]', INVALID_URI, id="P18 empty uri"),
    pytest.param(b'[48,1,{},"a b"]', INVALID_URI, id="P18 space"),
    pytest.param(b'[48,1,{},"a#b"]', INVALID_URI, id="P18 hash"),
    pytest.param(b'[48,1,{},"a..b"]', INVALID_URI, id="P18 empty component"),
    pytest.param(b'[48,1,{},"a\\u0000b"]', INVALID_URI, id="P19 NUL"),
    pytest.param(b'[48,1,{},"a\\u0007b"]', INVALID_URI, id="P19 control character"),
    pytest.param(b'[48,1,{},"' + b"a" * 200_000 + b'"]', INVALID_URI, id="P20 uri of 200 kB"),
    pytest.param(b'[32,1,{"match":"regex"},"com.a"]', INVALID_ARGUMENT, id="P22 match"),
    pytest.param(b'[64,1,{"invoke":"nope"},"com.a"]', INVALID_ARGUMENT, id="P22 invoke"),
    pytest.param(
        b'[16,1,{"exclude":5,"acknowledge":true},"com.a"]', INVALID_ARGUMENT, id="P23 exclude"
    ),
    pytest.param(b"[66,1,5]", "wamp.error.no_such_registration", id="P26 unregister"),
    pytest.param(b"[34,1,5]", "wamp.error.no_such_subscription", id="P26 unsubscribe"),
]


@pytest.mark.parametrize(("body", "uri"), ANSWERED)
async def test_it_is_answered_with_an_error_and_the_session_lives(
    site: Site, body: bytes, uri: str, caplog: pytest.LogCaptureFixture
) -> None:
    peer = await site.join()
    peer.say_body(body)

    error = await peer.hear()
    alive = await peer.ask(48, 2, {}, "com.nobody")
    await peer.close()

    assert error[0] == 8
    assert error[1:3] == [json.loads(body)[0], 1]
    assert error[4] == uri
    assert alive[2] == 2
    assert lines_of(caplog) == []


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"[70,5,{}]", id="P25 yield"),
        pytest.param(b"[49,5,{}]", id="P25 cancel"),
        pytest.param(b'[8,68,5,{},"com.a.error"]', id="P25 error"),
    ],
)
async def test_an_answer_to_nothing_is_ignored_and_counted(site: Site, body: bytes) -> None:
    peer = await site.join()
    before = site.router.counters.late_answers + site.router.counters.late_cancels
    peer.say_body(body)

    alive = await peer.ask(48, 2, {}, "com.nobody")
    await peer.close()

    assert alive[2] == 2
    counters = site.router.counters
    assert counters.late_answers + counters.late_cancels == before + 1


async def test_p8_an_unknown_realm_is_aborted_and_closed(site: Site) -> None:
    peer = await site.connect()

    abort = await peer.ask(1, "nowhere", WELCOMING_HELLO[2])
    code = await peer.hear_end()
    await peer.close()

    assert (abort[0], abort[2], code) == (3, "wamp.error.no_such_realm", 1000)


async def test_p6_nan_from_msgpack_arrives_as_null_at_json(site: Site) -> None:
    listener, publisher = await site.join("ws", "json"), await site.join("ws", "msgpack")
    await listener.ask(32, 1, {}, "com.a.nan")

    publisher.say([16, 1, {}, "com.a.nan", [float("nan"), float("inf"), 1.5]])
    event = await listener.hear()
    for peer in (listener, publisher):
        await peer.close()

    assert event[4] == [None, None, 1.5]


async def test_p15_a_request_id_twice_is_a_fault_only_while_the_first_is_pending(
    site: Site,
) -> None:
    callee, caller = await site.join(), await site.join()
    await callee.ask(64, 1, {}, "com.a.slow")
    caller.say([48, 7, {}, "com.a.slow"])
    invocation = await callee.hear()
    callee.say([70, invocation[1], {}])
    assert (await caller.hear())[:2] == [50, 7]

    caller.say([48, 7, {}, "com.a.slow"])
    await callee.hear()
    caller.say([48, 7, {}, "com.a.slow"])

    abort = await caller.hear()
    await caller.hear_end()
    for peer in (callee, caller):
        await peer.close()
    assert (abort[0], abort[2]) == PV


@pytest.mark.parametrize("serializer", ["json", "msgpack"])
async def test_p29_a_frame_of_the_wrong_kind_is_aborted(site: Site, serializer: str) -> None:
    peer = await site.join("ws", serializer)
    peer.say_frame(0x2 if serializer == "json" else 0x1, b"[]")

    abort = await peer.hear()
    code = await peer.hear_end()
    await peer.close()

    assert (abort[0], abort[2], code) == (*PV, 1002)


async def test_p30_a_lone_surrogate_hurts_only_its_sender(site: Site) -> None:
    listener, sender = await site.join("ws", "msgpack"), await site.join("ws", "json")
    await listener.ask(32, 1, {}, "com.a.text")
    sender.say_body(b'[16,1,{"acknowledge":true},"com.a.text",["\\ud800"]]')

    answer = await sender.hear()
    await sender.close()
    publisher = await site.join()
    publisher.say([16, 1, {}, "com.a.text", ["next"]])
    event = await listener.hear()
    for peer in (listener, publisher):
        await peer.close()

    assert answer[0] in (3, 8)
    assert event[4] == ["next"]


async def test_p40_a_number_one_receiver_cannot_have_is_kept_from_it_alone(site: Site) -> None:
    rich, poor, publisher = [await site.join("ws", name) for name in ("json", "msgpack", "json")]
    for listener in (rich, poor):
        await listener.ask(32, 1, {}, "com.a.big")

    publisher.say([16, 1, {}, "com.a.big", [2**70]], [16, 2, {}, "com.a.big", [1]])
    events = [await rich.hear(), await rich.hear(), await poor.hear()]
    for peer in (rich, poor, publisher):
        await peer.close()

    assert [event[4] for event in events] == [[2**70], [1], [1]]
    assert site.server.counters.events_dropped == 1


async def test_p40_a_call_that_cannot_be_encoded_for_its_callee_is_answered(site: Site) -> None:
    callee, caller = await site.join("ws", "msgpack"), await site.join("ws", "json")
    await callee.ask(64, 1, {}, "com.a.set")

    error = await caller.ask(48, 1, {}, "com.a.set", [2**70])
    caller.say([48, 2, {}, "com.a.set", [1]])
    invocation = await callee.hear()
    callee.say([70, invocation[1], {}])
    result = await caller.hear()
    for peer in (callee, caller):
        await peer.close()

    assert error[:3] == [8, 48, 1]
    assert error[4] == INVALID_ARGUMENT
    assert invocation[4] == [1]
    assert result[:2] == [50, 2]


async def test_p40_a_result_that_cannot_be_encoded_for_its_caller_is_replaced(site: Site) -> None:
    callee, caller = await site.join("ws", "json"), await site.join("raw", "msgpack")
    await callee.ask(64, 1, {}, "com.a.get")
    caller.say([48, 1, {}, "com.a.get"])
    invocation = await callee.hear()

    callee.say([70, invocation[1], {}, [2**70]])
    error = await caller.hear()
    for peer in (callee, caller):
        await peer.close()

    assert error[:3] == [8, 48, 1]
    assert error[4] == INVALID_ARGUMENT


async def test_p34_subscriptions_are_limited(site: Site) -> None:
    peer = await site.join()
    peer.say(*([32, i, {}, f"com.burst.t{i}"] for i in range(1, 10_001)))

    answers = [await peer.hear() for _ in range(10_000)]
    alive = await peer.ask(48, 1, {}, "com.nobody")
    await peer.close()

    assert [answer[0] for answer in answers] == [33] * 1000 + [8] * 9000
    assert alive[0] == 8


@pytest.mark.parametrize(
    "body", [pytest.param(HELLO, id="joining"), pytest.param(b'[48,1,{},"a"]', id="call")]
)
async def test_p5_a_message_cut_by_the_end_of_the_connection_is_no_message(
    site: Site, body: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    peer = await site.connect("raw")
    peer.writer.write(len(body).to_bytes(4, "big") + body[:-3])

    await peer.close()

    await until(lambda: site.server.connection_count == 2)
    assert lines_of(caplog) == []


async def test_a_client_that_is_gone_in_the_middle_of_everything_leaves_nothing(
    site: Site,
) -> None:
    for _ in range(20):
        peer = await site.join("raw")
        peer.say([32, 1, {}, "com.a.x"], [64, 2, {}, "com.a.y"], [48, 3, {}, "com.a.y"])
        peer.writer.transport.abort()

    await until(lambda: site.server.connection_count == 2)


async def test_no_message_is_heard_after_the_end(site: Site) -> None:
    peer = await site.join()
    peer.say([999], [48, 1, {}, "com.nobody"])

    assert (await peer.hear())[0] == 3
    with pytest.raises(PeerGoneError):
        await peer.hear()
    await peer.close()
