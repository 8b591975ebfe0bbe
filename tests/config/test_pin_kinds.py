from __future__ import annotations

import re
from typing import Any

import pytest

from wampedge.config.model import PinRef
from wampedge.config.pin_kinds import PinText
from wampedge.devices.fields import Field, FieldError


def complaint(kind: Field, value: Any) -> str:
    with pytest.raises(FieldError) as caught:
        kind.convert(value)
    return str(caught.value)


@pytest.mark.parametrize(
    ("value", "pin"),
    [
        (0, PinRef("gpio", 0)),
        (27, PinRef("gpio", 27)),
        ("GPIO17", PinRef("gpio", 17)),
        ("header:11", PinRef("gpio", 17)),
        ("pin11", PinRef("gpio", 17)),
        ("header:3", PinRef("gpio", 2)),
        ("pin40", PinRef("gpio", 21)),
        ("io:0", PinRef("io", 0)),
        ("io_2:15", PinRef("io_2", 15)),
    ],
)
def test_a_pin_is_on_the_header_or_on_an_expander(value: Any, pin: PinRef) -> None:
    assert PinText().convert(value) == pin


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (31, "must be GPIO0 to GPIO27, got 31 (31 is a header position; use GPIO6)"),
        (40, "must be GPIO0 to GPIO27, got 40 (40 is a header position; use GPIO21)"),
        (34, "must be GPIO0 to GPIO27, got 34 (header position 34 is ground)"),
        (99, "must be GPIO0 to GPIO27, got 99"),
        (-1, "must be GPIO0 to GPIO27, got -1"),
    ],
)
def test_a_number_off_the_header_is_refused(value: int, text: str) -> None:
    assert complaint(PinText(), value) == text


@pytest.mark.parametrize(
    ("value", "hint"),
    [
        ("17", " (write 17)"),
        ("gpio 17", " (write 17)"),
        ("BCM17", " (write 17)"),
        ("BOARD11", ' (write "header:11")'),
        ("J8:11", ' (write "header:11")'),
        ("gpio:17", " (write 17)"),
        ("gpio:99", ""),
        ("J8:1", ""),
        ("GPIO28", ""),
        ("io:", ""),
        ("io:007", ""),
        ("io:0\n", ""),
        (True, ""),
        (17.5, ""),
        ({"pin": 17}, ""),
    ],
)
def test_other_spellings_of_a_pin_are_refused_with_the_fix(value: Any, hint: str) -> None:
    text = complaint(PinText(), value)

    assert text.startswith('must be a GPIO number (17), "GPIO17", a place on the header')
    assert text.endswith(hint) if hint else not text.endswith(")")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("header:1", "which is 3.3 V (3 is the nearest that is: GPIO2)"),
        ("pin4", "which is 5 V (3 is the nearest that is: GPIO2)"),
        ("header:39", "which is ground (38 is the nearest that is: GPIO20)"),
        ("pin20", "which is ground (19 is the nearest that is: GPIO10)"),
    ],
)
def test_a_place_that_is_no_line_is_refused_by_its_name(value: str, text: str) -> None:
    assert complaint(PinText(), value) == f'must be a line, got "{value}", {text}'


@pytest.mark.parametrize("value", ["header:0", "header:41", "pin0", "pin400"])
def test_a_place_off_the_header_is_refused(value: str) -> None:
    assert complaint(PinText(), value) == (f'must be a place on the header, 1 to 40, got "{value}"')


def test_schema_and_check_agree_on_every_place() -> None:
    """The 40-pin header has 28 lines, 4 supplies and 8 grounds."""
    pattern = PinText().schema()["anyOf"][1]["pattern"]
    taken = [n for n in range(60) if re.search(pattern, f"header:{n}")]

    lines = {PinText().convert(f"pin{n}").line for n in taken}

    assert (len(taken), lines) == (28, set(range(28)))
