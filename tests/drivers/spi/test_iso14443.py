"""Anticollision and selection against frames worked out from ISO/IEC 14443-3."""

from __future__ import annotations

import pytest

from tests.support.virtual import virtual
from wampedge_drivers.spi._iso14443 import HALT, Answer, GarbledError, crc_a, select_one


class Air:
    """Answers frame by frame as the test wrote it down; keeps what was asked."""

    def __init__(self, *answers: str | tuple[str, int] | None) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, int]] = []

    async def __call__(self, frame: bytes, *, bits: int = 0) -> Answer | None:
        self.asked.append((frame.hex(), bits))
        answer = self.answers.pop(0)
        if answer is None:
            return None
        data, place = (answer, None) if isinstance(answer, str) else answer
        return Answer(bytes.fromhex(data), place)


COMPLETE, MORE = "08b6dd", "04da17"


@pytest.mark.parametrize(
    ("frame", "crc"), [("0000", "a01e"), ("1234", "26cf"), ("5000", "57cd"), ("08", "b6dd")]
)
def test_crc_a_is_that_of_annex_b(frame: str, crc: str) -> None:
    assert crc_a(bytes.fromhex(frame)).hex() == crc
    assert HALT.hex() == "500057cd"


@virtual
async def test_a_short_uid_takes_one_level() -> None:
    air = Air("deadbeef22", COMPLETE)  # de ^ ad ^ be ^ ef = 22

    assert (await select_one(air)).hex() == "deadbeef"

    chosen = "9370deadbeef22"
    assert air.asked == [("9320", 0), (chosen + crc_a(bytes.fromhex(chosen)).hex(), 0)]


@virtual
async def test_a_uid_of_7_bytes_takes_two_levels_and_one_of_10_three() -> None:
    double = Air("8804a2240a", MORE, "b2c15780a4", COMPLETE)
    assert (await select_one(double)).hex() == "04a224b2c15780"
    assert [frame[:4] for frame, _ in double.asked] == ["9320", "9370", "9520", "9570"]

    triple = Air("8801020388", MORE, "880405068f", MORE, "0708090a0c", COMPLETE)
    assert (await select_one(triple)).hex() == "0102030405060708090a"


@virtual
async def test_of_two_tags_the_one_with_a_1_where_they_differ_is_selected() -> None:
    # 01020304 and 05020304 differ in the third bit; 2 bits are known, then 3 with a 1.
    air = Air(("01", 3), "0002030400", COMPLETE)

    assert (await select_one(air)).hex() == "05020304"

    assert air.asked[1] == ("932305", 3)


@virtual
async def test_a_difference_in_the_second_byte_is_counted_from_there() -> None:
    # 01000304 and 01100304 differ in the fifth bit of the second byte, the 13th of all.
    air = Air(("0100000000", 13), "00030416", COMPLETE)

    assert (await select_one(air)).hex() == "01100304"

    assert air.asked[1] == ("93350110", 5)


@pytest.mark.parametrize(
    ("answers", "why"),
    [
        (("deadbeef23",), "check byte"),
        (("deadbeef",), "check byte"),
        (("deadbeef2200",), "too long"),
        ((None,), "silent"),
        (("deadbeef22", None), "silent"),
        (("deadbeef22", "08b6dc"), "damaged"),
        (("deadbeef22", "08"), "damaged"),
        (("deadbeef22", MORE), "disagree"),
        (("8804a2240a", COMPLETE), "disagree"),
        ((("01", 33),), "disagree at bit 33"),
        ((("01", 3), ("00", 3)), "disagree at bit 3"),
        (("8801020388", MORE, "880405068f", MORE, "880708098e", MORE), "three parts"),
    ],
)
@virtual
async def test_what_is_no_uid_is_none(answers: tuple[str | None], why: str) -> None:
    with pytest.raises(GarbledError, match=why):
        await select_one(Air(*answers))
