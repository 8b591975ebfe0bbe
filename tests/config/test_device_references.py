"""Devices that name other devices: for what they can do, or for what they measure."""

from __future__ import annotations

import pytest

from tests.support.device_file import complaints, site

I2C = '[buses.i2c1]\ntype = "i2c"\nbus = 1\n'
AIR = '[devices.air]\ndriver = "sht3x"\nbus = "i2c1"\n'
LIGHT = '[devices.light]\ndriver = "bh1750"\nbus = "i2c1"\n'
SMELL = '[devices.smell]\ndriver = "sgp40"\nbus = "i2c1"\n'
UP = '[devices.up]\ndriver = "relay"\npin = 17\n'
COVER = '[devices.blind]\ndriver = "cover"\ntravel = "5s"\n'


def found(*tables: str) -> list[str]:
    """Return what is wrong, without the places."""
    return [text.split(" ", 2)[2] for text in complaints(site("".join(tables)))]


def test_one_device_may_give_both_values() -> None:
    named = 'humidity_from = "air"\ntemperature_from = "air"\n'

    assert found(I2C, AIR, SMELL, named) == []


def test_two_keys_of_a_cover_may_not_name_one_relay() -> None:
    assert found(UP, COVER, 'open = "up"\nclose = "up"\n') == ["must be another device than close"]


@pytest.mark.parametrize(
    ("value", "complaint"),
    [
        ("light", 'names light, a bh1750, which has no channel "humidity" in %RH'),
        ("air2", 'names "air2", which is no device (did you mean air?)'),
        ("smell", 'names smell, a sgp40, which has no channel "humidity" in %RH'),
        ("zzz", 'names "zzz", which is no device (devices that fit: air)'),
    ],
)
def test_a_device_must_measure_what_is_wanted(value: str, complaint: str) -> None:
    assert complaint in found(I2C, AIR, LIGHT, SMELL, f'humidity_from = "{value}"\n')


def test_a_device_must_measure_in_the_unit_that_is_wanted() -> None:
    fahrenheit = AIR + 'channels.temperature = { unit = "°F" }\n'

    assert found(I2C, fahrenheit, SMELL, 'temperature_from = "air"\n') == [
        'names air, a sht3x, which has no channel "temperature" in °C'
    ]


def test_a_channel_that_was_given_another_name_does_not_count() -> None:
    renamed = AIR + 'channels.temperature = { name = "warmth" }\n'

    assert found(I2C, renamed, SMELL, 'temperature_from = "air"\n') == [
        'names air, a sht3x, which has no channel "temperature" in °C'
    ]


def test_a_device_must_do_what_is_wanted() -> None:
    assert found(I2C, AIR, UP, COVER, 'open = "up"\nclose = "air"\n') == [
        "names air, a sht3x, which has no commands on and off"
    ]
