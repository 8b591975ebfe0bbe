"""WebSocket frames of compressed messages; the bytes are those of RFC 7692 section 7.2.3."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.turns import turns, until
from tests.transports.frames import client_frame, server_frame
from tests.transports.line import CANCEL_2, line
from tests.transports.sinks import RecordedSink
from tests.transports.test_compression import RANDOM, plainly_deflated
from wampedge.transports.compression import Compression
from wampedge.transports.websocket import BINARY, TEXT, WebSocketFraming
from wampedge.transports.websocket_batched import BatchedFraming
from wampedge.wamp.messages import Cancel
from wampedge.wamp.oversized import Oversized

LIMIT = 1000
LONG_TEXT = b'["com.example.temperature",21.5],' * 20


def side(
    *, is_server: bool = True, opcode: int | None = TEXT, limit: int = LIMIT, window_bits: int = 12
) -> WebSocketFraming:
    return WebSocketFraming(
        is_server=is_server,
        opcode=opcode,
        max_message_bytes=limit,
        compression=Compression(window_bits),
    )


def close_code(framing: WebSocketFraming) -> int:
    assert framing.ending is not None
    assert framing.ending.is_fault
    return int.from_bytes(framing.ending.answer[2:4], "big")


def hello(text: str) -> bytes:
    return bytes.fromhex(text)


@pytest.mark.parametrize(
    "frames",
    [
        pytest.param("c107f248cdc9c90700", id="7.2.3.1 whole"),
        pytest.param("4103f248cd8004c9c90700", id="7.2.3.1 in fragments"),
        pytest.param("c10b000500faff48656c6c6f00", id="7.2.3.3 without compression"),
        pytest.param("c108f348cdc9c9070000", id="7.2.3.4 a last block"),
        pytest.param("c10df24805000000ffffcac9c90700", id="7.2.3.5 two blocks"),
        pytest.param("810548656c6c6f", id="not compressed"),
    ],
)
def test_the_hellos_of_the_rfc_are_read(frames: str) -> None:
    client = side(is_server=False)

    assert client.receive(hello(frames)) == [b"Hello"]
    assert client.ending is None


def test_a_long_message_is_written_compressed_and_a_short_one_is_not() -> None:
    server, client = side(), side(is_server=False)

    long, short = server.frame(LONG_TEXT), server.frame(b"[1]")

    assert long[0] == 0xC1
    assert len(long) < 70
    assert short == server_frame(0x81, b"[1]")
    assert client.receive(long + short) == [LONG_TEXT, b"[1]"]


def test_what_does_not_get_shorter_is_written_as_it_is() -> None:
    assert side(opcode=BINARY).frame(RANDOM)[0] == 0x82


def test_a_client_masks_what_it_compresses() -> None:
    frame = side(is_server=False).frame(LONG_TEXT)

    assert frame[0] == 0xC1
    assert frame[1] & 0x80
    assert side().receive(frame) == [LONG_TEXT]


def test_without_an_agreement_nothing_is_compressed() -> None:
    framing = WebSocketFraming(is_server=True, opcode=TEXT, max_message_bytes=LIMIT)

    assert framing.frame(LONG_TEXT)[0] == 0x81
    framing.receive(client_frame(0xC1, plainly_deflated(b"[1]")))

    assert close_code(framing) == 1002


def test_sessions_that_agreed_on_the_same_share_their_frames() -> None:
    plain = WebSocketFraming(is_server=True, opcode=TEXT, max_message_bytes=LIMIT)

    keys = [side(window_bits=bits).frame_key for bits in (12, 12, 15, 9)]

    assert keys[0] == keys[1] == keys[2]
    assert len({plain.frame_key, keys[0], keys[3]}) == 3
    assert side(is_server=False).frame_key == ""


def test_control_frames_are_never_compressed_and_may_stand_between_fragments() -> None:
    packed = plainly_deflated(LONG_TEXT)
    framing = side()

    bodies = framing.receive(
        client_frame(0x41, packed[:5])
        + client_frame(0x89, b"p" * 125)
        + client_frame(0x00, packed[5:9])
        + client_frame(0x80, packed[9:])
        + client_frame(0x81, b"[2]")
    )

    assert bodies == [LONG_TEXT, b"[2]"]
    assert framing.replies == [server_frame(0x8A, b"p" * 125)]
    assert side().ping() == b"\x89\x00"
    assert side().close(1000, "x" * 100)[0] == 0x88


PACKED = plainly_deflated(LONG_TEXT)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        pytest.param(client_frame(0xC9, b"p"), 1002, id="compressed ping"),
        pytest.param(client_frame(0xC8, b"\x03\xe8"), 1002, id="compressed close"),
        pytest.param(
            client_frame(0x01, b"a") + client_frame(0xC0, PACKED), 1002, id="from the middle on"
        ),
        pytest.param(
            client_frame(0x41, PACKED[:5]) + client_frame(0xC0, PACKED[5:]),
            1002,
            id="told twice",
        ),
        pytest.param(client_frame(0xE1, PACKED), 1002, id="rsv2 as well"),
        pytest.param(client_frame(0xC3, PACKED), 1002, id="opcode 3"),
        pytest.param(client_frame(0xC1, b"\xff" * 9), 1007, id="not compressed"),
        pytest.param(client_frame(0xC1, PACKED[:-9]), 1007, id="cut off"),
        pytest.param(client_frame(0xC1, plainly_deflated(b'["\xff"]')), 1007, id="no UTF-8"),
        pytest.param(client_frame(0xC1, plainly_deflated(bytes(10**6))), 1009, id="bomb"),
        pytest.param(client_frame(0xC1, bytes(LIMIT + 1)), 1009, id="too long as it is"),
        pytest.param(
            client_frame(0x41, RANDOM[:900]) + client_frame(0x80, RANDOM[:101]),
            1009,
            id="too long in fragments",
        ),
    ],
)
def test_a_broken_rule_ends_the_messages_with_its_close_code(data: bytes, code: int) -> None:
    """RFC 7692 section 6.1: only the first frame of a data message tells of compression."""
    framing = side()

    assert framing.receive(data) == []
    assert close_code(framing) == code


def test_a_message_of_the_wrong_kind_is_not_even_inflated() -> None:
    framing = side()

    assert framing.receive(client_frame(0xC2, b"\xff" * 9) + client_frame(0xC1, PACKED)) == []

    assert str(framing.bad_message) == "binary frame on a session of text frames"
    assert framing.ending is None


def joined_side(limit: int = LIMIT) -> WebSocketFraming:
    framing = side(opcode=BINARY, limit=limit)
    framing.max_skipped_bytes = 100_000
    return framing


def test_a_message_that_inflates_to_too_much_is_stood_in_for() -> None:
    """What the router answers with ``payload_size_exceeded``."""
    framing = joined_side()

    (body, after) = framing.receive(
        client_frame(0xC2, plainly_deflated(LONG_TEXT * 3)) + client_frame(0x82, b"[2]")
    )

    assert isinstance(body, Oversized)
    assert (body.head, body.limit) == ((LONG_TEXT * 3)[: LIMIT + 1], LIMIT)
    assert LIMIT < body.length < 10_000
    assert after == b"[2]"


def test_a_message_too_long_as_it_is_is_read_over_and_stood_in_for() -> None:
    packed = plainly_deflated(RANDOM * 2)
    framing = joined_side()
    frame = client_frame(0xC2, packed) + client_frame(0x82, b"[2]")

    bodies = [
        body for at in range(0, len(frame), 100) for body in framing.receive(frame[at : at + 100])
    ]

    body, after = bodies
    assert isinstance(body, Oversized)
    assert body.head == (RANDOM * 2)[:4096]
    assert 3000 < body.length < 5000
    assert after == b"[2]"


@pytest.mark.parametrize(
    ("packed", "limit", "code"),
    [
        pytest.param(plainly_deflated(bytes(10**6)), 20_000, 1009, id="bomb"),
        pytest.param(plainly_deflated(bytes(2 * 10**6)), 1000, 1009, id="bomb too long as it is"),
        pytest.param(b"\xff" * 2000, 1000, 1007, id="not compressed"),
    ],
)
def test_what_stands_for_a_huge_message_ends_the_messages(
    packed: bytes, limit: int, code: int
) -> None:
    framing = joined_side(limit)

    assert framing.receive(client_frame(0xC2, packed)) == []
    assert close_code(framing) == code


def test_what_one_read_inflates_to_is_given_bit_by_bit() -> None:
    body = b"[" + b"7," * 9_999 + b"7]"
    frame = client_frame(0xC1, plainly_deflated(body))
    framing = side(limit=100_000)

    turns = [framing.receive(frame * 10)]
    while framing.withholds:
        turns.append(framing.receive(b""))

    assert [len(bodies) for bodies in turns] == [4, 4, 2]
    assert {body for bodies in turns for body in bodies} == {body}


def test_what_is_withheld_comes_before_what_is_received_later() -> None:
    body = b"[" + b"7," * 50_000 + b"7]"
    frame = client_frame(0xC1, plainly_deflated(body))
    framing = side(limit=200_000)

    first = framing.receive(frame + client_frame(0x81, b"[2]") + b"\x81")
    rest = framing.receive(client_frame(0x81, b"[3]")[1:])

    assert first == [body]
    assert rest == [b"[2]", b"[3]"]
    assert not framing.withholds


def test_batches_are_compressed_as_one() -> None:
    def batched(*, is_server: bool) -> BatchedFraming:
        return BatchedFraming(
            is_server=is_server, opcode=TEXT, max_message_bytes=LIMIT, compression=Compression()
        )

    server, client = batched(is_server=True), batched(is_server=False)

    data = server.seal([server.frame(b'["com.example.temperature",21.5]')] * 20)

    assert data[0] == 0xC1
    assert len(data) < 80
    assert client.receive(data) == [b'["com.example.temperature",21.5]'] * 20
    assert not client.withholds
    client.withholds = True
    assert client.withholds


async def test_a_transport_takes_what_is_withheld_in_later_turns_and_in_order() -> None:
    long = b'[49,1,{"x":"' + b"y" * 50_000 + b'"}]'
    framing = side(limit=100_000)
    async with line(framing) as it:
        it.send(client_frame(0xC1, plainly_deflated(long)) * 6 + client_frame(0x81, CANCEL_2))
        await until(lambda: Cancel(2, {}) in it.sink.heard)

        expected = Cancel(1, {"x": "y" * 50_000})
        assert [heard for heard in it.sink.heard if heard != "batch end"] == [
            *[expected] * 6,
            Cancel(2, {}),
        ]
        assert it.sink.heard.count("batch end") >= 4


LONG_CANCEL = b'[49,1,{"x":"' + b"y" * 70_000 + b'"}]'


async def test_a_transport_that_is_paused_keeps_what_is_withheld() -> None:
    class Pausing(RecordedSink):
        def on_message(self, message: Any) -> None:
            super().on_message(message)
            held.transport.pause_reading()

    async with line(side(limit=100_000), sink=Pausing()) as held:
        held.send(client_frame(0xC1, plainly_deflated(LONG_CANCEL)) + client_frame(0x81, CANCEL_2))
        await until(lambda: "batch end" in held.sink.heard)
        await turns(10)
        assert Cancel(2, {}) not in held.sink.heard

        held.transport.resume_reading()
        await until(lambda: Cancel(2, {}) in held.sink.heard)


async def test_a_close_frame_behind_what_is_withheld_is_found_after_closing() -> None:
    class Closing(RecordedSink):
        def on_message(self, message: Any) -> None:
            super().on_message(message)
            held.transport.close(1000, "enough")

    async with line(side(limit=100_000), sink=Closing()) as held:
        long = client_frame(0xC1, plainly_deflated(LONG_CANCEL))
        held.send(long * 3 + client_frame(0x88, b"\x03\xe8"))
        await held.bytes_received(2)

        await until(held.has_ended)
        assert held.sink.heard.count("batch end") == 1


async def test_a_connection_lost_with_messages_withheld_is_told_once() -> None:
    async with line(side(limit=100_000)) as it:
        it.send(client_frame(0xC1, plainly_deflated(LONG_CANCEL)) * 2)
        await until(lambda: it.sink.heard)
        it.transport.abort()

        assert await it.ended() == "closed: None"
        await turns(5)
        assert sum(isinstance(heard, Cancel) for heard in it.sink.heard) == 1
