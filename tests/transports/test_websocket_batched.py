"""Batches by hand; frames of the other side come from ``frames.py``, never from the code at hand.

Specification, "Message Batching".
"""

from __future__ import annotations

import pytest

from tests.transports.frames import client_frame
from wampedge.transports.websocket import BINARY, TEXT, WebSocketFraming
from wampedge.transports.websocket_batched import BatchedFraming

LIMIT = 1000


def framing(opcode: int = TEXT, *, limit: int = LIMIT, is_server: bool = True) -> BatchedFraming:
    return BatchedFraming(is_server=is_server, opcode=opcode, max_message_bytes=limit)


def test_a_batch_of_texts_is_taken_apart() -> None:
    assert framing().receive(client_frame(0x81, b"[1]\x1e[2]\x1e")) == [b"[1]", b"[2]"]


def test_a_batch_of_binary_messages_is_taken_apart() -> None:
    batch = b"\0\0\0\x02ab\0\0\0\0\0\0\0\x01c"

    assert framing(BINARY).receive(client_frame(0x82, batch)) == [b"ab", b"", b"c"]


def test_a_batch_in_fragments_is_one_batch() -> None:
    taken = framing()

    assert taken.receive(client_frame(0x01, b"[1]\x1e[")) == []
    assert taken.receive(client_frame(0x80, b"2]\x1e")) == [b"[1]", b"[2]"]


def test_what_one_flush_writes_is_one_batch() -> None:
    server = framing()

    assert server.seal([server.frame(b"[1]"), server.frame(b"[22]")]) == b"\x81\x09[1]\x1e[22]\x1e"


def test_binary_messages_go_behind_their_lengths() -> None:
    server = framing(BINARY)

    sealed = server.seal([server.frame(b"ab"), server.frame(b"c")])

    assert sealed == b"\x82\x0b\0\0\0\x02ab\0\0\0\x01c"


def test_a_client_masks_its_batches() -> None:
    client = framing(is_server=False)

    sealed = client.seal([client.frame(b"[1]")])

    assert sealed[:2] == b"\x81\x84"
    server = WebSocketFraming(is_server=True, opcode=TEXT, max_message_bytes=LIMIT)
    assert server.receive(sealed) == [b"[1]\x1e"]
    assert client.frame_key == ""


def test_control_frames_keep_their_places_among_batches() -> None:
    server = framing()
    first, second, third = (server.frame(text) for text in (b"1", b"2", b"3"))

    sealed = server.seal([server.ping(), first, second, server.close(1000, ""), third])

    assert sealed == b"\x89\x00" + b"\x81\x041\x1e2\x1e" + b"\x88\x02\x03\xe8" + b"\x81\x023\x1e"


def test_a_ping_of_the_peer_is_answered_outside_of_batches() -> None:
    server = framing()
    server.receive(client_frame(0x89, b"hi"))

    assert server.seal([*server.replies, server.frame(b"1")]) == b"\x8a\x02hi\x81\x021\x1e"


def test_nothing_to_send_is_no_batch() -> None:
    assert framing().seal([b""]) == b""


@pytest.mark.parametrize("opcode", [TEXT, BINARY])
def test_a_long_flush_is_split_between_messages(opcode: int) -> None:
    """Receivers bound the messages of a WebSocket, ours at 256 KiB."""
    server = framing(opcode)
    body = b"x" * 20_000
    client = framing(opcode, limit=256 * 1024, is_server=False)

    sealed = server.seal([server.frame(body)] * 5 + [server.frame(body * 3)] + [server.frame(b"y")])

    peer = WebSocketFraming(is_server=False, opcode=opcode, max_message_bytes=100_000)
    assert [len(batch) // 10_000 for batch in peer.receive(sealed)] == [2, 2, 2, 2, 2, 6, 0]
    assert client.receive(sealed) == [body] * 5 + [body * 3, b"y"]


def test_messages_joined_before_are_split_all_the_same() -> None:
    """What waited for a slow peer arrives in one piece."""
    server = framing(BINARY)
    joined = b"".join(server.frame(b"x" * 10_000) for _ in range(10))

    peer = WebSocketFraming(is_server=False, opcode=BINARY, max_message_bytes=40_000)
    batches = peer.receive(server.seal([joined]))

    assert [len(batch) for batch in batches] == [30_012, 30_012, 30_012, 10_004]


def test_autobahn_is_answered_with_its_own_separator() -> None:
    """It reads the ``\\30`` of the specification as octal."""
    server = framing()

    assert server.receive(client_frame(0x81, b"[1]\x18")) == [b"[1]"]
    assert server.seal([server.frame(b"[2]"), server.frame(b"[3]")]) == b"\x81\x08[2]\x18[3]\x18"


@pytest.mark.parametrize(
    ("opcode", "batch", "reason"),
    [
        pytest.param(TEXT, b"", "without a message", id="P5 empty batch"),
        pytest.param(BINARY, b"", "without a message", id="P5 empty binary batch"),
        pytest.param(TEXT, b"[1]", "no separator", id="P5 no separator"),
        pytest.param(TEXT, b"[1]\x1e[2", "no separator", id="P5 cut off"),
        pytest.param(BINARY, b"\0\0\0", "ends within", id="P39 truncated length"),
        pytest.param(BINARY, b"\0\0\0\x01a\0\0", "ends within", id="P39 length cut off"),
        pytest.param(BINARY, b"\0\0\0\x05abcd", "ends within", id="P39 over-long"),
        pytest.param(BINARY, b"\xff\xff\xff\xffa", "ends within", id="P39 4 GiB"),
    ],
)
def test_a_batch_that_is_none_ends_the_messages(opcode: int, batch: bytes, reason: str) -> None:
    server = framing(opcode)
    frame = client_frame(0x80 | opcode, batch)
    good = client_frame(0x80 | opcode, b"1\x1e" if opcode == TEXT else b"\0\0\0\x011")

    assert server.receive(good + frame + good) == [b"1"]
    assert reason in str(server.bad_message)
    assert server.receive(good) == []
    assert server.ending is None
    assert server.receive(client_frame(0x88, b"")) == []
    assert server.ending is not None


def test_p29_a_frame_of_the_wrong_kind_is_told() -> None:
    server = framing()

    assert server.receive(client_frame(0x82, b"1\x1e")) == []
    assert "binary frame on a session of text frames" in str(server.bad_message)


def test_p31_a_batch_may_be_as_long_as_a_message() -> None:
    server = framing(BINARY, limit=100)

    assert server.receive(client_frame(0x82, b"\0\0\0\x64" + b"x" * 100)) == [b"x" * 100]
    server.receive(client_frame(0x82, b"\0\0\0\x65" + b"x" * 101))
    assert server.ending is not None
    assert server.ending.answer[:4] == b"\x88\x25\x03\xf1"  # 1009


def test_the_limit_can_be_raised_once_a_session_has_joined() -> None:
    server = framing(BINARY, limit=100)

    server.max_message_bytes = 200

    assert server.max_message_bytes == 200
    assert server.receive(client_frame(0x82, b"\0\0\0\xc8" + b"x" * 200)) == [b"x" * 200]


def test_the_rest_is_as_without_batches() -> None:
    server, client = framing(), framing(is_server=False)

    assert (server.ends_stream, client.ends_stream) == (True, False)
    assert server.answers_pings
    server.answers_pings = False
    assert not server.answers_pings
    assert server.end_of_stream() == "connection ended without a close frame"
