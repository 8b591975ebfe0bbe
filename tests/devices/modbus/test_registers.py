"""What words mean: types, orders, limits; and which tables declare no register."""

from __future__ import annotations

from typing import Any

import pytest

from wampedge.devices.fields import Boolean, Number, Text, convert_table
from wampedge.devices.modbus.keys import REGISTER_KEYS
from wampedge.devices.modbus.registers import Register, register_of
from wampedge.errors import InvalidValueError


def register(**given: Any) -> Register:
    return Register(**{"name": "x", "table": "holding", "address": 0, **given})


@pytest.mark.parametrize(
    ("kind", "order", "words", "value"),
    [
        ("u16", "ABCD", [0x08D1], 2257),
        ("u16", "DCBA", [0xD108], 2257),
        ("u16", "CDAB", [0x08D1], 2257),
        ("i16", "ABCD", [0xFF33], -205),
        ("u32", "ABCD", [0x0001, 0x86A0], 100_000),
        ("u32", "CDAB", [0x86A0, 0x0001], 100_000),
        ("u32", "BADC", [0x0100, 0xA086], 100_000),
        ("u32", "DCBA", [0xA086, 0x0100], 100_000),
        ("i32", "ABCD", [0xFFFF, 0xFFFE], -2),
        ("u64", "ABCD", [0, 0, 1, 0], 65536),
        ("i64", "CDAB", [0xFFFE, 0xFFFF, 0xFFFF, 0xFFFF], -2),
        ("f32", "ABCD", [0x4366, 0x3333], 230.2),
        ("f32", "CDAB", [0x3333, 0x4366], 230.2),
        ("f64", "ABCD", [0x406C, 0xC666, 0x6666, 0x6666], 230.2),
    ],
)
def test_a_number_in_words(kind: str, order: str, words: list[int], value: float) -> None:
    one = register(type=kind, order=order)

    assert one.count == len(words)
    assert one.value_of(words) == value
    assert one.words_of(value) == words


def test_scale_and_offset_leave_no_crumbs() -> None:
    one = register(scale=0.1, offset=-40)

    assert one.value_of([2257]) == 185.7
    assert one.words_of(185.7) == [2257]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"type": "f32"}, [0x7FC0, 0]),
        ({"type": "f32"}, [0xFF80, 0]),
        ({"invalid": (0xFFFF,)}, [0xFFFF]),
        ({"type": "i16", "invalid": (0x8000,)}, [0x8000]),
        ({"limits": (0, 100)}, [101]),
    ],
)
def test_what_is_no_measurement_is_none(given: dict[str, Any], words: list[int]) -> None:
    """Not a number, minus infinity, marked words, beyond what the part can measure."""
    assert register(**given).value_of(words) is None


def test_a_number_beyond_what_json_can_carry_is_a_float() -> None:
    value = register(type="u64").value_of([0xFFFF] * 4)

    assert isinstance(value, float)
    assert value == pytest.approx(1.8446744e19)


@pytest.mark.parametrize(
    ("order", "bit", "word", "value"),
    [
        ("ABCD", 0, 1, True),
        ("ABCD", 3, 0b0111, False),
        ("ABCD", 15, 0x8000, True),
        ("BADC", 0, 0x0100, True),
    ],
)
def test_a_bit_of_a_register(order: str, bit: int, word: int, value: bool) -> None:
    assert register(type="bit", order=order, bit=bit).value_of([word]) is value


def test_a_coil_is_a_flag() -> None:
    coil = register(table="coil", type="bit")

    assert coil.value_of([1]) is True
    assert coil.channel().field == Boolean()


def test_a_text_ends_at_its_first_zero() -> None:
    text = register(type="string", size=4)

    assert text.count == 4
    assert text.value_of([0x5344, 0x4D31, 0x3230, 0x0000]) == "SDM120"
    assert text.words_of("SDM1") == [0x5344, 0x4D31, 0, 0]
    assert text.channel().field == Text(maximum_length=8)
    assert register(type="string", size=1, order="BADC").value_of([0x4453]) == "SD"


@pytest.mark.parametrize(
    ("given", "value", "complaint"),
    [
        ({"type": "u16"}, 65536, "does not fit u16"),
        ({"type": "u16"}, -1, "does not fit u16"),
        ({"type": "f32"}, 1e39, "does not fit f32"),
        ({"type": "string", "size": 1}, "abc", "takes 2 bytes of text"),
    ],
)
def test_a_value_that_no_words_can_hold_is_refused(
    given: dict[str, Any], value: Any, complaint: str
) -> None:
    with pytest.raises(InvalidValueError, match=complaint) as caught:
        register(**given).words_of(value)

    assert caught.value.field == "value"


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        ({"type": "u16", "scale": 0.1}, Number(0, 6553.5)),
        ({"type": "i16", "scale": -1}, Number(-32767, 32768)),
        ({"type": "f32"}, Number()),
        ({"type": "f32", "limits": (-5, 5)}, Number(-5, 5)),
    ],
)
def test_a_channel_takes_what_the_words_can_hold(given: dict[str, Any], kind: Number) -> None:
    assert register(**given).channel().field == kind


def declared(**given: Any) -> Register:
    table, mistakes = convert_table(given, REGISTER_KEYS)
    assert not mistakes
    return register_of("x", table, "CDAB")


def test_a_table_declares_a_register() -> None:
    one = declared(holding=0x1C, type="f32", write=True, every="60s", total=True)

    assert (one.table, one.address, one.end, one.order) == ("holding", 0x1C, 0x1E, "CDAB")
    assert (one.is_written, one.every_s, one.is_total) == (True, 60.0, True)
    assert declared(coil=7).type == "bit"
    assert declared(input=7, byte_order="ABCD").order == "ABCD"


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ({}, "needs one of input, holding, coil, discrete"),
        ({"input": 1, "coil": 1}, "needs one of"),
        ({"coil": 1, "type": "u16"}, "a coil is a bit"),
        ({"input": 1, "write": True}, "input can only be read"),
        ({"holding": 0xFFFF, "type": "u32"}, "beyond the last register"),
        ({"holding": 1, "scale": 0}, "scale other than 0"),
        ({"holding": 1, "type": "string", "total": True}, "total is for numbers"),
    ],
)
def test_keys_that_do_not_go_together_are_refused(given: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        declared(**given)
