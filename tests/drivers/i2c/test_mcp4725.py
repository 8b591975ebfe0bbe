"""MCP4725: voltages on the wire and at the output, the EEPROM, resets, and its policy."""

from __future__ import annotations

import pytest

from tests.support.driving import RecordedContext, driver_of
from tests.support.on_chip import on_chip
from tests.support.virtual import virtual
from wampedge.devices.output_policy import FREE, OutputPolicy
from wampedge.devices.registermap.vectors import RecordedBus
from wampedge.devices.values import Value
from wampedge.errors import BadReadingError, BusError, InterlockError, RangeError
from wampedge_drivers.i2c.mcp4725 import MCP4725


class Guard:
    """Notes what is asked and told; refuses to become active when told so."""

    def __init__(self) -> None:
        self.policy: OutputPolicy = FREE.policy
        self.heard: list[tuple[str, bool, Value]] = []
        self.is_closed = False

    async def enter(self, active: bool, value: Value = None) -> None:
        self.heard.append(("enter", active, value))
        if active and self.is_closed:
            raise InterlockError("the other one is on")

    def noted(self, active: bool, value: Value = None) -> None:
        self.heard.append(("noted", active, value))


def recorded(*answers: str) -> RecordedBus:
    return RecordedBus([(b"", bytes.fromhex(answer)) for answer in answers])


@pytest.mark.parametrize(
    ("volts", "written"),
    [(0.0, "0000"), (2.5, "0800"), (1.25, "0400"), (5.0, "0fff"), (0.0013, "0001")],
)
@virtual
async def test_a_voltage_goes_out_in_fast_mode(volts: float, written: str) -> None:
    """DS22039D figure 6-1: 0 0 PD1 PD0 D11..D8, D7..D0; one step of 5 V is 1.2207 mV."""
    bus = recorded("c00000")
    driver = driver_of(MCP4725, bus=bus, reference="5V")
    driver.start_with(None)
    await driver.setup()

    accepted = await driver.set_voltage(volts)

    assert bus.writes[-1].hex() == written
    assert accepted == pytest.approx(int(written, 16) * 5 / 4096)


@virtual
async def test_more_than_the_supply_is_refused_and_the_bus_left_alone() -> None:
    bus = recorded("c00000")
    driver = driver_of(MCP4725, bus=bus)
    await driver.setup()
    bus.writes.clear()

    with pytest.raises(RangeError, match=r"voltage must be 0 to 3.3 V, got 4"):
        await driver.set_voltage(4.0)

    assert bus.writes == []


@virtual
async def test_without_an_order_the_voltage_of_the_chip_stays() -> None:
    """0xC0 is ready and reset done; 0x80 0x00 is code 2048."""
    bus = recorded("c08000")
    driver = driver_of(MCP4725, bus=bus, reference="5V")

    await driver.setup()

    assert bus.writes == [bytes.fromhex("0800")]


@virtual
async def test_a_reset_is_noticed_and_made_good() -> None:
    with on_chip(MCP4725, reference="4.096V") as (driver, part, board):
        driver.start_with(None)
        await driver.setup()
        await driver.set_voltage(1.0)
        assert await driver.read() == {"voltage": 1.0}

        board.fault("part", "brown_out")
        assert part.voltage == pytest.approx(2.048)
        with pytest.raises(BadReadingError, match="the chip was reset"):
            await driver.read()
        await driver.setup()

        assert part.voltage == pytest.approx(1.0)


@virtual
async def test_only_the_command_store_writes_the_eeprom() -> None:
    with on_chip(MCP4725, reference="4.096V") as (driver, part, board):
        driver.start_with(None)
        await driver.setup()
        await driver.set_voltage(1.0)
        board.fault("part", "brown_out")
        assert part.voltage == pytest.approx(2.048)

        await driver.setup()
        await driver.store()
        board.fault("part", "brown_out")

        assert part.voltage == pytest.approx(1.0)


@virtual
async def test_an_eeprom_that_does_not_hold_is_an_error() -> None:
    driver = driver_of(MCP4725, bus=recorded("c00000", "c0000008ff", "4000000800"))
    with pytest.raises(BusError):
        await driver_of(MCP4725, bus=RecordedBus([])).setup()
    await driver.setup()

    with pytest.raises(BadReadingError, match="does not hold"):
        await driver.store()


@pytest.mark.parametrize("answer", ["ffffff", "c20000"])
@virtual
async def test_a_floating_bus_and_a_powered_down_output_are_no_voltage(answer: str) -> None:
    with pytest.raises(BadReadingError, match="its output is off, or it is gone"):
        await driver_of(MCP4725, bus=recorded(answer)).setup()


@virtual
async def test_the_guard_is_asked_before_and_told_after() -> None:
    context, guard = RecordedContext(), Guard()
    context.guard = guard
    bus = recorded("c00000")
    driver = driver_of(MCP4725, context=context, bus=bus)
    driver.start_with(None)
    await driver.setup()
    guard.heard.clear()

    await driver.set_voltage(1.65)
    assert guard.heard == [("enter", True, 1.65), ("noted", True, 1.65)]
    guard.is_closed = True
    with pytest.raises(InterlockError):
        await driver.set_voltage(2.0)
    assert bus.writes[-1].hex() == "0800"
    await driver.safe()

    assert bus.writes[-1].hex() == "0000"
    assert guard.heard[-2:] == [("enter", False, 0.0), ("noted", False, 0.0)]


@virtual
async def test_a_slew_is_held() -> None:
    context, guard = RecordedContext(), Guard()
    guard.policy = OutputPolicy(slew_per_s=1.0)
    context.guard = guard
    driver = driver_of(MCP4725, context=context, bus=recorded("c00000"))
    driver.start_with(None)
    await driver.setup()
    start = context.clock.monotonic()

    await driver.set_voltage(1.0)
    while driver._volts != 1.0:
        await context.sleep(0.02)

    assert context.clock.monotonic() - start == pytest.approx(1.0, abs=0.05)


@virtual
async def test_a_reload_keeps_the_voltage() -> None:
    before, after = driver_of(MCP4725), driver_of(MCP4725)
    before.start_with(1.5)

    after.take_over(before)

    assert after._volts == 1.5
