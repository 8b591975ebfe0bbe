"""VL53L1X: settings, distances, no target, stale results, and recovery from a stall."""

from __future__ import annotations

import asyncio

import pytest

from tests.support.driving import driver_of
from tests.support.on_chip import on_chip
from tests.support.virtual import virtual
from wampedge.devices.registermap.vectors import RecordedBus
from wampedge.errors import BadReadingError, BusError, WrongChipError
from wampedge_drivers.i2c.vl53l1x import VL53L1X

LONG_50_MS = (
    "0001010102000208000810010100000000ff000f0000000000200b000002"
    "0a21000005 00000000c8000038ff01000800"
    "00 00ad0f00c60d 0168 0080 08 b8 0000 00000f89"
    "00000000000000 01 0f0d 0e0e 0000 02 c7ff 9b 00000001 00"
).replace(" ", "")
"""ST's default configuration from 0x2d to 0x86, 2.8 V, with 0x00ad and 0x00c6 for 50 ms."""


def answers(block: str, **other: str) -> RecordedBus:
    """Return a bus with a chip whose result block is *block*; the clock counts 629."""
    table = {"00e5": "03", "010f": "eacc", "0031": "03", "00de": "0275", "0089": block}
    table |= {"006c": "00009145"} | {key.removeprefix("r"): value for key, value in other.items()}
    return RecordedBus([(bytes.fromhex(w), bytes.fromhex(a)) for w, a in table.items()])


@pytest.mark.parametrize(
    ("block", "distance"),
    [
        ("090001000000000000000000000123", 291),
        ("290001000000000000000000000fa0", 4000),  # bits above 4 are not part of the status
        ("09000100000000000000000000fffe", 0),  # -2 mm: two's complement, nearer than the glass
        ("040001000000000000000000000123", None),  # the signal is too weak
        ("070001000000000000000000000123", None),  # an alias of something beyond the range
        ("06000100000000000000000000ffff", None),
    ],
)
@virtual
async def test_a_result_block_is_decoded(block: str, distance: int | None) -> None:
    """Status in bits 0 to 4 of register 0x89, 9 is complete; millimetres in 0x96 and 0x97."""
    driver = driver_of(VL53L1X, bus=answers(block))
    await driver.setup()

    assert await driver.read() == {"distance": distance}


@virtual
async def test_setup_writes_the_settings_of_st_and_starts() -> None:
    """The period is 629 ticks a millisecond · 1.075 · 55 ms = 37189, which is 0x9145."""
    bus = answers("09")

    await driver_of(VL53L1X, bus=bus).setup()

    assert [w.hex() for w in bus.writes] == [
        "000000", "000001",
        "002d" + LONG_50_MS,
        "008740", "008601", "008700",
        "000809", "000b00",
        "006c00009145", "008740",
    ]  # fmt: skip


@virtual
async def test_short_mode_has_its_own_laser_period_and_windows() -> None:
    bus = answers("09")

    await driver_of(VL53L1X, bus=bus, mode="short", budget="100ms").setup()

    block = bus.writes[2][2:]
    assert block[0x5E - 0x2D : 0x64 - 0x2D].hex() == "02e107038805"
    assert (block[0x4B - 0x2D], block[0x69 - 0x2D]) == (0x14, 0x38)
    assert block[0x78 - 0x2D : 0x7C - 0x2D].hex() == "07050606"


@pytest.mark.parametrize("mode", ["short", "long"])
@pytest.mark.parametrize("budget_ms", [20, 50, 100, 200, 500])
@virtual
async def test_a_ranging_takes_about_its_budget(mode: str, budget_ms: int) -> None:
    """The part computes it from the time-outs, macro periods of 2304 laser periods."""
    with on_chip(VL53L1X, mode=mode, budget=f"{budget_ms}ms") as (driver, _, board):
        await driver.setup()
        board.set("part", "distance", 700)
        began = asyncio.get_running_loop().time()

        assert await driver.read() == {"distance": 700}
        assert await driver.read() == {"distance": 700}

        took_ms = (asyncio.get_running_loop().time() - began) * 1000
        assert 1.7 * budget_ms < took_ms < 2.4 * budget_ms + 10


@virtual
async def test_a_reading_is_never_older_than_the_call() -> None:
    """A result that waited for the clear since the last read is left out."""
    with on_chip(VL53L1X) as (driver, _, board):
        await driver.setup()
        board.set("part", "distance", 3000)
        await driver.read()
        await driver.sleep(60)
        board.set("part", "distance", 450)

        assert await driver.read() == {"distance": 450}


@virtual
async def test_an_offset_is_added_and_never_gives_less_than_zero() -> None:
    with on_chip(VL53L1X, offset=-50) as (driver, _, board):
        await driver.setup()
        board.set("part", "distance", 140)
        assert await driver.read() == {"distance": 90}
        board.set("part", "distance", 40)
        assert await driver.read() == {"distance": 0}


@virtual
async def test_nothing_in_range_is_no_distance_and_no_failure() -> None:
    with on_chip(VL53L1X) as (driver, _, board):
        await driver.setup()
        board.set("part", "distance", 500)
        board.fault("part", "no_target")
        assert await driver.read() == {"distance": None}

        assert await driver.read() == {"distance": 500}


@virtual
async def test_a_chip_that_stalled_works_again_after_the_set_up() -> None:
    with on_chip(VL53L1X) as (driver, _, board):
        await driver.setup()
        board.set("part", "distance", 500)
        board.fault("part", "stall")
        await driver.read()  # the ranging that was under way
        with pytest.raises(BadReadingError, match="no ranging ends"):
            await driver.read()

        await driver.setup()

        assert await driver.read() == {"distance": 500}


@virtual
async def test_an_error_on_the_bus_is_survived() -> None:
    with on_chip(VL53L1X) as (driver, _, board):
        await driver.setup()
        board.set("part", "distance", 500)
        board.fault("part", "nack")
        with pytest.raises(BusError):
            await driver.read()

        assert await driver.read() == {"distance": 500}


@virtual
async def test_a_power_cut_is_no_distance() -> None:
    with on_chip(VL53L1X) as (driver, _, board):
        await driver.setup()
        board.fault("part", "brown_out")
        await driver.sleep(0.01)

        with pytest.raises(BadReadingError, match="lost its settings"):
            await driver.read()
        await driver.setup()

        assert (await driver.read())["distance"] is not None


@virtual
async def test_the_laser_goes_off_when_the_device_is_given_up() -> None:
    with on_chip(VL53L1X) as (driver, part, _):
        await driver.setup()
        assert part.is_lit

        await driver.safe()

        assert not part.is_lit


@pytest.mark.parametrize(
    ("register", "answer", "complaint"),
    [
        ("r00e5", "02", "firmware of the chip does not start"),
        ("r00e5", "ff", "firmware of the chip does not start"),
        ("r0031", "02", "the first ranging does not end"),
        ("r00de", "0000", "has not calibrated its clock"),
    ],
)
@virtual
async def test_a_chip_that_does_not_come_up_is_an_error(
    register: str, answer: str, complaint: str
) -> None:
    with pytest.raises(BadReadingError, match=complaint):
        await driver_of(VL53L1X, bus=answers("09", **{register: answer})).setup()


@virtual
async def test_something_else_at_the_address_is_the_wrong_chip() -> None:
    """A VL53L4CD has the same address and registers, and is another chip: 0xebaa."""
    with pytest.raises(WrongChipError, match="a VL53L1X answers eacc"):
        await driver_of(VL53L1X, bus=answers("09", r010f="ebaa")).setup()
