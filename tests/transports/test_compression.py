"""Compression of single messages; the byte strings are those of RFC 7692 section 7.2.3."""

from __future__ import annotations

import random
import threading
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from websockets.exceptions import InvalidHandshake

from wampedge.transports.compression import CLIENT_OFFER, SERVER_ANSWER, Compression, inflate
from wampedge.wamp.oversized import HEAD_BYTES, Oversized

LIMIT = 10_000
REPETITIVE = b'["com.example.temperature",21.5],' * 40
RANDOM = random.Random(7).randbytes(2000)


def plainly_deflated(body: bytes, level: int = 9) -> bytes:
    """Compress as another implementation would (section 7.2.1)."""
    deflater = zlib.compressobj(level, zlib.DEFLATED, -15)
    return (deflater.compress(body) + deflater.flush(zlib.Z_SYNC_FLUSH))[:-4]


def plainly_inflated(packed: bytes, window_bits: int = 15) -> bytes:
    return zlib.decompressobj(-window_bits).decompress(packed + b"\x00\x00\xff\xff")


@pytest.mark.parametrize(
    "packed",
    [
        pytest.param("f248cdc9c90700", id="7.2.3.1 one block"),
        pytest.param("000500faff48656c6c6f00", id="7.2.3.3 a block without compression"),
        pytest.param("f348cdc9c9070000", id="7.2.3.4 a last block"),
        pytest.param("f24805000000ffffcac9c90700", id="7.2.3.5 two blocks"),
    ],
)
def test_the_hellos_of_the_rfc_are_read(packed: str) -> None:
    assert inflate(bytes.fromhex(packed), LIMIT) == b"Hello"


def test_an_empty_message_is_read() -> None:
    """Section 7.2.3.6: an empty block stands for it."""
    assert inflate(b"\x00", LIMIT) == b""


@pytest.mark.parametrize(
    "packed",
    [
        pytest.param(b"\xff" * 9, id="an unknown kind of block"),
        pytest.param(plainly_deflated(REPETITIVE)[:-7], id="cut off"),
        pytest.param(b"", id="no block"),
        pytest.param(bytes.fromhex("f348cdc9c9070000") + b"more", id="bytes behind the last block"),
    ],
)
def test_what_is_no_compressed_message_is_told(packed: bytes) -> None:
    with pytest.raises(ValueError, match="compressed"):
        inflate(packed, LIMIT)


def test_a_message_cannot_refer_to_one_before_it() -> None:
    """What is left in a window may be a message of another session."""
    deflater = zlib.compressobj(9, zlib.DEFLATED, -15)
    first = deflater.compress(REPETITIVE) + deflater.flush(zlib.Z_SYNC_FLUSH)
    second = deflater.compress(REPETITIVE) + deflater.flush(zlib.Z_SYNC_FLUSH)
    assert inflate(first[:-4], LIMIT) == REPETITIVE

    with pytest.raises(ValueError, match="not compressed"):
        inflate(second[:-4], LIMIT)


def test_a_message_of_the_longest_length_is_taken_and_a_longer_one_stood_in_for() -> None:
    body = b"[" + b"7," * 4999 + b"7"
    assert inflate(plainly_deflated(body), LIMIT) == body

    longer = inflate(plainly_deflated(body + b"]"), LIMIT)

    assert isinstance(longer, Oversized)
    assert (longer, longer.head, longer.limit) == (b"", body[:HEAD_BYTES], LIMIT)
    assert longer.length == LIMIT + 1


def test_of_a_huge_message_little_is_inflated_and_its_length_estimated() -> None:
    packed = plainly_deflated(bytes(8_000_000))

    body = inflate(packed, LIMIT)

    assert isinstance(body, Oversized)
    assert body.head == bytes(HEAD_BYTES)
    assert 1_000_000 < body.length < 16_000_000


def test_of_a_message_that_was_read_over_the_beginning_is_inflated() -> None:
    packed = plainly_deflated(RANDOM * 20 + bytes(5000))
    skipped = Oversized()
    skipped.head, skipped.length, skipped.limit = packed[:HEAD_BYTES], 300_000, LIMIT

    body = inflate(skipped, LIMIT)

    assert isinstance(body, Oversized)
    assert body.head == (RANDOM * 3)[:HEAD_BYTES]
    assert body.length >= 300_000


def test_what_was_read_over_and_is_not_compressed_is_told() -> None:
    skipped = Oversized()
    skipped.head, skipped.length, skipped.limit = b"\xff" * 100, 300_000, LIMIT

    with pytest.raises(ValueError, match="not compressed"):
        inflate(skipped, LIMIT)


@pytest.mark.parametrize("window_bits", [9, 10, 12])
def test_a_peer_with_the_agreed_window_reads_what_we_write(window_bits: int) -> None:
    body = REPETITIVE + RANDOM * 4 + REPETITIVE

    packed = Compression(window_bits).deflate(body)

    assert plainly_inflated(packed, window_bits) == body


