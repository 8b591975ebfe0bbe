"""BMP280: the worked example of its datasheet, a value below zero, faults and absent patterns."""

from __future__ import annotations

import struct

import pytest

from tests.support.driving import RecordedContext, driver_of
from tests.support.virtual import virtual
from wampedge.devices.registermap.vectors import RecordedBus
from wampedge.errors import BadReadingError, BusError, WrongChipError
from wampedge_drivers.i2c.bmp280 import BMP280

CALIBRATION = struct.pack(
    "<HhhHhhhhhhhh",
    *(27504, 26435, -1000),
    *(36477, -10685, 3024, 2855, 140, -7, 15500, -14600, 6000),
)


def bus(
    adc_t: int = 519888,
    adc_p: int = 415148,
    *,
    chip_id: int = 0x58,
    status: tuple[int, ...] = (0,),
    calibration: bytes = CALIBRATION,
) -> RecordedBus:
    burst = (adc_p << 4).to_bytes(3, "big") + (adc_t << 4).to_bytes(3, "big")
    return RecordedBus(
        [
            (b"\xd0", bytes((chip_id,))),
            (b"\x88", calibration),
            *((b"\xf3", bytes((each, 0, 0, 0)) + burst) for each in status),
        ]
    )


@virtual
async def test_the_example_of_the_datasheet_comes_out() -> None:
    """BST-BMP280-DS001, 3.12: 25.08 °C and 100653.27 Pa."""
    chip = bus()
    driver = driver_of(BMP280, bus=chip, oversampling=1)
    await driver.setup()

    values = await driver.read()

    assert values["temperature"] == pytest.approx(25.0825, abs=1e-4)
    assert values["pressure"] == pytest.approx(100653.26, abs=0.02)
    assert chip.writes == [b"\xf5\x00", b"\xf4\x25"]


@virtual
async def test_a_temperature_below_zero_comes_out() -> None:
    driver = driver_of(BMP280, bus=bus(400000))
    await driver.setup()

    assert (await driver.read())["temperature"] == pytest.approx(-12.6436, abs=1e-4)


@pytest.mark.parametrize(("chip_id", "found"), [(0x60, "a BME280"), (0xFF, "no BMP280")])
@virtual
async def test_another_chip_is_named(chip_id: int, found: str) -> None:
    with pytest.raises(WrongChipError, match=f"which is {found}"):
        await driver_of(BMP280, bus=bus(chip_id=chip_id)).setup()


@pytest.mark.parametrize("adc", [(0x80000, 415148), (519888, 0x80000), (0x80000, 0x80000)])
@virtual
async def test_the_reset_pattern_is_no_measurement(adc: tuple[int, int]) -> None:
    driver = driver_of(BMP280, bus=bus(*adc))
    await driver.setup()

    with pytest.raises(BadReadingError, match="no measurement"):
        await driver.read()


@pytest.mark.parametrize("adc", [(0, 0), (0xFFFFF, 0xFFFFF)])
@virtual
async def test_a_bus_held_at_one_level_is_no_measurement(adc: tuple[int, int]) -> None:
    driver = driver_of(BMP280, bus=bus(*adc))
    await driver.setup()

    with pytest.raises(BadReadingError, match="cannot be right"):
        await driver.read()


@pytest.mark.parametrize("blank", [bytes(24), b"\xff" * 24])
@virtual
async def test_blank_trimming_values_are_refused(blank: bytes) -> None:
    with pytest.raises(BadReadingError, match="trimming values are blank"):
        await driver_of(BMP280, bus=bus(calibration=blank)).setup()


@virtual
async def test_a_measurement_that_never_ends_is_a_bad_reading() -> None:
    driver = driver_of(BMP280, context=RecordedContext(), bus=bus(status=(0x00, 0x08)))
    await driver.setup()

    with pytest.raises(BadReadingError, match="the measurement does not end"):
        await driver.read()


@virtual
async def test_a_missing_acknowledge_comes_through() -> None:
    with pytest.raises(BusError) as caught:
        await driver_of(BMP280, bus=RecordedBus([])).setup()

    assert caught.value.errno == 121
