"""BME280: Bosch's worked example, values below zero, faults and absent patterns."""

from __future__ import annotations

import struct
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.driving import RecordedContext, driver_of
from tests.support.virtual import virtual
from wampedge.devices.registermap.vectors import RecordedBus
from wampedge.errors import BadReadingError, BusError, WrongChipError
from wampedge_drivers.i2c.bme280 import BME280, Calibration, decode

EXAMPLE = Calibration(
    t=(27504, 26435, -1000),
    p=(36477, -10685, 3024, 2855, 140, -7, 15500, -14600, 6000),
    h=(75, 362, 0, 324, 0, 30),
)
CALIB00 = struct.pack("<HhhHhhhhhhhhxB", *EXAMPLE.t, *EXAMPLE.p, 75)
CALIB26 = struct.pack("<hBBBBb", 362, 0, 324 >> 4, 324 & 0x0F, 0, 30)


def registers(adc_t: int, adc_p: int, adc_h: int) -> bytes:
    """Return 0xF7 to 0xFE as the chip lays them out: 20 bits left-aligned, then 16."""
    return (
        (adc_p << 4).to_bytes(3, "big") + (adc_t << 4).to_bytes(3, "big") + struct.pack(">H", adc_h)
    )


def test_the_example_of_bosch_comes_out() -> None:
    values = decode(registers(519888, 415148, 30000), EXAMPLE)

    assert values["temperature"] == pytest.approx(25.0825, abs=1e-4)
    assert values["pressure"] == pytest.approx(100653.258, abs=1e-3)
    assert values["humidity"] == pytest.approx(51.9602, abs=1e-4)


def test_a_temperature_below_zero_comes_out() -> None:
    values = decode(registers(400000, 415148, 30000), EXAMPLE)

    assert values["temperature"] == pytest.approx(-12.6436, abs=1e-4)


@pytest.mark.parametrize(
    "raw",
    [registers(0x80000, 415148, 30000), registers(519888, 0x80000, 30000),
     registers(519888, 415148, 0x8000), registers(0x80000, 0x80000, 0x8000)],
)  # fmt: skip
def test_the_reset_pattern_is_no_measurement(raw: bytes) -> None:
    """PARTS.md: 0x80000 would decode to 26.46 °C."""
    with pytest.raises(BadReadingError, match="no measurement"):
        decode(raw, EXAMPLE)


@pytest.mark.parametrize("raw", [bytes(8), b"\xff" * 8])
def test_a_bus_held_at_one_level_is_no_measurement(raw: bytes) -> None:
    with pytest.raises(BadReadingError, match="cannot be right"):
        decode(raw, EXAMPLE)


@pytest.mark.parametrize(("t_fine", "humidity"), [(307_200, 52.0929), (-102_400, 49.7193)])
def test_the_third_trimming_value_of_humidity_counts_once(t_fine: int, humidity: float) -> None:
    """60 °C and -20 °C by the integer formula of the datasheet (4.2.3).

    Bosch's driver API multiplies once more by 1 + H3 / 2²⁶ · t when it computes in double
    precision: 55.65 and 47.09.
    """
    calibration = Calibration(EXAMPLE.t, EXAMPLE.p, (75, 362, 20, 324, 50, 30))

    found = calibration.humidity_percent(30_000, t_fine)

    assert found == pytest.approx(humidity, abs=0.01)


def test_trimming_values_of_humidity_below_zero_are_read() -> None:
    """E4 = 0xEC and the low half of E5 are H4: -20 · 16 + 11; its high half and E6 are H5."""
    calib26 = bytes.fromhex("6a01 14 ec 5b fd e2")

    found = Calibration.from_registers(CALIB00, calib26)

    assert found.h == (75, 362, 20, -309, -43, -30)


def test_humidity_stays_within_0_and_100_percent() -> None:
    assert decode(registers(519888, 415148, 60000), EXAMPLE)["humidity"] == 100.0
    assert decode(registers(519888, 415148, 100), EXAMPLE)["humidity"] == 0.0


def test_trimming_values_are_decoded_as_the_datasheet_lays_them_out() -> None:
    decoded = Calibration.from_registers(CALIB00, CALIB26)

    assert (decoded.t, decoded.p, decoded.h) == (EXAMPLE.t, EXAMPLE.p, EXAMPLE.h)


