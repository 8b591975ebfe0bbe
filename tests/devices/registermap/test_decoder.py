"""From bytes to values."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wampedge.devices.expressions import Expression
from wampedge.devices.registermap.decoder import Decoder, Field, Out
from wampedge.errors import BadReadingError


def out(field: Field | None = None, name: str = "value", **keys: Any) -> Out:
    names = ["raw", "gain", "flag", "value"]
    compiled: dict[str, Any] = {
        key: Expression(value, names) if isinstance(value, str) else value
        for key, value in keys.items()
    }
    compiled.setdefault("scale", Expression("1", ()))
    compiled.setdefault("offset", Expression("0", ()))
    return Out(name=name, field=field, **compiled)


def decode(payload: str, *outs: Out, **numbers: float) -> dict[str, float | None]:
    return Decoder(outs, numbers).decode({"word": bytes.fromhex(payload)})


@pytest.mark.parametrize(
    ("payload", "keys", "value"),
    [
        ("07d0", {}, 2000),
        ("07d0", {"endian": "little"}, 0xD007),
        ("f830", {"is_signed": True}, -2000),
        ("8000", {"is_signed": True}, -32768),
        ("7fff", {"is_signed": True}, 32767),
        ("5d98", {"shift": 3, "bits": 13}, 2995),
        ("1f9c", {"shift": 0, "bits": 13, "is_signed": True}, -100),
        ("0001", {"bits": 1}, 1),
        ("fffe", {"bits": 1}, 0),
        ("0102", {"start": 1, "bits": 8}, 2),
    ],
)
def test_a_whole_number_is_cut_out(payload: str, keys: dict[str, Any], value: int) -> None:
    assert decode(payload, out(Field("word", **{"start": 0, "end": 2, **keys}))) == {"value": value}


@pytest.mark.parametrize(
    ("payload", "endian", "value"),
    [
        ("43db8c2e", "big", 439.0951),
        ("0000803f", "little", 1.0),
        ("c059000000000000", "big", -100.0),
    ],
)
def test_a_float_is_read(payload: str, endian: Any, value: float) -> None:
    field = Field("word", 0, len(payload) // 2, endian=endian, is_float=True)

    assert decode(payload, out(field))["value"] == pytest.approx(value, abs=1e-4)


@pytest.mark.parametrize("payload", ["7fc00000", "7f800000", "ff800000", "ffffffff"])
def test_a_float_that_is_no_number_is_no_measurement(payload: str) -> None:
    with pytest.raises(BadReadingError):
        decode(payload, out(Field("word", 0, 4, is_float=True)))


def test_a_float_can_have_an_absent_pattern() -> None:
    field = Field("word", 0, 4, is_float=True, invalid=frozenset({0}))

    with pytest.raises(BadReadingError, match="its reset or absent pattern"):
        decode("00000000", out(field))


def test_scale_and_offset_may_depend_on_parameters() -> None:
    scaled = out(Field("word", 0, 2), scale="gain / 2", offset="gain - 45")

    assert decode("000a", scaled, gain=4) == {"value": 10 * 2 - 41}


def test_an_absent_pattern_is_looked_for_before_the_shift() -> None:
    field = Field("word", 0, 2, shift=3, bits=13, invalid=frozenset({0x8000}))
    values = decode("8000", out(field), out(Field("word", 0, 1, bits=8), name="flag"))

    assert values == {"value": None, "flag": 0x80}


def test_a_value_beyond_what_the_part_can_measure_is_none() -> None:
    limited = out(Field("word", 0, 2), scale="0.1", limits=(-40.0, 85.0))
    other = out(Field("word", 0, 1, bits=8), name="flag")

    assert decode("0352", limited, other)["value"] == pytest.approx(85.0)
    assert decode("0353", limited, other)["value"] is None


def test_an_expression_uses_the_raw_number_outs_above_and_parameters() -> None:
    flag = out(Field("word", 0, 1, bits=8), name="flag", is_internal=True)
    value = out(Field("word", 1, 2, bits=8), expression="raw * gain + flag")

    assert decode("0203", flag, value, gain=10) == {"value": 32}


def test_an_expression_alone_needs_no_bytes() -> None:
    first = out(Field("word", 0, 2))
    twice = out(name="twice", expression="value * 2")

    assert decode("0007", first, twice) == {"value": 7, "twice": 14}


def test_what_depends_on_no_measurement_is_none() -> None:
    first = out(Field("word", 0, 2, invalid=frozenset({0xFFFF})))
    twice = out(name="twice", expression="value * 2")
    other = out(Field("word", 0, 2), name="flag")

    assert decode("ffff", first, twice, other) == {"value": None, "twice": None, "flag": 65535}


def test_a_value_counts_only_while_it_is_valid() -> None:
    flag = out(Field("word", 0, 1, bits=8), name="flag")
    value = out(Field("word", 1, 2, bits=8), valid="flag == 1")

    assert decode("0105", flag, value) == {"flag": 1, "value": 5}
    assert decode("0205", flag, value) == {"flag": 2, "value": None}


def test_no_value_at_all_is_an_error() -> None:
    with pytest.raises(BadReadingError, match="its reset or absent pattern"):
        decode("ffff", out(Field("word", 0, 2, invalid=frozenset({0xFFFF}))))


def test_an_expression_without_a_value_is_a_bad_reading() -> None:
    with pytest.raises(BadReadingError, match=r"value: 'gain / raw' has no value here: division"):
        decode("0000", out(Field("word", 0, 2), expression="gain / raw"), gain=1)


@given(word=st.integers(0, 0xFFFF), shift=st.integers(0, 15), data=st.data())
def test_any_field_of_bits_agrees_with_the_definition(
    word: int, shift: int, data: st.DataObject
) -> None:
    bits = data.draw(st.integers(1, 16 - shift))
    unsigned = word // 2**shift % 2**bits
    signed = unsigned - 2**bits if unsigned >= 2 ** (bits - 1) else unsigned
    plain = out(Field("word", 0, 2, shift=shift, bits=bits))
    twos = out(Field("word", 0, 2, shift=shift, bits=bits, is_signed=True), name="flag")

    assert decode(f"{word:04x}", plain, twos) == {"value": unsigned, "flag": signed}
