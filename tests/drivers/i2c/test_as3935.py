"""AS3935: lightnings by interrupt and by poll, disturbers, noise, calibration, lost settings."""

from __future__ import annotations

import pytest

from tests.support.driving import PlainInput, RecordedContext, driver_of
from tests.support.on_chip import on_chip
from tests.support.virtual import virtual
from wampedge.devices.registermap.vectors import RecordedBus
from wampedge.errors import BadReadingError, WrongChipError
from wampedge_drivers.i2c.as3935 import AS3935


def recorded(*answers: tuple[str, str]) -> RecordedBus:
    return RecordedBus([(bytes.fromhex(w), bytes.fromhex(a)) for w, a in answers])


@pytest.mark.parametrize(
    ("block", "distance", "energy"),
    [
        ("3412010a", 10, 0x11234),
        ("ffff1f01", 0, 0x1FFFFF),
        ("0000003f", None, 0),
        ("0100e068", 40, 1),  # the upper bits of the registers mean nothing
    ],
)
@virtual
async def test_a_lightning_is_decoded(block: str, distance: int | None, energy: int) -> None:
    """Table 20: 1 is overhead, 0x3F out of range; energy is 21 bits, low byte first."""
    context = RecordedContext()
    bus = recorded(("00", "2422c2"), ("03", "08"), ("04", block))

    values = await driver_of(AS3935, context=context, bus=bus).read()

    assert values == {"distance": distance, "energy": energy, "strikes": 1}
    assert context.events == ["lightning"]


@pytest.mark.parametrize(
    ("reason", "events"),
    [("00", []), ("01", ["noise"]), ("04", ["disturber"]), ("21", ["noise"]), ("02", [])],
)
@virtual
async def test_other_reasons_are_events(reason: str, events: list[str]) -> None:
    context = RecordedContext()
    bus = recorded(("00", "2422c2"), ("03", reason))

    assert await driver_of(AS3935, context=context, bus=bus).read() == {"strikes": 0}
    assert context.events == events


@virtual
async def test_setup_resets_calibrates_and_sets_the_chip_up() -> None:
    bus = recorded(("00", "2422c2"), ("3a", "8080"), ("03", "00"))

    await driver_of(
        AS3935, bus=bus, place="outdoors", noise_level=5, watchdog=3, spike_rejection=4,
        minimum_strikes=9, disturbers=False, tuning=7,
    ).setup()  # fmt: skip

    assert [w.hex() for w in bus.writes] == [
        "3c96", "0807", "3d96", "0827", "0807", "001c53e4", "0320",
    ]  # fmt: skip


@virtual
async def test_the_line_tells_of_a_lightning_and_falls_again() -> None:
    context = RecordedContext()
    with on_chip(AS3935, context=context) as (driver, _, board):
        driver.interrupt = PlainInput(level=False)
        await driver.setup()
        board.set("part", "distance", 12)

        driver.interrupt.drive(True, at_s=0.0)
        await context.sleep(0.01)
        driver.interrupt.drive(False, at_s=0.01)
        await context.sleep(0.01)

        assert context.events == ["lightning"]
        assert context.published[-1] == {"distance": 12, "energy": 100_000, "strikes": 1}


@virtual
async def test_what_happens_is_found_by_asking_too() -> None:
    context = RecordedContext()
    with on_chip(AS3935, context=context) as (driver, _, board):
        await driver.setup()
        for kind in ("noise", "disturber"):
            board.fault("part", kind)
            await driver.read()
        board.fault("part", "far")
        board.set("part", "distance", 40)
        await context.sleep(0.01)

        assert await driver.read() == {"distance": None, "energy": 100_000, "strikes": 1}
        assert context.events == ["noise", "disturber", "lightning"]
        assert await driver.read() == {"strikes": 1}


@virtual
async def test_disturbers_can_be_left_out() -> None:
    context = RecordedContext()
    with on_chip(AS3935, context=context, disturbers=False) as (driver, _, board):
        await driver.setup()
        board.fault("part", "disturber")
        await context.sleep(0.01)
        await driver.read()

        assert context.events == []


def test_without_a_line_the_chip_is_asked_often() -> None:
    assert AS3935.usual_period_s(()) == 0.2
    assert AS3935.usual_period_s(("interrupt",)) == 10.0


@virtual
async def test_a_missing_antenna_is_told() -> None:
    with on_chip(AS3935) as (driver, _, board):
        board.fault("part", "no_antenna")

        with pytest.raises(BadReadingError, match="is the antenna connected"):
            await driver.setup()


@virtual
async def test_lost_settings_are_noticed_and_made_good() -> None:
    with on_chip(AS3935, place="outdoors") as (driver, _, board):
        await driver.setup()
        board.fault("part", "brown_out")
        with pytest.raises(BadReadingError, match="lost its settings"):
            await driver.read()

        await driver.setup()

        assert await driver.read() == {"strikes": 0}


@pytest.mark.parametrize("answer", ["ffffff", "000000"])
@virtual
async def test_something_else_at_the_address_is_the_wrong_chip(answer: str) -> None:
    with pytest.raises(WrongChipError, match="no AS3935"):
        await driver_of(AS3935, bus=recorded(("00", answer))).setup()


@virtual
async def test_a_reload_goes_on_counting() -> None:
    before, after = driver_of(AS3935), driver_of(AS3935)
    before._strikes = 7

    after.take_over(before)

    assert after._strikes == 7
