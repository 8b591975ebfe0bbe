from __future__ import annotations

import math
import re
from typing import Any

import pytest

from wampedge.devices.fields import Duration, Field, FieldError, Quantity


def complaint(kind: Field, value: Any) -> str:
    with pytest.raises(FieldError) as caught:
        kind.convert(value)
    return str(caught.value)


def test_a_duration_is_seconds_inside() -> None:
    assert Duration().convert("700ms") == 0.7


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (30, 'must be a duration such as "30s", got 30 (write "30s")'),
        (0.5, 'must be a duration such as "30s", got 0.5 (write "500ms")'),
        (0, 'must be a duration such as "30s", got 0'),
        (-1, 'must be a duration such as "30s", got -1'),
        (math.nan, 'must be a duration such as "30s", got nan'),
        (1e-9, 'must be a duration such as "30s", got 1e-09'),
        (True, 'must be a duration such as "30s", got true'),
        ("1 s", 'must be a duration such as "30s", got "1 s" (write "1s")'),
        ("0s", 'must be "10ms" or longer, got "0s"'),
        ("2d", 'must be "1d" or shorter, got "2d"'),
    ],
)
def test_what_is_no_duration_within_limits_is_refused_with_the_fix(value: Any, text: str) -> None:
    assert complaint(Duration(minimum_s=0.01, maximum_s=86_400), value) == text


def test_a_quantity_is_in_its_unit_inside() -> None:
    assert Quantity("ohm").convert("2mohm") == 0.002
    assert Quantity("A", minimum=0, maximum=30).convert("20A") == 20.0


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (2, 'must be a text with its unit, such as "10A", got 2 (write "2A")'),
        (True, 'must be a text with its unit, such as "10A", got true'),
        ("2", 'must carry its unit, got "2" (write "2A")'),
        ("31A", "must be 0A to 30A, got 31A"),
        ("31000mA", "must be 0A to 30A, got 31A"),
    ],
)
def test_what_is_no_such_quantity_is_refused_with_the_fix(value: Any, text: str) -> None:
    assert complaint(Quantity("A", minimum=0, maximum=30), value) == text


@pytest.mark.parametrize("text", ["30s", "1.5h", "250us"])
def test_the_schema_of_a_duration_takes_durations(text: str) -> None:
    assert re.search(Duration().schema()["pattern"], text)


@pytest.mark.parametrize("text", ["30", "30 s", "s", "-1s", "30sec", "1h30m"])
def test_the_schema_of_a_duration_takes_nothing_else(text: str) -> None:
    assert not re.search(Duration().schema()["pattern"], text)


@pytest.mark.parametrize("text", ["2mohm", "100Ω", "1e3uohm", "-.5kΩ"])
def test_the_schema_of_a_quantity_takes_every_spelling_of_its_units(text: str) -> None:
    assert re.search(Quantity("ohm").schema()["pattern"], text)
    Quantity("ohm").convert(text)


@pytest.mark.parametrize("text", ["2", "2 ohm", "2V", "ohm"])
def test_the_schema_of_a_quantity_takes_nothing_else(text: str) -> None:
    assert not re.search(Quantity("ohm").schema()["pattern"], text)


def test_the_schema_of_a_compound_unit_asks_for_some_unit() -> None:
    pattern = Quantity("L/min").schema()["pattern"]

    assert re.search(pattern, "10L/min")
    assert not re.search(pattern, "10")
