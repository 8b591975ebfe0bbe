from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wampedge.errors import LocalProtocolError, RemoteProtocolError
from wampedge.wamp.framing import (
    Agreement,
    ClientHandshake,
    FrameKind,
    FrameSplitter,
    HandshakeFault,
    ServerHandshake,
    encode_frame,
    encode_refusal,
)
from wampedge.wamp.oversized import Oversized

KIB_256 = 2**18


def server() -> ServerHandshake:
    return ServerHandshake((1, 2), KIB_256)


def split(splitter: FrameSplitter, data: bytes) -> list[tuple[int, bytes]]:
    return list(splitter.feed(data))


def outcome(chunks: list[bytes]) -> tuple[list[tuple[int, bytes]], str]:
    """Return the frames *chunks* give, and the error that ended them."""
    splitter = FrameSplitter(512)
    frames: list[tuple[int, bytes]] = []
    try:
        for chunk in chunks:
            for frame in splitter.feed(chunk):
                frames.append(frame)  # noqa: PERF402  # extend would lose them at the error
    except RemoteProtocolError as error:
        return frames, str(error)
    return frames, ""


def split_bytewise(splitter: FrameSplitter, data: bytes) -> list[tuple[int, bytes]]:
    return [frame for byte in data for frame in splitter.feed(bytes((byte,)))]


def test_the_server_accepts_what_the_client_asks_for() -> None:
    client, handshake = ClientHandshake(2, KIB_256), server()

    assert client.request == b"\x7f\x92\x00\x00"
    assert handshake.feed(client.request) == Agreement(2, KIB_256, b"")
    assert handshake.reply == b"\x7f\x92\x00\x00"
    assert client.feed(handshake.reply) == Agreement(2, KIB_256, b"")


def test_each_side_names_the_longest_message_it_takes() -> None:
    client, handshake = ClientHandshake(1, 2**24), ServerHandshake((1,), 100_000)

    at_server = handshake.feed(client.request)
    at_client = client.feed(handshake.reply)

    assert at_server == Agreement(1, 2**24, b"")
    assert at_client == Agreement(1, 65_536, b"")


def test_handshakes_arrive_byte_by_byte() -> None:
    handshake, client = server(), ClientHandshake(1, KIB_256)

    assert [handshake.feed(bytes((byte,))) for byte in b"\x7f\xf1\x00"] == [None] * 3
    assert handshake.reply == b""
    assert handshake.feed(b"\x00") == Agreement(1, 2**24, b"")
    assert [client.feed(bytes((byte,))) for byte in handshake.reply[:3]] == [None] * 3
    assert client.feed(handshake.reply[3:]) == Agreement(1, KIB_256, b"")


def test_what_follows_the_handshake_is_handed_on() -> None:
    assert server().feed(b"\x7f\xf1\x00\x00\x00\x00") == Agreement(1, 2**24, b"\x00\x00")
    assert ClientHandshake(1, 512).feed(b"\x7f\xf1\x00\x00\x01") == Agreement(1, 2**24, b"\x01")


@pytest.mark.parametrize(
    ("request_", "reply", "text"),
    [
        (b"\x7f\xf9\x00\x00", b"\x7f\x10\x00\x00", "serializer 9 is not offered"),
        (b"\x7f\xf0\x00\x00", b"\x7f\x10\x00\x00", "serializer 0 is not offered"),
        (b"\x7f\x01\x00\x00", b"\x7f\x20\x00\x00", "takes at most 512 bytes, 1024 are needed"),
        (b"\x7f\xf1\x01\x00", b"\x7f\x30\x00\x00", "reserved bits"),
        (b"\x7f\xf1\x00\x80", b"\x7f\x30\x00\x00", "reserved bits"),
    ],
)
def test_a_refused_client_gets_the_error_code(request_: bytes, reply: bytes, text: str) -> None:
    """Row P35."""
    handshake = server()

    with pytest.raises(RemoteProtocolError, match=text):
        handshake.feed(request_)

    assert handshake.reply == reply


def test_a_first_byte_that_is_not_the_magic_one_gets_no_reply() -> None:
    """Row P35; the first byte is enough to know."""
    handshake = server()

    with pytest.raises(RemoteProtocolError, match="first byte is not 0x7f"):
        handshake.feed(b"G")

    assert handshake.reply == b""


def test_a_full_server_refuses_without_reading() -> None:
    assert encode_refusal(HandshakeFault.TOO_MANY_CONNECTIONS) == b"\x7f\x40\x00\x00"


@pytest.mark.parametrize(
    ("reply", "text"),
    [
        (b"\x7f\x10\x00\x00", "refused the connection: serializer unsupported"),
        (b"\x7f\x40\x00\x00", "refused the connection: too many connections"),
        (b"\x7f\x00\x00\x00", "refused the connection: error 0"),
        (b"\x7f\xa0\x00\x00", "refused the connection: error 10"),
        (b"\x7f\xf2\x00\x00", "chose serializer 2, asked for 1"),
        (b"\x7f\xf1\x00\x01", "reserved bits"),
        (b"HTTP/1.1 400", "does not speak WAMP over raw sockets"),
    ],
)
def test_a_client_tells_why_it_was_refused(reply: bytes, text: str) -> None:
    with pytest.raises(RemoteProtocolError, match=text):
        ClientHandshake(1, KIB_256).feed(reply)


