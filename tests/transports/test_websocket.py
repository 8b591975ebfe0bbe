"""WebSocket frames; the byte strings are worked out from RFC 6455 section 5."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.transports.frames import MASK, client_frame, server_frame
from wampedge.transports.websocket import BINARY, TEXT, WebSocketFraming
from wampedge.wamp.oversized import Oversized

LIMIT = 1000


def server_side(opcode: int | None = TEXT, limit: int = LIMIT) -> WebSocketFraming:
    return WebSocketFraming(is_server=True, opcode=opcode, max_message_bytes=limit)


def client_side(opcode: int | None = TEXT, limit: int = LIMIT) -> WebSocketFraming:
    return WebSocketFraming(is_server=False, opcode=opcode, max_message_bytes=limit)


def close_code(framing: WebSocketFraming) -> int:
    assert framing.ending is not None
    answer = framing.ending.answer
    assert answer[0] == 0x88
    return int.from_bytes(answer[2:4], "big")


def test_the_masked_hello_of_the_rfc_is_read() -> None:
    """RFC 6455 section 5.7: a single-frame masked text message."""
    framing = server_side()

    bodies = framing.receive(bytes.fromhex("818537fa213d7f9f4d5158"))

    assert bodies == [b"Hello"]


def test_the_unmasked_hello_of_the_rfc_is_written_and_read() -> None:
    """RFC 6455 section 5.7: a single-frame unmasked text message."""
    frame = server_side().frame(b"Hello")

    assert frame == bytes.fromhex("810548656c6c6f")
    assert client_side().receive(frame) == [b"Hello"]


@pytest.mark.parametrize(
    ("length", "head"),
    [
        (0, "8100"),
        (125, "817d"),
        (126, "817e007e"),
        (65535, "817effff"),
        (65536, "817f0000000000010000"),
    ],
)
def test_lengths_take_the_shortest_form(length: int, head: str) -> None:
    frame = server_side().frame(b"x" * length)

    assert frame == bytes.fromhex(head) + b"x" * length


@pytest.mark.parametrize("length", [0, 1, 125, 126, 65535, 65536])
def test_what_a_client_writes_the_server_reads(length: int) -> None:
    body = b"y" * length
    frame = client_side(BINARY).frame(body)

    assert frame[0] == 0x82
    assert frame[1] & 0x80
    assert server_side(BINARY, 70000).receive(frame) == [body]


def test_a_client_masks_each_frame_with_a_new_key() -> None:
    framing = client_side()

    assert len({framing.frame(b"same")[2:6] for _ in range(20)}) > 1


def test_all_messages_of_one_read_come_at_once_and_in_order() -> None:
    data = b"".join(client_frame(0x81, body) for body in (b"[1]", b"[2]", b"[3]"))

    assert server_side().receive(data) == [b"[1]", b"[2]", b"[3]"]


def test_a_message_in_single_bytes_comes_when_it_is_complete() -> None:
    framing = server_side()
    data = client_frame(0x81, b"z" * 200) + client_frame(0x81, b"[2]")

    heard = [body for byte in data for body in framing.receive(bytes((byte,)))]

    assert heard == [b"z" * 200, b"[2]"]


def test_the_rest_of_a_long_message_does_not_delay_a_short_one_behind_it() -> None:
    framing = server_side()
    data = client_frame(0x81, b"z" * 900) + client_frame(0x81, b"[2]")[:1]
    framing.receive(data[:500])

    assert framing.receive(data[500:]) == [b"z" * 900]
    assert framing.receive(client_frame(0x81, b"[2]")[1:]) == [b"[2]"]


def test_fragments_become_one_message_with_control_frames_between() -> None:
    framing = server_side()

    bodies = framing.receive(
        client_frame(0x01, b"Hel")
        + client_frame(0x89, b"still there")
        + client_frame(0x00, b"")
        + client_frame(0x80, b"lo")
        + client_frame(0x81, b"next")
    )

    assert bodies == [b"Hello", b"next"]
    assert framing.replies == [server_frame(0x8A, b"still there")]


def test_a_ping_is_answered_with_its_payload_and_a_pong_is_taken() -> None:
    framing = server_side()

    bodies = framing.receive(client_frame(0x89, b"p" * 125) + client_frame(0x8A, b"late"))

    assert bodies == []
    assert framing.replies == [server_frame(0x8A, b"p" * 125)]
    assert framing.ending is None


def test_a_client_masks_its_pong() -> None:
    framing = client_side()

    framing.receive(server_frame(0x89, b"hi"))

    (pong,) = framing.replies
    assert pong[:2] == bytes((0x8A, 0x82))
    assert bytes(byte ^ key for byte, key in zip(pong[6:], pong[2:6], strict=False)) == b"hi"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        pytest.param(server_frame(0x81, b"[1]"), 1002, id="unmasked"),
        pytest.param(server_frame(0x81, b"z" * 200), 1002, id="unmasked long"),
        pytest.param(client_frame(0xC1, b"[1]"), 1002, id="rsv1"),
        pytest.param(client_frame(0xA1, b"[1]"), 1002, id="rsv2"),
        pytest.param(client_frame(0x91, b"[1]"), 1002, id="rsv3"),
        pytest.param(client_frame(0x83, b"[1]"), 1002, id="opcode 3"),
        pytest.param(client_frame(0x87), 1002, id="opcode 7"),
        pytest.param(client_frame(0x8B), 1002, id="opcode 11"),
        pytest.param(client_frame(0x8F), 1002, id="opcode 15"),
        pytest.param(client_frame(0x09, b"p"), 1002, id="fragmented ping"),
        pytest.param(client_frame(0x89, b"p" * 126), 1002, id="long ping"),
        pytest.param(client_frame(0x80, b"lo"), 1002, id="continuation of nothing"),
        pytest.param(
            client_frame(0x01, b"a") + client_frame(0x81, b"b"), 1002, id="message in a message"
        ),
        pytest.param(client_frame(0x81, b"\xff"), 1007, id="no UTF-8"),
        pytest.param(client_frame(0x81, b"\xed\xa0\x80"), 1007, id="lone surrogate"),
        pytest.param(
            client_frame(0x01, b"\xce\xba\xe1") + client_frame(0x00, b"\xff"),
            1007,
            id="bad second fragment",
        ),
        pytest.param(
            client_frame(0x01, b"\xce") + client_frame(0x80, b""), 1007, id="cut character"
        ),
        pytest.param(client_frame(0x81, b"z" * (LIMIT + 1))[:8], 1009, id="head of a long message"),
        pytest.param(bytes.fromhex("81ff7fffffffffffffff"), 1009, id="claims 2**63 - 1 bytes"),
        pytest.param(client_frame(0x88, b"\x03"), 1002, id="close of one byte"),
        pytest.param(client_frame(0x88, b"\x03\xe8\xff"), 1007, id="close reason no UTF-8"),
    ],
)
def test_a_broken_rule_ends_the_messages_with_its_close_code(data: bytes, code: int) -> None:
    framing = server_side()

    bodies = framing.receive(client_frame(0x81, b"before") + data + client_frame(0x81, b"after"))

    assert bodies == [b"before"]
    assert close_code(framing) == code
    assert framing.ending is not None
    assert framing.ending.text
    assert framing.receive(client_frame(0x81, b"later")) == []


@pytest.mark.parametrize("fragment_bytes", [64, 0])
def test_fragments_without_end_stop_at_the_limit(fragment_bytes: int) -> None:
    framing = server_side()
    framing.receive(client_frame(0x01, b"x" * 500))

    framing.receive(client_frame(0x00, b"x" * fragment_bytes) * 7)
    assert framing.ending is None
    framing.receive(client_frame(0x00, b"x" * 501))

    assert close_code(framing) == 1009


def test_a_message_of_exactly_the_limit_passes() -> None:
    framing = server_side()

    assert framing.receive(client_frame(0x81, b"x" * LIMIT)) == [b"x" * LIMIT]


@pytest.mark.parametrize("code", [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2999, 5000, 65535])
def test_a_close_code_that_must_not_travel_is_an_error(code: int) -> None:
    framing = server_side()

    framing.receive(client_frame(0x88, code.to_bytes(2, "big")))

    assert close_code(framing) == 1002


@pytest.mark.parametrize("code", [1000, 1001, 1003, 1007, 1011, 1014, 3000, 3999, 4000, 4999])
def test_a_close_frame_is_answered_with_its_code(code: int) -> None:
    framing = server_side()

    framing.receive(client_frame(0x88, code.to_bytes(2, "big") + b"bye"))

    assert close_code(framing) == code
    assert framing.ending is not None
    assert (framing.ending.text == "") == (code in (1000, 1001))


def test_an_empty_close_frame_is_echoed_empty() -> None:
    framing = server_side()

    framing.receive(client_frame(0x88))

    assert framing.ending is not None
    assert framing.ending.answer == server_frame(0x88)
    assert framing.end_of_stream() == ""


def test_an_end_without_close_frame_is_told() -> None:
    assert server_side().end_of_stream() == "connection ended without a close frame"


@pytest.mark.parametrize(
    ("opcode", "first", "kind"), [(TEXT, 0x82, "binary"), (BINARY, 0x81, "text")]
)
def test_a_message_of_the_wrong_kind_is_a_bad_message(opcode: int, first: int, kind: str) -> None:
    framing = server_side(opcode)
    good = client_frame(0x80 | opcode, b"[1]")

    bodies = framing.receive(good + client_frame(first, b"[2]") + good)

    assert bodies == [b"[1]"]
    assert framing.ending is None
    assert str(framing.bad_message).startswith(f"{kind} frame")
    assert framing.receive(good) == []
    framing.receive(client_frame(0x88, b"\x03\xe8"))
    assert close_code(framing) == 1000


def test_without_a_kind_both_are_taken_and_noted() -> None:
    framing = server_side(None)

    bodies = framing.receive(client_frame(0x81, b"text") + client_frame(0x82, b"\xff"))

    assert bodies == [b"text", b"\xff"]
    assert framing.opcodes == [TEXT, BINARY]
    assert framing.frame_as(TEXT, b"a") == b"\x81\x01a"
    assert framing.frame_as(BINARY, b"b") == b"\x82\x01b"


def test_a_long_close_reason_is_cut_between_characters() -> None:
    frame = server_side().close(1002, "é" * 100)

    assert frame == b"\x88\x7c\x03\xea" + "é".encode() * 61


def test_a_ping_is_a_whole_frame() -> None:
    assert server_side().ping() == b"\x89\x00"


bodies_of_messages = st.lists(st.binary(max_size=300), max_size=5)


@given(bodies_of_messages, st.integers(1, 40), st.binary(min_size=4, max_size=4))
def test_any_slicing_gives_the_same_messages(bodies: list[bytes], size: int, mask: bytes) -> None:
    framing = server_side(BINARY)
    data = b"".join(client_frame(0x82, body, mask=mask) for body in bodies)

    heard: list[bytes] = []
    for start in range(0, len(data), size):
        heard += framing.receive(data[start : start + size])

    assert heard == bodies


@given(st.lists(st.binary(max_size=60), max_size=10))
def test_any_bytes_give_messages_or_an_ending(chunks: list[bytes]) -> None:
    whole, sliced = server_side(), server_side()

    expected = whole.receive(b"".join(chunks))
    heard = [body for chunk in chunks for body in sliced.receive(chunk)]

    assert heard == expected
    assert sliced.ending == whole.ending
    assert sliced.replies == whole.replies
    assert str(sliced.bad_message) == str(whole.bad_message)


def test_the_mask_of_the_test_frames_is_the_rfcs() -> None:
    assert client_frame(0x81, b"Hello") == bytes.fromhex("8185") + MASK + bytes.fromhex(
        "7f9f4d5158"
    )


def skipping(side: WebSocketFraming) -> WebSocketFraming:
    side.max_skipped_bytes = 2 * LIMIT
    return side


@pytest.mark.parametrize("slices", [1, 3, 500, 5000])
def test_a_message_somewhat_too_long_is_read_over(slices: int) -> None:
    """What the router answers with ``payload_size_exceeded``."""
    framing = skipping(server_side())
    long = b"[48,1,{}" + b"z" * LIMIT
    data = client_frame(0x81, b"[1]") + client_frame(0x81, long) + client_frame(0x81, b"[3]")

    heard = [
        body
        for start in range(0, len(data), slices)
        for body in framing.receive(data[start : start + slices])
    ]

    first, body, last = heard
    assert (first, body, last) == (b"[1]", b"", b"[3]")
    assert isinstance(body, Oversized)
    assert (body.head, body.length, body.limit) == (long, LIMIT + 8, LIMIT)
    assert framing.ending is None


def test_a_client_reads_over_what_is_not_masked() -> None:
    framing = skipping(client_side())

    (body,) = framing.receive(server_frame(0x81, b"z" * (LIMIT + 1)))

    assert isinstance(body, Oversized)
    assert body.head == b"z" * (LIMIT + 1)


def test_control_frames_after_a_message_that_is_read_over_are_answered() -> None:
    framing = skipping(server_side())

    framing.receive(client_frame(0x81, b"z" * (LIMIT + 1)) + client_frame(0x89, b"hi"))

    assert framing.replies == [b"\x8a\x02hi"]


@pytest.mark.parametrize(
    "data",
    [
        client_frame(0x81, b"z" * (2 * LIMIT + 1))[:8],
        client_frame(0x01, b"z" * (LIMIT + 1))[:8],
        client_frame(0x82, b"z" * (LIMIT + 1))[:8],
        client_frame(0x01, b"z") + client_frame(0x80, b"z" * LIMIT),
    ],
    ids=["far too long", "first fragment", "wrong kind", "later fragment"],
)
def test_only_whole_messages_of_the_session_are_read_over(data: bytes) -> None:
    framing = skipping(server_side())

    framing.receive(data)

    assert close_code(framing) == 1009