def test_a_peer_that_keeps_a_large_window_gets_the_same_as_others() -> None:
    assert Compression(15).window_bits == 12


def test_the_same_message_becomes_the_same_bytes_whatever_was_sent_before() -> None:
    compression = Compression()
    once = compression.deflate(REPETITIVE)
    compression.deflate(RANDOM + REPETITIVE * 3)

    assert compression.deflate(REPETITIVE) == once
    assert len(once) < 100


def test_short_messages_and_such_as_do_not_get_shorter_stay_as_they_are() -> None:
    compression = Compression()

    assert compression.deflate(b"a" * 255) == b""
    assert compression.deflate(b"a" * 256) != b""
    assert compression.deflate(RANDOM) == b""
    assert compression.deflate(REPETITIVE) != b""


def test_each_thread_has_a_compressor_of_its_own() -> None:
    """Two sessions in two threads must not mix their messages."""
    compression = Compression()
    packed: list[bytes] = []

    def compress_often() -> None:
        packed.extend(compression.deflate(REPETITIVE) for _ in range(300))

    threads = [threading.Thread(target=compress_often) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert set(packed) == {compression.deflate(REPETITIVE)}
    assert len(packed) == 900


@settings(max_examples=60)
@given(st.lists(st.binary(max_size=40).map(lambda part: part * 30), min_size=1, max_size=6))
def test_what_is_compressed_is_inflated_to_the_same(bodies: list[bytes]) -> None:
    compression = Compression()

    for body in bodies:
        packed = compression.deflate(body)
        assert packed == b"" or inflate(packed, LIMIT) == body
        assert inflate(plainly_deflated(body), LIMIT) == body


@settings(max_examples=150)
@given(st.binary(max_size=300), st.integers(0, 2000))
def test_any_bytes_give_a_message_or_an_error_and_never_more_than_is_allowed(
    packed: bytes, limit: int
) -> None:
    try:
        body = inflate(packed, limit)
    except ValueError:
        return
    assert len(body) <= limit
    assert not isinstance(body, Oversized) or body.length > limit


def answered(offer: str) -> str:
    """Return what our server answers to an offer, which begins behind the extension's name."""
    params, _ = SERVER_ANSWER.process_request_params(parsed(offer), [])
    return "; ".join(name if value is None else f"{name}={value}" for name, value in params)


def parsed(offer: str) -> list[tuple[str, str | None]]:
    parts = [part.strip().partition("=") for part in offer.split(";") if part]
    return [(name, value or None) for name, _, value in parts]


_ALWAYS = "server_no_context_takeover; client_no_context_takeover; server_max_window_bits="


@pytest.mark.parametrize(
    ("offer", "answer"),
    [
        ("", f"{_ALWAYS}12"),
        ("client_max_window_bits", f"{_ALWAYS}12"),
        ("server_no_context_takeover", f"{_ALWAYS}12"),
        ("server_max_window_bits=15", f"{_ALWAYS}12"),
        ("server_max_window_bits=9", f"{_ALWAYS}9"),
        ("client_max_window_bits=10", f"{_ALWAYS}12; client_max_window_bits=10"),
    ],
)
def test_the_server_keeps_no_context_whatever_is_offered(offer: str, answer: str) -> None:
    """RFC 7692 section 7.1."""
    assert answered(offer) == answer


@pytest.mark.parametrize(
    "offer", ["server_max_window_bits=8", "server_max_window_bits=16", "window=9"]
)
def test_the_server_passes_over_offers_it_cannot_keep(offer: str) -> None:
    with pytest.raises(InvalidHandshake, match=r"window"):
        answered(offer)


def test_the_client_offers_to_keep_no_context() -> None:
    assert CLIENT_OFFER.get_request_params() == [
        ("server_no_context_takeover", None),
        ("client_no_context_takeover", None),
        ("client_max_window_bits", None),
    ]


@pytest.mark.parametrize(
    ("answer", "window_bits"),
    [
        ("server_no_context_takeover", 12),
        ("server_no_context_takeover; client_max_window_bits=10", 10),
        ("server_no_context_takeover; server_max_window_bits=15", 12),
    ],
)
def test_the_client_writes_into_the_window_it_was_granted(answer: str, window_bits: int) -> None:
    agreed = CLIENT_OFFER.process_response_params(parsed(answer), [])

    compression = Compression.agreed([agreed])

    assert compression is not None
    assert compression.window_bits == window_bits


@pytest.mark.parametrize(
    "answer", ["", "server_no_context_takeover; client_max_window_bits=8", "client_max_window_bits"]
)
def test_the_client_refuses_answers_it_cannot_keep(answer: str) -> None:
    with pytest.raises(InvalidHandshake, match=r"window|server_no_context_takeover"):
        CLIENT_OFFER.process_response_params(parsed(answer), [])


def test_without_the_extension_nothing_is_agreed() -> None:
    assert Compression.agreed([]) is None