def test_the_shared_byte_of_h4_and_h5_is_split_with_its_signs() -> None:
    calib26 = bytes((0x6A, 0x01, 0x00, 0xF1, 0x2C, 0x85, 0x1E))

    h = Calibration.from_registers(CALIB00, calib26).h

    assert (h[3], h[4]) == (-15 * 16 + 12, -123 * 16 + 2)


@pytest.mark.parametrize("blank", [bytes(26), b"\xff" * 26])
def test_blank_trimming_values_are_refused(blank: bytes) -> None:
    with pytest.raises(BadReadingError, match="trimming values are blank"):
        Calibration.from_registers(blank, CALIB26)


def test_trimming_values_that_divide_by_zero_are_refused() -> None:
    broken = Calibration(EXAMPLE.t, (1, -32768, 32767, 0, 0, 0, 0, 0, 0), EXAMPLE.h)

    with pytest.raises(BadReadingError):
        decode(registers(1, 415148, 30000), broken)


@given(raw=st.binary(min_size=8, max_size=8))
def test_any_bytes_give_values_the_chip_can_measure_or_an_error(raw: bytes) -> None:
    try:
        values = decode(raw, EXAMPLE)
    except BadReadingError:
        return
    assert -40 <= values["temperature"] <= 85
    assert 30_000 <= values["pressure"] <= 110_000
    assert 0 <= values["humidity"] <= 100


def bus(*status: int, chip_id: int = 0x60, raw: bytes = b"") -> RecordedBus:
    """Return a bus with a chip that answers *status* in turn."""
    burst = raw or registers(519888, 415148, 30000)
    answers: Sequence[tuple[bytes, bytes]] = [
        (b"\xd0", bytes((chip_id,))),
        (b"\x88", CALIB00),
        (b"\xe1", CALIB26),
        *((b"\xf3", bytes((s, 0, 0, 0)) + burst) for s in status),
    ]
    return RecordedBus(answers)


@virtual
async def test_a_read_starts_one_measurement_and_waits_for_it() -> None:
    context, chip = RecordedContext(), bus(0, 0x08, 0x08, 0)
    driver = driver_of(BME280, context=context, bus=chip, oversampling=4)
    await driver.setup()
    start = context.clock.monotonic()

    values = await driver.read()

    assert values["temperature"] == pytest.approx(25.0825, abs=1e-4)
    # oversampling 4 is code 3; forced mode is 01 (section 5.4.5)
    assert chip.writes == [b"\xf5\x00", b"\xf2\x03", b"\xf4\x6d"]
    # section 9.1: at most 1.25 + 2.3 * 4 + 2 * (2.3 * 4 + 0.575) ms, then two more looks
    assert 0.0300 <= context.clock.monotonic() - start <= 0.0345


@pytest.mark.parametrize(
    ("chip_id", "found"), [(0x58, "a BMP280"), (0x61, "a BME680"), (0xFF, "no BME280")]
)
@virtual
async def test_another_chip_is_named(chip_id: int, found: str) -> None:
    driver = driver_of(BME280, bus=bus(0, chip_id=chip_id))

    with pytest.raises(WrongChipError, match=f"which is {found}"):
        await driver.setup()


@virtual
async def test_setup_waits_for_the_trimming_values_to_be_loaded() -> None:
    context = RecordedContext()
    driver = driver_of(BME280, context=context, bus=bus(0x01, 0x01, 0x00))
    start = context.clock.monotonic()

    await driver.setup()

    assert context.clock.monotonic() - start == pytest.approx(0.004)


@virtual
async def test_a_measurement_that_never_ends_is_a_bad_reading() -> None:
    driver = driver_of(BME280, bus=bus(0x00, 0x08))
    await driver.setup()

    with pytest.raises(BadReadingError, match="the measurement does not end"):
        await driver.read()


@virtual
async def test_a_chip_that_was_reset_meanwhile_is_a_bad_reading() -> None:
    driver = driver_of(BME280, bus=bus(0, 0, raw=bytes.fromhex("8000008000008000")))
    await driver.setup()

    with pytest.raises(BadReadingError, match="reset pattern"):
        await driver.read()


@virtual
async def test_a_missing_acknowledge_comes_through() -> None:
    with pytest.raises(BusError) as caught:
        await driver_of(BME280, bus=RecordedBus([])).setup()

    assert caught.value.errno == 121
