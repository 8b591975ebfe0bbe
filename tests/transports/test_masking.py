"""Masked frames; the bytes are those of RFC 6455 section 5.7."""

from __future__ import annotations

import pytest

from tests.transports.frames import MASK, client_frame
from wampedge.transports.masking import apply_mask, fresh_mask_keys, masked_frame


def test_the_masked_hello_of_the_rfc_is_written() -> None:
    assert masked_frame(0x81, b"Hello", MASK) == bytes.fromhex("818537fa213d7f9f4d5158")


@pytest.mark.parametrize("length", [0, 125, 126, 65535, 65536])
def test_lengths_take_the_shortest_form(length: int) -> None:
    body = b"y" * length

    assert masked_frame(0x82, body, MASK) == client_frame(0x82, body)


def test_masking_twice_gives_the_same() -> None:
    assert apply_mask(apply_mask(b"Hello there", MASK), MASK) == b"Hello there"


def test_keys_are_four_bytes_and_never_run_out() -> None:
    """Section 5.3; a stock has 256 of them."""
    keys = fresh_mask_keys()

    drawn = [next(keys) for _ in range(600)]

    assert {len(key) for key in drawn} == {4}
    assert len(set(drawn)) > 590
