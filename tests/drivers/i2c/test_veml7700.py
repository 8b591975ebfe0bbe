"""VEML7700: counts to lux by the application note, the range that fits, faults and absence."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.driving import RecordedContext, driver_of
from tests.support.virtual import virtual
from wampedge.devices.registermap.vectors import RecordedBus
from wampedge.errors import BadReadingError, WrongChipError
from wampedge_drivers.i2c.veml7700 import LADDER, VEML7700, Setting, corrected


def bus(*answers: tuple[str, str]) -> RecordedBus:
    return RecordedBus([(bytes.fromhex(w), bytes.fromhex(a)) for w, a in answers])


async def read(recorded: RecordedBus, **params: Any) -> float:
    driver = driver_of(VEML7700, bus=recorded, **params)
    return (await driver.read())["illuminance"]


@pytest.mark.parametrize(
    ("setting", "word", "step_lx"),
    [
        (Setting("2", 800), 0x08C0, 0.0042),
        (Setting("1", 100), 0x0000, 0.0672),
        (Setting("1/8", 100), 0x1000, 0.5376),
        (Setting("1/4", 50), 0x1A00, 0.5376),
        (Setting("1/8", 25), 0x1300, 2.1504),
    ],
)
def test_a_setting_has_its_register_and_its_step(
    setting: Setting, word: int, step_lx: float
) -> None:
    """Datasheet: table of resolution at each gain and integration time."""
    assert setting.word == word
    assert setting.step_lx == pytest.approx(step_lx)


@pytest.mark.parametrize(
    ("said", "true"),
    [(0.0, 0.0), (1000.0, 1000.0), (2000.0, 2265.03), (10_000.0, 14_792.9), (20_000.0, 73_718.0)],
)
def test_bright_light_is_corrected(said: float, true: float) -> None:
    """2000: 2004.6 + 325.952 - 75.139 + 9.622; and so on."""
    assert corrected(said) == pytest.approx(true, rel=1e-4)


@virtual
async def test_a_fixed_setting_is_measured_once() -> None:
    recorded = bus(("04", "e803"), ("00", "0010"))
    context = RecordedContext()
    driver = driver_of(VEML7700, context=context, bus=recorded, gain="1/8", integration="100ms")
    start = context.clock.monotonic()

    values = await driver.read()

    assert values == {"illuminance": pytest.approx(537.6)}
    assert [w.hex() for w in recorded.writes] == ["000010", "000110"]
    assert context.clock.monotonic() - start == pytest.approx(0.1125)


@virtual
async def test_dim_light_is_measured_again_with_more_gain() -> None:
    recorded = bus(
        ("04", "6400"), ("04", "2003"), ("00", "0010"), ("00", "0000"),
    )  # fmt: skip

    assert await read(recorded) == pytest.approx(800 * 0.0672)
    assert [w.hex() for w in recorded.writes] == ["000010", "000110", "000000", "000100"]


@virtual
async def test_sunlight_is_measured_again_with_less_time_and_the_range_stays() -> None:
    recorded = bus(
        ("04", "ffff"), ("04", "2823"), ("04", "2823"),
        ("00", "0010"), ("00", "0013"), ("00", "0013"),
    )  # fmt: skip
    driver = driver_of(VEML7700, bus=recorded)

    first = await driver.read()
    second = await driver.read()

    # 9000 counts of 2.1504 lx are 19353.6 lx, which stand for 66 201 lx.
    assert first == second == {"illuminance": pytest.approx(66_201, rel=1e-3)}
    assert [w.hex() for w in recorded.writes[4:]] == ["000013", "000113"]


@virtual
async def test_darkness_is_zero_at_the_most_sensitive_setting() -> None:
    recorded = bus(("04", "0000"), ("00", "0010"), ("00", "0000"), ("00", "8008"))

    assert await read(recorded) == 0.0
    assert len(recorded.writes) == 2 * 3


@virtual
async def test_a_window_is_made_up_for() -> None:
    recorded = bus(("04", "e803"), ("00", "0000"))

    assert await read(recorded, gain="1", factor=2.5) == pytest.approx(168.0)


@virtual
async def test_too_bright_for_the_setting_is_no_number() -> None:
    with pytest.raises(BadReadingError, match="too bright"):
        await read(bus(("04", "ffff"), ("00", "0008")), gain="2", integration="100ms")


@virtual
async def test_more_than_the_formula_is_good_for_is_no_number() -> None:
    with pytest.raises(BadReadingError, match="more than the sensor can measure"):
        await read(bus(("04", "0080"), ("00", "0013")), gain="1/8", integration="25ms")


@virtual
async def test_a_chip_that_was_reset_meanwhile_is_no_darkness() -> None:
    with pytest.raises(BadReadingError, match="lost its settings"):
        await read(bus(("04", "0000"), ("00", "0100")), gain="1")


@pytest.mark.parametrize("answer", ["ffff", "0000"])
@virtual
async def test_something_else_at_the_address_is_the_wrong_chip(answer: str) -> None:
    with pytest.raises(WrongChipError, match="no VEML7700"):
        await driver_of(VEML7700, bus=bus(("00", answer))).setup()


@virtual
async def test_setup_leaves_the_chip_asleep() -> None:
    recorded = bus(("00", "8108"))

    await driver_of(VEML7700, bus=recorded).setup()

    assert LADDER[0].word | 1 == 0x0881
    assert [w.hex() for w in recorded.writes] == ["008108", "030000"]
