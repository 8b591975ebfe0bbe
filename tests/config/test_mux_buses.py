"""Buses behind multiplexers, places on buses, and when readings are stale."""

from __future__ import annotations

import pytest

from tests.support.device_file import complaints, config_of, site

I2C = '[buses.i2c1]\ntype = "i2c"\nbus = 1\n[devices.mux1]\ndriver = "tca9548a"\nbus = "i2c1"\n'
AIR = '[devices.air]\ndriver = "bme280"\nbus = "{bus}"\n'


def devices(*tables: str) -> str:
    return site(I2C + "".join(tables))


def test_a_channel_of_a_multiplexer_is_a_bus() -> None:
    config = config_of(devices(AIR.format(bus="mux1:3")))

    assert config.buses["mux1:3"].mux == ("mux1", 3)
    assert config.buses["mux1:3"].path == "/dev/i2c-1>0x70:3"


def test_equal_addresses_behind_two_channels_are_fine() -> None:
    other = AIR.replace("air", "soil").format(bus="mux1:4")

    assert complaints(devices(AIR.format(bus="mux1:3"), other)) == []


SOIL = AIR.replace("air", "soil")
LOOP = (
    '[devices.m2]\ndriver = "tca9548a"\nbus = "m3:0"\naddress = 0x71\n'
    '[devices.m3]\ndriver = "tca9548a"\nbus = "m2:0"\naddress = 0x72\n'
)


@pytest.mark.parametrize(
    ("tables", "place", "text"),
    [
        (AIR.format(bus="mux1:8"), "11:7", "must be mux1:0 to mux1:7, got mux1:8"),
        (AIR.format(bus="mux9:1"), "11:7", 'names the multiplexer "mux9", which is no device'),
        (AIR.format(bus="lamp:1"), "11:7", "names lamp, which is a led and offers no buses"),
        (AIR.format(bus="mux1:"), "11:7", 'must be a declared bus, got "mux1:"'),
        (
            AIR.format(bus="mux1:3") + SOIL.format(bus="mux1:3"),
            "12:10",
            "address 0x76 on mux1:3 is used twice: by air and soil",
        ),
        (
            AIR.format(bus="mux1:3") + SOIL.format(bus="i2c1"),
            "9:10",
            "address 0x76 on mux1:3 is also that of soil on i2c1",
        ),
        (LOOP, "11:7", "leads back to m3: multiplexers need a bus of the board"),
    ],
)
def test_what_is_wrong_with_a_muxed_bus_is_told_in_its_place(
    tables: str, place: str, text: str
) -> None:
    told = complaints(devices(tables))

    assert any(text in each for each in told), told
    assert any(each.startswith(f"{place} ") and text in each for each in told), told


SPI = '[buses.spi0]\ntype = "spi"\n[buses.w1]\ntype = "onewire"\n'


def test_devices_on_spi_have_the_settings_of_the_driver_or_of_the_file() -> None:
    text = (
        '[devices.a]\ndriver = "max31865"\nbus = "spi0"\n'
        '[devices.b]\ndriver = "max31865"\nbus = "spi0"\nchip_select = 1\nspi_mode = 3\n'
        'spi_speed = "500kHz"\n'
    )
    made = config_of(site(SPI + text)).devices

    assert [
        (d.spi.chip_select, d.spi.mode, d.spi.max_speed_hz) for d in made.values() if d.spi
    ] == [
        (0, 1, 4_000_000),
        (1, 3, 500_000),
    ]


def test_two_devices_in_one_place_are_refused() -> None:
    text = (
        '[devices.a]\ndriver = "max6675"\nbus = "spi0"\n'
        '[devices.b]\ndriver = "max31855"\nbus = "spi0"\n'
        '[devices.c]\ndriver = "ds18b20"\nbus = "w1"\nid = "28-000000000001"\n'
        '[devices.d]\ndriver = "ds18b20"\nbus = "w1"\nid = "28-000000000001"\n'
        '[devices.e]\ndriver = "ds18b20"\nbus = "w1"\nid = "28-1"\n'
    )
    told = " ".join(complaints(site(SPI + text)))

    assert "chip_select 0 on spi0 is used twice: by a and b (a part serves one device)" in told
    assert "id 28-000000000001 on w1 is used twice: by c and d" in told
    assert 'must be the number of a part such as "28-0316a2794f1b", got "28-1"' in told


def test_readings_that_would_be_stale_between_two_samples_are_refused() -> None:
    text = AIR.format(bus="i2c1") + 'every = "10s"\nstale_after = "10s"\n'

    (told,) = complaints(devices(text))

    assert 'must be longer than every = "10s"' in told
    assert 'write stale_after = "30s"' in told


def test_a_device_can_be_left_out_and_a_bus_says_when_it_is_mended() -> None:
    text = I2C.replace("bus = 1\n", "bus = 1\nrecover = { after_errors = 9 }\n")
    config = config_of(site(text + AIR.format(bus="i2c1") + "enabled = false\n"))

    assert config.devices["air"].is_enabled is False
    assert config.buses["i2c1"].recover_after == 9


def test_a_line_of_the_spi_bus_is_no_pin_of_a_device() -> None:
    (told,) = complaints(site(SPI + '[devices.a]\ndriver = "led"\npin = 10\n'))

    assert "is GPIO10, which is MOSI of the SPI bus spi0 (use another line)" in told
