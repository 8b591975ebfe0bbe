"""BME680: values against the integer compensation of the datasheet, faults and absent patterns.

The datasheet has no worked example. The expected values were computed once with its integer
formulas (3.3.1 to 3.3.3), which are other arithmetic than the driver's floating point.
"""

from __future__ import annotations

import struct
from typing import Any

import pytest

from tests.support.driving import driver_of
from tests.support.virtual import virtual
from wampedge.devices.registermap.vectors import RecordedBus
from wampedge.errors import BadReadingError, BusError, WrongChipError
from wampedge_drivers.i2c._bme680 import Trimming, wait_code
from wampedge_drivers.i2c.bme680 import BME680

P = (35008, -10330, 88, 7021, -94, 30, 31, -1060, -2630, 30)
COEFF_1 = struct.pack(
    "<hbxHhbxhhbbxxhhB",
    *(26469, 3, P[0], P[1], P[2], P[3], P[4], P[6], P[5], P[7], P[8], P[9]),
)
# h1 = 794 is 0x31A, h2 = 1026 is 0x402: they share 0xE2
COEFF_2 = struct.pack(
    "<BBBbbbBbHhbb", 0x40, 0x2A, 0x31, 0, 45, 20, 120, -100, 26041, -5969, -30, 18
)
OTHERS = bytes((50, 0, 0x10, 0, 0x00))


def burst(adc_t: int, adc_p: int, adc_h: int, gas: int = 0x8038, status: int = 0x80) -> bytes:
    """Return registers 0x1D to 0x2D; the gas word is adc 512, valid, stable, range 8."""
    return b"".join(
        (
            bytes((status, 0)),
            (adc_p << 4).to_bytes(3, "big"),
            (adc_t << 4).to_bytes(3, "big"),
            adc_h.to_bytes(2, "big"),
            bytes(3),
            gas.to_bytes(2, "big"),
            gas.to_bytes(2, "big"),
        )
    )


def bus(
    *bursts: bytes, chip_id: int = 0x61, variant: int = 0, coeff: bytes = COEFF_1
) -> RecordedBus:
    return RecordedBus(
        [
            (b"\xd0", bytes((chip_id,))),
            (b"\xf0", bytes((variant,))),
            (b"\x8a", coeff),
            (b"\xe1", COEFF_2),
            (b"\x00", OTHERS),
            *((b"\x1d", each) for each in bursts),
        ]
    )


async def values_of(chip: RecordedBus, **params: Any) -> dict[str, float | None]:
    driver = driver_of(BME680, bus=chip, **params)
    await driver.setup()
    return await driver.read()


@virtual
async def test_values_agree_with_the_integer_compensation() -> None:
    values = await values_of(bus(burst(500000, 380000, 22000)))

    assert values["temperature"] == pytest.approx(26.30, abs=0.01)
    assert values["pressure"] == pytest.approx(99638, abs=10)
    assert values["humidity"] == pytest.approx(48.946, abs=0.05)


@virtual
async def test_values_below_zero_agree_with_the_integer_compensation() -> None:
    values = await values_of(bus(burst(350000, 420000, 26000)))

    assert values["temperature"] == pytest.approx(-21.03, abs=0.01)
    assert values["pressure"] == pytest.approx(85508, abs=10)
    assert values["humidity"] == pytest.approx(69.840, abs=0.05)


@virtual
async def test_the_gas_resistance_is_that_of_its_range() -> None:
    """3.4.1: at 512 it is 1 / (0.999 * 0.000000125 * 2^8), range 8 having -0.1 %."""
    values = await values_of(bus(burst(500000, 380000, 22000)))

    assert values["gas"] == pytest.approx(31281.28, abs=0.01)


@virtual
async def test_the_gas_resistance_of_a_bme688_has_its_own_formula() -> None:
    """BST-BME688-DS000: 262144 >> 8 is 1024; 1e6 * 1024 / 4096 is 250 kilohm."""
    values = await values_of(bus(burst(500000, 380000, 22000), variant=1))

    assert values["gas"] == pytest.approx(250_000)


@pytest.mark.parametrize("gas", [0x8018, 0x8028, 0x8008])
@virtual
async def test_a_gas_sensor_that_was_not_hot_has_no_value(gas: int) -> None:
    values = await values_of(bus(burst(500000, 380000, 22000, gas)))

    assert values["gas"] is None
    assert values["temperature"] is not None


@virtual
async def test_the_heater_is_set_before_each_measurement() -> None:
    """3.3.5: 320 °C in air of 25 °C is 116 with these values; 150 ms is 38 times 4 ms."""
    chip = bus(burst(500000, 380000, 22000))

    await values_of(chip, oversampling=1)

    assert [each.hex() for each in chip.writes] == [
        "e0b6", "7500", "5a74", "6466", "7000", "7110", "7201", "7425",
    ]  # fmt: skip


@virtual
async def test_without_heater_there_is_no_gas() -> None:
    chip = bus(burst(500000, 380000, 22000))

    values = await values_of(chip, heated=False)

    assert values["gas"] is None
    assert b"\x71\x00" in chip.writes


@pytest.mark.parametrize(
    ("seconds", "code"), [(0.02, 0x14), (0.063, 0x3F), (0.15, 0x66), (1, 0xBF)]
)
def test_the_heating_time_is_coded_as_the_chip_takes_it(seconds: float, code: int) -> None:
    assert wait_code(seconds) == code


@pytest.mark.parametrize(
    "raw",
    [burst(0x80000, 380000, 22000), burst(500000, 0x80000, 22000), burst(500000, 380000, 0x8000)],
)
@virtual
async def test_the_reset_pattern_is_no_measurement(raw: bytes) -> None:
    with pytest.raises(BadReadingError, match="no measurement"):
        await values_of(bus(raw))


@pytest.mark.parametrize("raw", [b"\x80" + bytes(16), b"\xff" * 17])
@virtual
async def test_a_bus_held_at_one_level_is_no_measurement(raw: bytes) -> None:
    with pytest.raises(BadReadingError, match="cannot be right"):
        await values_of(bus(raw))


@virtual
async def test_a_measurement_that_never_ends_is_a_bad_reading() -> None:
    with pytest.raises(BadReadingError, match="the measurement does not end"):
        await values_of(bus(burst(500000, 380000, 22000, status=0x20)))


@pytest.mark.parametrize(("chip_id", "found"), [(0x60, "a BME280"), (0xFF, "no BME680")])
@virtual
async def test_another_chip_is_named(chip_id: int, found: str) -> None:
    with pytest.raises(WrongChipError, match=f"which is {found}"):
        await values_of(bus(chip_id=chip_id))


@pytest.mark.parametrize("blank", [bytes(23), b"\xff" * 23])
@virtual
async def test_blank_trimming_values_are_refused(blank: bytes) -> None:
    with pytest.raises(BadReadingError, match="trimming values are blank"):
        await values_of(bus(coeff=blank))


def test_trimming_values_are_decoded_as_the_datasheet_lays_them_out() -> None:
    trimming = Trimming.from_registers(COEFF_1, COEFF_2, bytes((50, 0, 0x30, 0, 0xF0)))

    assert (trimming.t, trimming.p) == ((26041, 26469, 3), P)
    assert trimming.h == (794, 1026, 0, 45, 20, 120, -100)
    assert trimming.g == (-30, -5969, 18)
    assert (trimming.heater_range, trimming.heater_value, trimming.range_error) == (3, 50, -1)


@virtual
async def test_a_missing_acknowledge_comes_through() -> None:
    with pytest.raises(BusError) as caught:
        await values_of(RecordedBus([]))

    assert caught.value.errno == 121
