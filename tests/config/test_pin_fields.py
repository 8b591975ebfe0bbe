"""Lines of devices with more than one: lists, tables, and the line of an interrupt."""

from __future__ import annotations

from typing import Any

import pytest

from wampedge.config.model import PinRef
from wampedge.config.pin_fields import PinPlace, PinTable, pin_fields, pin_places
from wampedge.devices.driver import Driver, input_pin, output_pin, pwm_pin, spec_of
from wampedge.devices.fields import FieldError, convert_table


class Wheel(Driver, name="wheel"):
    """A motor with two lines that must be there and one that may."""

    forward = output_pin(place="pins")
    backward = output_pin(place="pins")
    pwm = pwm_pin(place="pins", is_required=False)
    interrupt = input_pin(place="table", is_required=False)


SPEC = spec_of(Wheel)


def places(**given: Any) -> dict[str, PinPlace]:
    values, errors = convert_table(given, pin_fields(SPEC))
    assert not errors, str(errors[0])
    return pin_places(values, SPEC)


def mistake(**given: Any) -> FieldError:
    _, errors = convert_table(given, pin_fields(SPEC))
    (error,) = errors
    return error


def test_a_list_gives_the_lines_in_the_order_of_the_roles() -> None:
    assert places(pins=[5, "io:6"]) == {
        "forward": PinPlace(PinRef("gpio", 5), ("pins", 0)),
        "backward": PinPlace(PinRef("io", 6), ("pins", 1)),
    }


def test_a_table_gives_them_by_name() -> None:
    found = places(pins={"backward": 6, "forward": 5, "pwm": 12})

    assert {role: place.ref.line for role, place in found.items()} == {
        "forward": 5,
        "backward": 6,
        "pwm": 12,
    }
    assert found["pwm"].keys == ("pins", "pwm")


@pytest.mark.parametrize(
    ("pins", "text", "path"),
    [
        ([5], "must name 2 or more lines (forward, backward, pwm), got 1", ("pins",)),
        ([5, 6, 7, 8], "must name 2 or more lines (forward, backward, pwm), got 4", ("pins",)),
        (17, "must be a list or a table of the lines forward, backward, pwm, got 17", ("pins",)),
        ([5, 40], "must be GPIO0 to GPIO27, got 40", ("pins", 1)),
        ({"forward": 5}, "is missing", ("pins", "backward")),
        ({"forward": 5, "backward": 6, "speed": 7}, "is not a known key", ("pins", "speed")),
    ],
)
def test_a_mistake_is_told_at_its_place(pins: Any, text: str, path: tuple[Any, ...]) -> None:
    error = mistake(pins=pins)

    assert error.path == path
    assert error.text.startswith(text)


def test_an_interrupt_is_a_table_or_a_line_that_is_pulled_up() -> None:
    pins = {"forward": 5, "backward": 6}
    table = places(pins=pins, interrupt={"pin": 27, "pull": "none"})["interrupt"]
    line = places(pins=pins, interrupt=27)["interrupt"]

    assert table == PinPlace(PinRef("gpio", 27), ("interrupt", "pin"), "none")
    assert line == PinPlace(PinRef("gpio", 27), ("interrupt",), "up")
    assert "interrupt" not in places(pins=pins)


def test_an_interrupt_without_a_line_is_told() -> None:
    with pytest.raises(FieldError, match="pin is missing"):
        PinTable().convert({"pull": "up"})


def test_an_optional_pin_that_is_not_given_is_none() -> None:
    assert Wheel(None, {}).pwm is None  # type: ignore[arg-type] # no context is needed here
