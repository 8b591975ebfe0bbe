from __future__ import annotations

import math
from typing import Any

import pytest

from wampedge.config.kinds import (
    Delta,
    DeltaText,
    Expandable,
    FormatPin,
    I2cAddress,
    I2cPath,
    Name,
    Range,
    SecretText,
    addresses_text,
)
from wampedge.devices.fields import Field, FieldError


def complaint(kind: Field, value: Any) -> str:
    with pytest.raises(FieldError) as caught:
        kind.convert(value)
    return str(caught.value)


def test_the_format_is_1() -> None:
    assert FormatPin().convert(1) == 1
    assert complaint(FormatPin(), 2) == (
        "must be 1, the one version of the file format, got 2"
        " (this wampedge is older than the file: update it)"
    )
    assert complaint(FormatPin(), "1").endswith('got "1"')
    assert complaint(FormatPin(), True).endswith("got true")
    assert complaint(FormatPin(), 0).endswith("got 0")


@pytest.mark.parametrize("name", ["gh1", "a", "soil_1", "0", "a" * 64])
def test_a_name_is_a_component_of_a_uri(name: str) -> None:
    assert Name().convert(name) == name


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Soil-1", 'must be a name of a-z, 0-9 and _, got "Soil-1" (write "soil_1")'),
        ("°", 'must be a name of a-z, 0-9 and _, got "°"'),
        ("a\n", 'must be a name of a-z, 0-9 and _, got "a\\n" (write "a")'),
        ("", 'must be a name of a-z, 0-9 and _, got ""'),
        ("a" * 65, f'must have 64 characters or fewer, got "{"a" * 37}..."'),
        (5, "must be a text, got 5"),
    ],
)
def test_other_names_are_refused(name: Any, text: str) -> None:
    assert complaint(Name(), name) == text


def test_reserved_names_are_refused() -> None:
    assert complaint(Name(), "sys") == (
        'must not be a reserved name, got "sys"'
        " (reserved: config, derived, describe, event, get, health, rules, set, sim, status, sys)"
    )


def test_an_address_is_one_the_part_can_have() -> None:
    assert I2cAddress((0x76, 0x77)).convert(0x77) == 0x77
    assert I2cAddress().convert(0x08) == 0x08


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0x00, "must be 0x08 to 0x77, got 0x00 (this part has 0x76, 0x77)"),
        (0x78, "must be 0x08 to 0x77, got 0x78 (this part has 0x76, 0x77)"),
        (0xEC, "must be 0x08 to 0x77, got 0xec (an 8-bit address; write 0x76)"),
        (0x40, "must be 0x76, 0x77, got 0x40 (this part has no other address)"),
        (-1, "must be 0x08 to 0x77, got -1 (this part has 0x76, 0x77)"),
        ("0x76", 'must be a number, got "0x76" (write 0x76, without quotes)'),
        ("x", 'must be a whole number, got "x"'),
    ],
)
def test_other_addresses_are_refused(value: Any, text: str) -> None:
    assert complaint(I2cAddress((0x76, 0x77)), value) == text


def test_an_address_of_a_part_that_can_have_any_stays_within_the_bus() -> None:
    assert complaint(I2cAddress(), 0x7F) == (
        "must be 0x08 to 0x77, got 0x7f (the others are reserved)"
    )


def test_addresses_in_a_row_are_told_as_a_range() -> None:
    assert addresses_text((0x77, 0x76)) == "0x76, 0x77"
    assert addresses_text(range(0x40, 0x50)) == "0x40 to 0x4f"
    assert addresses_text((0x20, 0x21, 0x22, 0x38)) == "0x20 to 0x22, 0x38"


@pytest.mark.parametrize(
    ("value", "path"), [(1, "/dev/i2c-1"), (0, "/dev/i2c-0"), ("/dev/i2c-11", "/dev/i2c-11")]
)
def test_an_i2c_bus_is_a_number_or_a_device_node(value: Any, path: str) -> None:
    assert I2cPath().convert(value) == path


@pytest.mark.parametrize("value", [-1, 256, True, "i2c-1", "/etc/passwd", "/dev/x y", 1.0, None])
def test_other_i2c_buses_are_refused(value: Any) -> None:
    assert complaint(I2cPath(), value).startswith("must be the number of the bus (1) or its device")


def test_a_range_rises() -> None:
    assert Range().convert([-20, 60.5]) == (-20.0, 60.5)
    assert complaint(Range(), [5, 1]) == "must rise, got [5, 1] (write [1, 5])"
    assert complaint(Range(), [5, 5]) == "must rise, got [5, 5]"


@pytest.mark.parametrize(
    "value", [[1], [1, 2, 3], ["1", 2], [math.nan, 1], [0, math.inf], [True, 2], 5, "1-2"]
)
def test_a_range_is_two_numbers(value: Any) -> None:
    assert complaint(Range(), value).startswith("must be two numbers, such as [-20, 60]")


@pytest.mark.parametrize(
    ("value", "delta"),
    [
        ("1%", Delta(1.0, "%")),
        ("0.5V", Delta(0.5, "V")),
        ("2µg/m³", Delta(2.0, "µg/m³")),
        (5, Delta(5.0, None)),
        (0.5, Delta(0.5, None)),
    ],
)
def test_a_delta_is_a_share_a_quantity_or_a_number(value: Any, delta: Delta) -> None:
    assert DeltaText().convert(value) == delta


@pytest.mark.parametrize("value", [True, "V", "-1%", "5", "5 V", "", math.nan, [1]])
def test_other_deltas_are_refused(value: Any) -> None:
    assert complaint(DeltaText(), value).startswith('must be a change such as "1%" or "0.5V"')


@pytest.mark.parametrize("value", [0, -1, "0%", "0.0V"])
def test_a_delta_is_more_than_nothing(value: Any) -> None:
    assert complaint(DeltaText(), value).startswith("must be more than 0")


@pytest.mark.parametrize(
    "value", ["${env:TICKET}", "${file:/etc/wampedge/key}", "${credential:gh1.ticket}"]
)
def test_a_secret_is_a_reference(value: str) -> None:
    assert SecretText().convert(value) == value


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("hunter2", "must not stand in the file"),
        (271828, "must not stand in the file"),
        ("${hunter2}", "is no reference to a secret"),
        ("${file:hunter2}", "is no reference to a secret"),
        ("${env:hunter-2}", "is no reference to a secret"),
    ],
)
def test_a_secret_in_clear_text_is_refused_unseen(value: Any, text: str) -> None:
    assert complaint(SecretText(), value) == (
        f'{text} (write "${{env:NAME}}", "${{file:/path}}" or "${{credential:NAME}}")'
    )


def test_an_expandable_text_is_checked_as_what_it_became() -> None:
    assert Expandable(Name()).convert("gh1") == "gh1"
    assert complaint(Expandable(Name()), "GH1").startswith("must be a name")