@pytest.mark.parametrize("limit", [511, 2**24 + 1, 0])
def test_a_limit_lies_between_512_bytes_and_16_mebibytes(limit: int) -> None:
    with pytest.raises(ValueError, match="must be 512 to"):
        ClientHandshake(1, limit)


@given(st.binary(max_size=12))
def test_any_handshake_is_an_agreement_or_a_violation(data: bytes) -> None:
    for handshake in (server(), ClientHandshake(1, KIB_256)):
        try:
            agreement = handshake.feed(data)
        except RemoteProtocolError:
            continue
        assert (agreement is None) == (len(data) < 4)


def test_a_frame_is_kind_length_and_payload() -> None:
    assert encode_frame(b"[1]") == b"\x00\x00\x00\x03[1]"
    assert encode_frame(b"", FrameKind.PING) == b"\x01\x00\x00\x00"
    assert encode_frame(b"x" * 300, FrameKind.PONG)[:4] == b"\x02\x00\x01\x2c"


def test_the_longest_frame_uses_the_25th_bit() -> None:
    longest = bytes(2**24)

    assert encode_frame(longest)[:4] == b"\x08\x00\x00\x00"
    assert split(FrameSplitter(2**24), encode_frame(longest)) == [(0, longest)]
    with pytest.raises(LocalProtocolError, match="at most"):
        encode_frame(longest + b"x")


def test_frames_are_cut_at_their_lengths() -> None:
    data = encode_frame(b"one") + encode_frame(b"", FrameKind.PING) + encode_frame(b"three")

    assert split(FrameSplitter(512), data) == [(0, b"one"), (1, b""), (0, b"three")]


@given(
    st.lists(st.tuples(st.integers(0, 2), st.binary(max_size=40)), max_size=6),
    st.lists(st.integers(0, 60), max_size=8),
)
def test_frames_come_out_alike_however_they_arrive(
    frames: list[tuple[int, bytes]], cuts: list[int]
) -> None:
    data = b"".join(encode_frame(payload, kind) for kind, payload in frames)
    splitter = FrameSplitter(40)
    edges = [0, *sorted(cuts), len(data)]

    pieces = [
        frame
        for start, end in itertools.pairwise(edges)
        for frame in splitter.feed(data[start:end])
    ]

    assert split(FrameSplitter(40), data) == frames
    assert split_bytewise(FrameSplitter(40), data) == frames
    assert pieces == frames


@pytest.mark.parametrize(
    ("prefix", "text"),
    [
        (b"\x10\x00\x00\x01", "reserved bits: 0x10"),
        (b"\x80\x00\x00\x00", "reserved bits"),
        (b"\x03\x00\x00\x00", "unknown kind 3"),
        (b"\x07\x00\x00\x00", "unknown kind 7"),
        (b"\x08\x00\x00\x01", "longer than"),
        (b"\x08\x00\x00\x00", "frame of 16777216 bytes, at most 512"),
        (b"\x00\xff\xff\xff", "frame of 16777215 bytes, at most 512"),
        (b"\x01\xff\xff\xff", "frame of 16777215 bytes"),
        (b"\x00\x00\x02\x01", "frame of 513 bytes"),
    ],
)
def test_a_bad_prefix_is_refused_before_its_payload_comes(prefix: bytes, text: str) -> None:
    """Row P35: nothing is stored for a frame that is claimed to be huge."""
    frames, error = outcome([prefix])

    assert frames == []
    assert text in error


def test_frames_before_a_bad_one_are_delivered() -> None:
    frames, error = outcome([encode_frame(b"good") + b"\x05\x00\x00\x00"])

    assert frames == [(0, b"good")]
    assert "unknown kind 5" in error


def test_the_limit_can_be_raised_between_frames() -> None:
    splitter = FrameSplitter(512)

    splitter.max_length = 1024

    assert split(splitter, encode_frame(bytes(1024))) == [(0, bytes(1024))]


@given(st.binary(max_size=64))
def test_any_bytes_give_frames_or_a_violation(data: bytes) -> None:
    assert outcome([data]) == outcome([bytes((byte,)) for byte in data])


@pytest.mark.parametrize("slices", [1, 3, 100, 5000])
def test_a_message_somewhat_too_long_is_read_over(slices: int) -> None:
    """What the router answers with ``payload_size_exceeded``."""
    splitter = FrameSplitter(600)
    splitter.max_skipped = 800
    data = encode_frame(b"[1]") + encode_frame(b"z" * 700) + encode_frame(b"[3]")

    heard = [
        frame
        for start in range(0, len(data), slices)
        for frame in splitter.feed(data[start : start + slices])
    ]

    assert heard == [(0, b"[1]"), (0, b""), (0, b"[3]")]
    body = heard[1][1]
    assert isinstance(body, Oversized)
    assert (body.head, body.length, body.limit) == (b"z" * 700, 700, 600)


@pytest.mark.parametrize("frame", [encode_frame(b"z" * 801), encode_frame(b"z" * 601, 1)])
def test_what_is_far_too_long_or_no_message_is_refused(frame: bytes) -> None:
    splitter = FrameSplitter(600)
    splitter.max_skipped = 800

    with pytest.raises(RemoteProtocolError, match="at most 600 are accepted"):
        split(splitter, frame[:4])
