from __future__ import annotations

import pytest

from wampedge.errors import LocalProtocolError
from wampedge.transports.rawsocket import RawSocketFraming
from wampedge.wamp.oversized import Oversized


def framing(limit: int = 1000, outgoing: int = 512) -> RawSocketFraming:
    return RawSocketFraming(max_message_bytes=limit, max_outgoing_bytes=outgoing)


def frame(kind: int, body: bytes) -> bytes:
    return bytes((kind,)) + len(body).to_bytes(3, "big") + body


def test_messages_come_whole_and_in_order_however_they_are_sliced() -> None:
    raw = framing()
    data = frame(0, b"[1]") + frame(0, b"z" * 900) + frame(0, b"[3]")

    heard = [
        body for start in range(0, len(data), 7) for body in raw.receive(data[start : start + 7])
    ]

    assert heard == [b"[1]", b"z" * 900, b"[3]"]


def test_a_ping_is_answered_and_shows_that_the_peer_knows_pings() -> None:
    raw = framing()
    knew = raw.answers_pings

    assert raw.receive(frame(1, b"are you there") + frame(2, b"pong")) == []

    assert raw.replies == [frame(2, b"are you there")]
    assert (knew, raw.answers_pings) == (False, True)
    assert raw.ping() == b"\x01\x00\x00\x00"


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"\x00\xff\xff\xff", id="claims 16 MiB"),
        pytest.param(b"\x01\xff\xff\xff", id="ping of 16 MiB"),
        pytest.param(b"\x03\x00\x00\x00", id="unknown kind"),
        pytest.param(b"\x10\x00\x00\x00", id="reserved bits"),
    ],
)
def test_a_bad_prefix_ends_the_messages_before_anything_is_stored(data: bytes) -> None:
    raw = framing()

    assert raw.receive(frame(0, b"[1]") + data) == [b"[1]"]

    assert raw.ending is not None
    assert raw.ending.is_fault
    assert raw.ending.answer == b""
    assert raw.receive(frame(0, b"[2]")) == []


def test_the_limit_may_change_when_the_session_is_welcomed() -> None:
    raw = framing(limit=10)
    raw.max_message_bytes = 20

    assert raw.max_message_bytes == 20
    assert raw.receive(frame(0, b"x" * 20)) == [b"x" * 20]


def test_a_message_the_peer_does_not_take_is_not_sent() -> None:
    raw = framing(outgoing=512)

    assert raw.frame(b"x" * 512) == frame(0, b"x" * 512)
    with pytest.raises(LocalProtocolError, match="513 bytes is longer than the peer takes"):
        raw.frame(b"x" * 513)


def test_peers_that_take_the_same_length_share_frames() -> None:
    assert framing(outgoing=512).frame_key == framing(outgoing=512).frame_key
    assert framing(outgoing=512).frame_key != framing(outgoing=1024).frame_key


def test_closing_is_the_end_of_the_stream() -> None:
    raw = framing()

    assert raw.close(1000, "bye") == b""
    assert raw.end_of_stream() == ""
    assert not raw.has_closing_handshake


def test_a_message_somewhat_too_long_is_read_over() -> None:
    raw = framing()
    raw.max_skipped_bytes = 2000
    assert raw.max_skipped_bytes == 2000

    heard = raw.receive(frame(0, b"[1]") + frame(0, b"z" * 1001) + frame(0, b"[3]"))

    assert heard == [b"[1]", b"", b"[3]"]
    assert isinstance(heard[1], Oversized)
    assert raw.ending is None
