"""Lines out of a stream of bytes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wampedge_drivers.serial._lines import MAX_LINE, LineSplitter


def test_lines_come_out_without_their_ends() -> None:
    splitter = LineSplitter(b"\r\n")

    assert splitter.feed(b"one\r\n\r\ntwo\nlines\r\nthr") == [b"one", b"", b"two\nlines"]
    assert splitter.feed(b"ee\r") == []
    assert splitter.feed(b"\n") == [b"three"]


def test_a_line_may_be_as_long_as_the_limit_and_no_longer() -> None:
    splitter = LineSplitter(b"\n")

    assert splitter.feed(b"a" * MAX_LINE + b"\n" + b"b" * (MAX_LINE + 1) + b"\nok\n") == [
        b"a" * MAX_LINE,
        b"ok",
    ]
    assert splitter.overlong == 1


def test_ten_megabytes_without_a_line_end_take_no_memory() -> None:
    """ROBUSTNESS.md B2: no newline for 10 MB."""
    splitter = LineSplitter(b"\r\n")

    for _ in range(2560):
        assert splitter.feed(b"\xff" * 4096) == []
        assert len(splitter._buffer) <= 4096

    assert splitter.feed(b"\r\nback in step\r\n") == [b"back in step"]
    assert splitter.overlong == 1


@pytest.mark.parametrize("noise", [b"\x00" * 5000, b"\xff" * 5000, bytes(range(11, 256)) * 20])
def test_noise_costs_one_line_only(noise: bytes) -> None:
    splitter = LineSplitter(b"\n")

    assert splitter.feed(noise + b"\nT=1\n") == [b"T=1"]
    assert splitter.overlong == 1


@given(
    stream=st.lists(
        st.sampled_from([b"a", b"\r", b"\n", b"\r\n", b"abcdefghij", b"\x00"]), max_size=60
    ),
    eol=st.sampled_from([b"\n", b"\r\n", b"aab", b"aa"]),
    data=st.data(),
)
def test_the_lines_do_not_depend_on_how_the_bytes_arrive(
    stream: list[bytes], eol: bytes, data: st.DataObject
) -> None:
    whole = b"".join(stream)
    at_once, piecewise = LineSplitter(eol, limit=8), LineSplitter(eol, limit=8)
    lines = []
    rest = whole
    while rest:
        size = data.draw(st.integers(1, len(rest)))
        lines += piecewise.feed(rest[:size])
        rest = rest[size:]

    assert at_once.feed(whole) == lines
    assert at_once.overlong == piecewise.overlong
    assert len(piecewise._buffer) <= 8 + len(eol)
