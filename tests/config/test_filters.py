"""Filters in the device file: what is taken and what is told."""

from __future__ import annotations

import pytest

from tests.config.lines_rig import complaint, config


def test_a_filter_that_changes_the_unit_takes_the_unit_of_the_channel() -> None:
    filters = (
        '[{ clamp = ["0mV", "3V"] }, { calibrate = [[2.8, 0], [1.1, 100]] }, { clamp = [0, 100] }]'
    )
    text = f'[devices.soil.channels.a0]\nname = "moisture"\nunit = "%"\nfilters = {filters}\n'

    channel = config(text).devices["soil"].channels["moisture"]

    assert (channel.unit, channel.scale) == ("%", 1.0)
    assert [spec.name for spec in channel.filters] == ["clamp", "calibrate", "clamp"]
    assert channel.filters[0].options == (0.0, 3.0)


def test_filters_are_in_the_public_unit_where_it_is_one_of_the_same_quantity() -> None:
    text = '[devices.soil.channels.a0]\nunit = "mV"\nfilters = [{ offset = "0.5V" }]\n'

    channel = config(text).devices["soil"].channels["a0"]

    assert (channel.scale, channel.filters[0].options) == (1000.0, 500.0)


def test_a_temperature_converts_with_its_zero() -> None:
    channel = config('[devices.air.channels.temperature]\nunit = "K"\n').devices["air"].channels

    assert (channel["temperature"].scale, channel["temperature"].offset) == (1.0, 273.15)


@pytest.mark.parametrize(
    ("filters", "wanted"),
    [
        ("{ median = 5 }", "must be a list, got a table (write [{ median = 5 }])"),
        ("[{ medium = 5 }]", "[0].medium is no filter (did you mean median?)"),
        ("[{ moving_average = 5 }]", "[0].moving_average is no filter (did you mean mean?)"),
        (
            "[{ median = 5, offset = 1 }]",
            (
                "[0] must have one key, the name of the filter, and has 2"
                " (write a table of its own for each: [{ median = 5 }, { offset = -0.4 }])"
            ),
        ),
        ("[{ median = 0 }]", "[0].median must be 1 to 1000, got 0"),
        (
            "[{ throttle = 5 }]",
            '[0].throttle must be a duration such as "30s", got 5 (write "5s")',
        ),
        (
            '[{ median = 3 }, { offset = "1V" }]',
            "[1].offset must be in °C, got 1V (units that fit: V, nV, µV, mV, kV, MV)",
        ),
        ("[{ clamp = [5, 1] }]", "[0].clamp must rise, got [5, 1]"),
        (
            "[{ pt100 = true }]",
            (
                "[0].pt100 takes a resistance, and the driver gives °C (put the filter before it"
                " that makes a resistance of it, such as polynomial)"
            ),
        ),
    ],
)
def test_mistakes_in_filters_are_told_with_their_place(filters: str, wanted: str) -> None:
    text = f"[devices.air.channels.temperature]\nfilters = {filters}\n"

    found = complaint(text)

    assert found.removeprefix("devices.air.channels.temperature.filters").lstrip() == wanted


def test_outputs_and_flags_take_no_filters() -> None:
    text = "[devices.lamp.channels.duty]\nfilters = [{ median = 3 }]\n"

    assert "are for what is read, and this channel can be set" in complaint(text)
