"""Device files of tests that name one device."""

from __future__ import annotations

from typing import Any

import pytest
import tomli

from wampedge.testing.device_text import device_file, table_text


def test_a_device_gets_the_bus_its_driver_needs() -> None:
    text = device_file("air", "bme280", "i2c", {"address": 0x77})

    assert tomli.loads(text) == {
        "wampedge": 1,
        "node": {"name": "bench"},
        "buses": {"i2c1": {"type": "i2c", "bus": 1}},
        "devices": {"air": {"driver": "bme280", "address": 0x77, "bus": "i2c1"}},
    }


def test_a_bus_that_is_named_has_the_number_of_its_name() -> None:
    text = device_file("air", "bme280", "i2c", {"bus": "i2c3"})

    assert tomli.loads(text)["buses"] == {"i2c3": {"type": "i2c", "bus": 3}}


def test_a_driver_beside_the_file_is_declared() -> None:
    text = device_file("up", "lift", None, {}, "lift.py")

    assert tomli.loads(text)["drivers"] == {"lift": {"module": "lift.py"}}
    assert "buses" not in tomli.loads(text)


@pytest.mark.parametrize(
    "value",
    [True, 3, -2.5, 'a "quoted" \\ text\nwith lines \x7f', ["a", 1], {"a b": {"c": False}}],
    ids=str,
)
def test_any_value_comes_back_as_it_was(value: Any) -> None:
    assert tomli.loads(table_text("t", {"key": value})) == {"t": {"key": value}}


def test_a_value_toml_does_not_have_is_refused() -> None:
    with pytest.raises(TypeError, match="has no NoneType values"):
        table_text("t", {"key": None})
