"""Specification, section "Message Batching"."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wampedge.errors import RemoteProtocolError
from wampedge.transports.batches import join_batch, split_batch


def test_json_messages_end_with_a_separator_each() -> None:
    assert join_batch([b"[1]", b"[2]"], is_binary=False) == b"[1]\x1e[2]\x1e"
    assert split_batch(b"[1]\x1e[2]\x1e", is_binary=False) == [b"[1]", b"[2]"]


def test_the_separator_of_autobahn_is_taken_too() -> None:
    assert split_batch(b"[1]\x18[2]\x18", is_binary=False) == [b"[1]", b"[2]"]


def test_other_messages_begin_with_their_length() -> None:
    batch = b"\x00\x00\x00\x02\x91\x01\x00\x00\x00\x01\x90"

    assert join_batch([b"\x91\x01", b"\x90"], is_binary=True) == batch
    assert split_batch(batch, is_binary=True) == [b"\x91\x01", b"\x90"]


@pytest.mark.parametrize(
    ("batch", "is_binary"),
    [
        (b"", False),
        (b"", True),
        (b"[1]", False),
        (b"[1]\x1e[2]", False),
        (b"\0\0\0", True),
        (b"\0\0\0\x02\x90", True),
        (b"\xff\xff\xff\xff\x90", True),
        (b"\0\0\0\x01\x90\0", True),
    ],
)
def test_a_batch_that_is_empty_or_cut_off_is_refused(batch: bytes, is_binary: bool) -> None:
    with pytest.raises(RemoteProtocolError, match="a batch"):
        split_batch(batch, is_binary=is_binary)


@given(st.lists(st.binary(max_size=30), min_size=1))
def test_what_was_joined_is_split_again(bodies: list[bytes]) -> None:
    assert split_batch(join_batch(bodies, is_binary=True), is_binary=True) == bodies
