from __future__ import annotations

import pytest

from tests.support.device_file import complaints, config_of, site
from wampedge.config.model import ChannelConfig

AIR = '[buses.i2c1]\ntype = "i2c"\nbus = 1\n[devices.air]\ndriver = "bme280"\nbus = "i2c1"\n'
TANK = (
    '[buses.usb]\ntype = "serial"\nport = "/dev/ttyUSB0"\n'
    "[devices.tank]\ndriver = 'line'\nbus = 'usb'\nmatch = '(?P<level>[0-9]+)'\n"
)


def channels(text: str) -> dict[str, ChannelConfig]:
    return dict(next(iter(config_of(site(text)).devices.values())).channels)


def test_every_channel_of_the_driver_is_there_without_a_word() -> None:
    found = channels(AIR)

    assert list(found) == ["temperature", "pressure", "humidity"]
    pressure = found["pressure"]
    assert (pressure.source, pressure.unit, pressure.scale) == ("pressure", "Pa", 1.0)
    assert pressure.range is None


def test_a_channel_can_have_another_name_unit_range_and_policy() -> None:
    found = channels(
        AIR + 'channels.pressure = { name = "p", unit = "hPa", range = [900, 1100],'
        ' publish = { delta = "50Pa", heartbeat = "5m" } }\n'
    )

    pressure = found["p"]
    assert (pressure.source, pressure.unit, pressure.scale) == ("pressure", "hPa", 0.01)
    assert pressure.range == (900.0, 1100.0)
    assert (pressure.publish.delta, pressure.publish.heartbeat_s) == (0.5, 300.0)


def test_a_unit_is_published_in_its_usual_spelling() -> None:
    assert channels(AIR + 'channels.temperature = { unit = "degC" }\n')["temperature"].unit == "°C"


def test_the_file_names_the_channels_of_an_open_driver() -> None:
    found = channels(TANK + 'channels.level = { type = "int", unit = "furlong" }\n')

    assert list(found) == ["level"]
    assert (found["level"].unit, found["level"].scale) == ("furlong", 1.0)
    assert found["level"].options == {"type": "int"}


def test_the_publish_table_of_the_device_reaches_the_channels_it_fits() -> None:
    found = channels(AIR + 'publish = { delta = "0.5°C" }\n')

    assert found["temperature"].publish.delta == 0.5
    assert found["pressure"].publish.delta is None


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("channels = 5", "9:12 devices.air.channels must be a table, got 5"),
        ("channels.humidity = 5", "9:21 devices.air.channels.humidity must be a table, got 5"),
        (
            "channels.humidty = {}",
            "9:10 devices.air.channels.humidty is no channel of bme280 (did you mean humidity?)",
        ),
        (
            "channels.zzz = {}",
            (
                "9:10 devices.air.channels.zzz is no channel of bme280"
                " (channels: temperature, pressure, humidity)"
            ),
        ),
        (
            'channels.pressure = { name = "humidity" }',
            "9:30 two channels of air are called humidity: humidity and pressure",
        ),
        (
            'channels.temperature = { name = "pressure" }',
            "9:33 two channels of air are called pressure: pressure and temperature",
        ),
        (
            'channels.pressure = { unit = "V" }',
            '9:30 devices.air.channels.pressure.unit must be Pa or convert to it, got "V"',
        ),
        (
            'channels.temperature = { unit = "Hz" }',
            '9:33 devices.air.channels.temperature.unit must be °C or convert to it, got "Hz"',
        ),
        (
            "channels.pressure = { publish = { delta = 5 } }",
            (
                "9:43 devices.air.channels.pressure.publish.delta must carry its unit, got 5"
                ' (write "5Pa")'
            ),
        ),
        (
            'publish = { delta = "5V" }',
            (
                "9:21 devices.air.publish.delta fits none of its channels"
                " (say it at the channel it is for)"
            ),
        ),
        (
            "channels.pressure.offset = 5",
            "9:19 devices.air.channels.pressure.offset is not a known key",
        ),
    ],
)
def test_mistakes_in_channels_are_told(line: str, complaint: str) -> None:
    (found,) = complaints(site(f"{AIR}{line}\n"))

    assert found.startswith(complaint)


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ('unit = "V"', 'unit must be left out: state has no unit, got "V"'),
        ("range = [0, 1]", "range is for numbers, and this channel has none"),
        ('publish = { delta = "1%" }', "publish.delta is for numbers, and this channel has none"),
    ],
)
def test_flags_have_no_unit_range_or_delta(line: str, complaint: str) -> None:
    (found,) = complaints(
        site(f"[devices.a]\ndriver='led'\npin=5\nchannels.state = {{ {line} }}\n")
    )

    assert f"devices.a.channels.state.{complaint}" in found


def test_a_delta_for_the_one_channel_of_a_device_says_why_it_does_not_fit() -> None:
    text = '[devices.a]\ndriver = "led"\npin = 5\npublish = { delta = "1%" }\n'

    assert complaints(site(text)) == [
        (
            "6:21 devices.a.publish.delta fits none of its channels"
            " (delta is for numbers, and this channel has none)"
        )
    ]


def test_the_name_of_an_open_channel_is_checked() -> None:
    assert complaints(site(f"{TANK}channels.Level = {{}}\nchannels.get = {{}}\n")) == [
        '10:10 devices.tank.channels.Level must be a name of a-z, 0-9 and _ (write "level")',
        (
            "11:10 devices.tank.channels.get must not be a reserved name"
            " (reserved: config, derived, describe, event, "
            "get, health, rules, set, sim, status, sys)"
        ),
    ]


def test_a_device_has_not_endless_channels() -> None:
    lines = "".join(f"channels.c{n} = {{}}\n" for n in range(257))

    assert complaints(site(TANK + lines)) == [
        "10:1 devices.tank.channels may hold 256 channels, and has 257"
    ]
