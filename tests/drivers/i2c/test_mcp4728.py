"""MCP4728: four voltages, references, resets, absence, and the guard."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.driving import RecordedContext, driver_of
from tests.support.on_chip import on_chip
from tests.support.virtual import virtual
from wampedge.devices.output_policy import FREE, OutputPolicy
from wampedge.devices.registermap.vectors import RecordedBus
from wampedge.devices.values import Value
from wampedge.errors import BadReadingError, InterlockError, RangeError
from wampedge_drivers.i2c.mcp4728 import MCP4728

FRESH = "c08000c08000d08000d08000e08000e08000f08000f08000"


@pytest.mark.parametrize(
    ("params", "written"),
    [
        ({"supply": "5V"}, "44019a"),  # 0.5 V of 5 V are 409.6 steps
        ({"range": "2.048V"}, "4483e8"),
        ({"range": "4.096V", "supply": "5V"}, "4491f4"),
    ],
)
@virtual
async def test_a_voltage_goes_out_with_its_reference(params: dict[str, Any], written: str) -> None:
    """Figure 5-8: 0 1 0 0 0 DAC1 DAC0 UDAC, VREF PD1 PD0 Gx D11..D8, D7..D0; C is output 2."""
    bus = RecordedBus([(b"", bytes.fromhex(FRESH))])
    driver = driver_of(MCP4728, bus=bus, **params)
    driver.start_with(None)
    await driver.setup()

    await driver.set_c(0.5)

    assert bus.writes[-1].hex() == written


@virtual
async def test_every_output_has_its_own_voltage() -> None:
    with on_chip(MCP4728, range="4.096V", supply="5V") as (driver, part, board):
        driver.start_with(None)
        await driver.setup()
        assert await driver.set_a(1.0) == 1.0
        await driver.set_b(2.0)
        await driver.set_c(3.0)
        await driver.set_d(4.0)

        assert board.shown("part") == [1.0, 2.0, 3.0, 4.0]
        assert await driver.read() == {"a": 1.0, "b": 2.0, "c": 3.0, "d": 4.0}
        await driver.safe()
        assert part.shown == [0.0] * 4


@virtual
async def test_more_than_the_range_is_refused() -> None:
    with on_chip(MCP4728, range="2.048V") as (driver, part, _):
        driver.start_with(None)
        await driver.setup()

        with pytest.raises(RangeError, match=r"b must be 0 to 2.048 V, got 3"):
            await driver.set_b(3.0)

        assert part.shown == [0.0] * 4


@virtual
async def test_a_reset_is_noticed_and_made_good() -> None:
    with on_chip(MCP4728, supply="4.096V") as (driver, part, board):
        driver.start_with(None)
        await driver.setup()
        await driver.set_d(1.0)
        board.fault("part", "brown_out")

        with pytest.raises(BadReadingError, match="the chip was reset"):
            await driver.read()
        await driver.setup()

        assert part.shown == [0.0, 0.0, 0.0, 1.0]


@virtual
async def test_without_an_order_the_voltages_of_the_chip_stay() -> None:
    with on_chip(MCP4728, range="2.048V") as (driver, part, _):
        await driver.bus.send(bytes.fromhex("4083e8"))

        await driver.setup()

        assert part.shown == [0.5, 0.0, 0.0, 0.0]


@pytest.mark.parametrize("answer", ["ff" * 24, "00" * 24])
@virtual
async def test_a_bus_held_at_one_level_is_no_chip(answer: str) -> None:
    with pytest.raises(BadReadingError, match="no MCP4728"):
        await driver_of(MCP4728, bus=RecordedBus([(b"", bytes.fromhex(answer))])).setup()


@virtual
async def test_the_guard_is_asked_before_anything_moves() -> None:
    class Guard:
        policy: OutputPolicy = FREE.policy
        told: bool | None = None

        async def enter(self, active: bool, value: Value = None) -> None:
            if active:
                raise InterlockError("the other one is on")

        def noted(self, active: bool, value: Value = None) -> None:
            self.told = active

    context = RecordedContext()
    context.guard = guard = Guard()
    with on_chip(MCP4728, context=context) as (driver, part, _):
        driver.start_with(None)
        await driver.setup()

        with pytest.raises(InterlockError):
            await driver.set_a(1.0)

        assert (part.shown, guard.told) == ([0.0] * 4, False)


@virtual
async def test_a_reload_keeps_the_voltages() -> None:
    before, after = driver_of(MCP4728), driver_of(MCP4728)
    before._volts = [1.0, 0.0, 0.0, 2.0]

    after.take_over(before)

    assert after._volts == [1.0, 0.0, 0.0, 2.0]
