"""Frames in whatever arrives (ROBUSTNESS.md B2)."""

from __future__ import annotations

import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wampedge.devices.frames.format import (
    FRAME_CHECKSUMS,
    MAX_FRAME,
    FrameCheck,
    FrameFinder,
    FrameFormat,
    FrameLength,
)

SDS011 = FrameFormat(b"\xaa\xc0", 10, b"\xab", FrameCheck("sum", 2, 8))
GOOD = bytes.fromhex("aac0d4043a0aa1601dab")
COUNTED = FrameFormat(b"\x42\x4d", FrameLength(2, 2, plus=4), check=FrameCheck("sum16", 0, -2))


def counted(payload: bytes) -> bytes:
    head = b"\x42\x4d" + (len(payload) + 2).to_bytes(2, "big") + payload
    return head + sum(head).to_bytes(2, "big")


def test_a_frame_is_found_byte_by_byte() -> None:
    finder = FrameFinder(SDS011)

    found = [frame for byte in GOOD for frame in finder.feed(bytes((byte,)))]

    assert found == [GOOD]
    assert (finder.damaged, finder.noise) == (0, 0)


@pytest.mark.parametrize(
    ("before", "damaged"),
    [
        (b"\x00\xff\n", 0),
        (b"\xaa", 0),
        (b"\xaa\xc0", 1),
        (GOOD[:7], 1),
        (GOOD[:-2] + b"\x1e\xab", 1),
    ],
    ids=["noise", "half a header", "a header", "half a frame", "a wrong checksum"],
)
def test_the_frame_behind_something_broken_is_not_lost(before: bytes, damaged: int) -> None:
    finder = FrameFinder(SDS011)

    assert finder.feed(before + GOOD + GOOD[:5]) == [GOOD]
    assert finder.damaged == damaged
    assert finder.noise == len(before)


def test_a_frame_without_its_tail_is_none() -> None:
    finder = FrameFinder(SDS011)

    assert finder.feed(GOOD[:-1] + b"\xac") == []
    assert finder.damaged == 1


def test_frames_that_say_their_length() -> None:
    finder = FrameFinder(COUNTED)

    assert finder.feed(counted(b"abc") + b"noise" + counted(b"")) == [counted(b"abc"), counted(b"")]
    assert finder.noise == 5


@pytest.mark.parametrize("length", [b"\xff\xff", b"\x10\x00"])
def test_a_length_no_frame_can_have_is_noise(length: bytes) -> None:
    finder = FrameFinder(COUNTED)

    assert finder.feed(b"\x42\x4d" + length) == []
    assert finder.damaged == 1
    assert finder.feed(counted(b"abc")) == [counted(b"abc")]


def test_half_a_frame_can_be_forgotten() -> None:
    finder = FrameFinder(SDS011)
    finder.feed(GOOD[:6])
    finder.clear()

    assert finder.feed(GOOD[6:]) == []
    assert finder.feed(GOOD) == [GOOD]


@pytest.mark.parametrize(
    "portion", [b"\xff" * 4096, b"\x00" * 4096, b"\xaa\xc0" * 2048, b"BM" * 2048]
)
@pytest.mark.parametrize("frame_format", [SDS011, COUNTED])
def test_a_megabyte_of_anything_costs_no_memory(frame_format: FrameFormat, portion: bytes) -> None:
    finder = FrameFinder(frame_format)
    finder.feed(portion)
    tracemalloc.start()
    for _ in range(250 if portion[0] in b"\xff\x00" else 20):
        finder.feed(portion)
    grown, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert grown < 4 * MAX_FRAME


@settings(max_examples=60)
@given(st.lists(st.one_of(st.just(GOOD), st.binary(max_size=12)), max_size=8), st.integers(1, 9))
def test_frames_do_not_depend_on_how_the_bytes_are_cut(parts: list[bytes], size: int) -> None:
    stream = b"".join(parts)
    whole, cut = FrameFinder(SDS011), FrameFinder(SDS011)

    at_once = whole.feed(stream)
    in_portions = [
        frame for at in range(0, len(stream), size) for frame in cut.feed(stream[at : at + size])
    ]

    assert in_portions == at_once
    assert cut.damaged == whole.damaged


@pytest.mark.parametrize(
    ("kind", "payload", "wire"),
    [
        ("minus_sum", "86026047000000", "d1"),
        ("minus_sum", "01860000000000", "79"),
        ("sum16", "424d001c", "00ab"),
        ("sum16_little", "424d001c", "ab00"),
        ("modbus", "f8040000000a", "6464"),
        ("xor", "0102ff", "fc"),
    ],
)
def test_checksums_of_frames(kind: str, payload: str, wire: str) -> None:
    """The first two from the MH-Z19B's manual."""
    assert FRAME_CHECKSUMS[kind].to_wire(bytes.fromhex(payload)).hex() == wire
