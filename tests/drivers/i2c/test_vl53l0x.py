"""VL53L0X: distances, no target, calibration, and recovery from a stall."""

from __future__ import annotations

import pytest

from tests.support.driving import driver_of
from tests.support.on_chip import on_chip
from tests.support.virtual import virtual
from wampedge.devices.registermap.vectors import RecordedBus
from wampedge.errors import BadReadingError, BusError, WrongChipError
from wampedge_drivers.i2c.vl53l0x import VL53L0X


def answers(block: str, *, status: str = "04", sequence: str = "e8") -> RecordedBus:
    """Return a bus with a chip whose result block is *block*."""
    table = {"c0": "eeaa", "89": "00", "84": "11", "13": status, "01": sequence, "14": block}
    return RecordedBus([(bytes.fromhex(w), bytes.fromhex(a)) for w, a in table.items()])


@pytest.mark.parametrize(
    ("block", "distance"),
    [
        ("590000000000000000000123", 291),  # 0x58 is status 11, bit 0: complete
        ("590000000000000000000000", 0),
        ("590000000000000000001ffe", None),
        ("210000000000000000001fff", None),
        ("310000000000000000000123", None),
    ],
)
@virtual
async def test_a_result_block_is_decoded(block: str, distance: int | None) -> None:
    """Status in bits 3 to 6 of the first byte, millimetres in the last two; 8190 is nothing."""
    assert await driver_of(VL53L0X, bus=answers(block)).read() == {"distance": distance}


@virtual
async def test_setup_resets_calibrates_and_sets_the_sequence() -> None:
    bus = answers("590000000000000000000123")

    await driver_of(VL53L0X, bus=bus).setup()

    assert [w.hex() for w in bus.writes] == [
        "bf00", "bf01", "8901", "0a04", "8401", "0b01",
        "0101", "0041", "0b01", "0000",
        "0102", "0001", "0b01", "0000",
        "01e8",
    ]  # fmt: skip


@pytest.mark.parametrize("millimetres", [30, 800, 2000])
@virtual
async def test_a_distance_is_measured(millimetres: int) -> None:
    with on_chip(VL53L0X) as (driver, _, board):
        await driver.setup()
        board.set("part", "distance", millimetres)

        assert await driver.read() == {"distance": millimetres}


@virtual
async def test_an_offset_is_added_and_never_gives_less_than_zero() -> None:
    with on_chip(VL53L0X, offset=-40) as (driver, _, board):
        await driver.setup()
        board.set("part", "distance", 140)
        assert await driver.read() == {"distance": 100}
        board.set("part", "distance", 30)
        assert await driver.read() == {"distance": 0}


@virtual
async def test_nothing_in_range_is_no_distance_and_no_failure() -> None:
    with on_chip(VL53L0X) as (driver, _, board):
        await driver.setup()
        board.set("part", "distance", 500)
        board.fault("part", "no_target")
        assert await driver.read() == {"distance": None}

        assert await driver.read() == {"distance": 500}


@virtual
async def test_a_chip_that_stalled_works_again_after_the_set_up() -> None:
    """PARTS.md: stall after an error (esphome PR 19235)."""
    with on_chip(VL53L0X) as (driver, _, board):
        await driver.setup()
        board.set("part", "distance", 500)
        board.fault("part", "stall")
        for _attempt in range(2):
            with pytest.raises(BadReadingError, match="the ranging does not end"):
                await driver.read()

        await driver.setup()

        assert await driver.read() == {"distance": 500}


@virtual
async def test_an_error_in_the_middle_of_a_ranging_is_survived() -> None:
    with on_chip(VL53L0X) as (driver, _, board):
        await driver.setup()
        board.set("part", "distance", 500)
        await driver.bus.write(0x00, 0x01)
        board.fault("part", "nack")
        with pytest.raises(BusError):
            await driver.read()

        await driver.setup()

        assert await driver.read() == {"distance": 500}


@virtual
async def test_a_power_cut_is_no_distance() -> None:
    with on_chip(VL53L0X) as (driver, _, board):
        await driver.setup()
        board.fault("part", "brown_out")
        await driver.sleep(0.01)

        with pytest.raises(BadReadingError, match="lost its settings"):
            await driver.read()
        await driver.setup()

        assert (await driver.read())["distance"] is not None


@virtual
async def test_a_calibration_that_never_ends_is_an_error() -> None:
    with on_chip(VL53L0X) as (driver, _, board):
        board.fault("part", "stall")

        with pytest.raises(BadReadingError, match="the calibration does not end"):
            await driver.setup()


@virtual
async def test_something_else_at_the_address_is_the_wrong_chip() -> None:
    bus = RecordedBus([(b"\xc0", b"\xff\xff")])

    with pytest.raises(WrongChipError, match="a VL53L0X answers eeaa"):
        await driver_of(VL53L0X, bus=bus).setup()
