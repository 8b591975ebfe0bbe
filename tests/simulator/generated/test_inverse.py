"""Values turned into words: rising, falling, floats, joint words, and words that are no value."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wampedge.devices.expressions import Expression
from wampedge.devices.registermap.decoder import Field, Out
from wampedge_simulator.generated.inverse import Inversion, nearest, scanned

ONE, NOTHING = Expression("1", ()), Expression("0", ())


def out(name: str, field: Field | None = None, expr: str | None = None, *names: str) -> Out:
    expression = None if expr is None else Expression(expr, names)
    return Out(name, field, ONE, NOTHING, expression, None, None, is_internal=name.startswith("_"))


def inversion(outs: list[Out], size: int = 4) -> Inversion:
    units = {each.name: "" for each in outs if not each.is_internal}
    return Inversion(outs, {}, units, {"r": bytes(size)})


def test_the_nearest_number_is_found_whether_the_value_rises_or_falls() -> None:
    assert nearest(lambda n: n * 0.5, 7.3, 0, 100) == 15
    assert nearest(lambda n: -n * 0.5, -7.3, 0, 100) == 15


def test_ends_without_a_value_are_passed_over() -> None:
    assert nearest(lambda n: math.log(n) if n else None, math.log(20), 0, 255) == 20


def test_a_value_that_falls_and_rises_is_scanned() -> None:
    found = scanned(lambda n: (n - 300) ** 2, 100.0, 0, 1000)

    assert found in {290, 310}


def test_bits_of_others_stay() -> None:
    turned = inversion([out("a", Field("r", 0, 2, shift=4, bits=8))])

    assert turned.payloads({"a": 255}, set())["r"] == bytes.fromhex("0ff00000")


def test_a_negative_number_is_in_twos_complement_and_little_endian() -> None:
    turned = inversion([out("a", Field("r", 0, 2, "little", is_signed=True))])

    assert turned.payloads({"a": -2}, set())["r"] == bytes.fromhex("feff0000")


@pytest.mark.parametrize(("value", "word"), [(1.5, "3fc00000"), (-5.5, "c0b00000")])
def test_a_float_is_met_exactly(value: float, word: str) -> None:
    turned = inversion([out("a", Field("r", 0, 4, bits=32, is_float=True))])

    assert turned.payloads({"a": value}, set())["r"].hex() == word


def test_a_word_that_is_no_measurement_is_not_given() -> None:
    turned = inversion([out("a", Field("r", 0, 2, invalid=frozenset({100})))])

    assert turned.payloads({"a": 100}, set())["r"][:2] in {b"\x00\x63", b"\x00\x65"}


def test_a_value_of_two_words_is_met_by_both() -> None:
    high, low = Field("r", 0, 1, bits=8), Field("r", 1, 2, bits=8)
    turned = inversion(
        [out("_h", high), out("_l", low), out("a", None, "_h * 256 + _l", "_h", "_l")]
    )

    assert turned.payloads({"a": 0x1234}, {"a"})["r"][:2] == b"\x12\x34"
    assert turned.step("a", {"a": 0x1234}, {"a"}) in {1, 256}


def test_a_channel_of_other_channels_follows_them_until_it_is_set() -> None:
    a = out("a", Field("r", 0, 2))
    turned = inversion([a, out("double", None, "a * 2", "a")])

    assert turned.payloads({"a": 10, "double": 50}, set())["r"][:2] == b"\x00\x0a"
    assert turned.payloads({"a": 10, "double": 50}, {"double"})["r"][:2] == b"\x00\x19"


@given(
    slope=st.sampled_from((-3.0, -0.25, 0.01, 1.0, 40.0)),
    bend=st.sampled_from((0.0, 0.0001, 0.5)),
    wanted=st.floats(-2_000, 2_000),
    gap=st.integers(0, 3),
)
def test_nearest_is_what_looking_at_every_number_finds(
    slope: float, bend: float, wanted: float, gap: int
) -> None:
    """Straight or bent, rising or falling, without a value at its ends, and far off its range."""

    def value(number: int) -> float | None:
        if not gap <= number <= 60 - gap:
            return None
        return slope * number + math.copysign(bend, slope) * number * number

    found = value(nearest(value, wanted, 0, 60))
    assert found is not None
    best = min(abs(here - wanted) for n in range(61) if (here := value(n)) is not None)
    assert abs(found - wanted) == pytest.approx(best)


def test_a_straight_value_is_looked_at_a_few_times_only() -> None:
    asked: list[int] = []

    def value(number: int) -> float:
        asked.append(number)
        return 0.125 * number - 256.0

    assert nearest(value, 21.3, 0, 65_535) == 2218
    assert len(asked) < 10


def test_value_next_to_a_straight_line_is_found_in_few_looks() -> None:
    looks: list[int] = []

    def falls(raw: int) -> float:
        looks.append(raw)
        return 1000.0 - raw / 64

    # 1000 - 48000 / 64 = 250.
    assert nearest(falls, 250.0, 0, 65535) == 48000
    assert len(looks) < 12


def test_value_with_gaps_where_the_line_points_is_found_all_the_same() -> None:
    assert nearest(lambda raw: None if 40 <= raw <= 60 else float(raw), 39.0, 0, 100) == 39


def test_value_outside_of_what_can_be_is_met_at_the_end() -> None:
    assert nearest(lambda raw: raw / 2, 900.0, 0, 1000) == 1000
    assert nearest(lambda raw: raw / 2, -1.0, 0, 1000) == 0
