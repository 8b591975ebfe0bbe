"""PCA9685: registers by the datasheet, waves at the outputs, pins for others, resets, guard."""

from __future__ import annotations

import pytest

from tests.support.driving import RecordedContext, driver_of
from tests.support.on_chip import on_chip
from tests.support.virtual import virtual
from wampedge.devices.driver import spec_of
from wampedge.devices.output_policy import FREE, OutputPolicy
from wampedge.devices.registermap.vectors import RecordedBus
from wampedge.devices.values import Value
from wampedge.errors import BadReadingError, HardwareError, InterlockError, WrongChipError
from wampedge_drivers.i2c.pca9685 import PCA9685, prescale_of, registers_of


@pytest.mark.parametrize(("frequency", "prescale"), [(50, 121), (200, 30), (24, 253), (1526, 3)])
def test_the_prescaler_is_that_of_the_datasheet(frequency: float, prescale: int) -> None:
    """7.3.5: round(25 MHz / (4096 * rate)) - 1; PARTS: 50 Hz = 121, 200 Hz = 30."""
    assert prescale_of(frequency) == prescale


@pytest.mark.parametrize(
    ("duty", "registers"),
    [(0.0, "00000010"), (1.0, "00100000"), (0.5, "00000008"), (0.25, "00000004"),
     (0.0001, "00000010"), (0.99999, "00100000"), (0.075, "00003301")],
)  # fmt: skip
def test_a_duty_has_its_registers(duty: float, registers: str) -> None:
    """7.3.3: 0x1000 is full on or full off; 7.5 % of 4096 is 307.2, which is 0x133."""
    assert registers_of(duty).hex() == registers


def test_it_declares_16_duties_and_16_pins() -> None:
    spec = spec_of(PCA9685)

    assert list(spec.channels) == [f"duty_{n}" for n in range(16)]
    assert all(channel.is_settable for channel in spec.channels.values())
    assert (spec.provides_pins, spec.is_output) == (16, True)


@virtual
async def test_setup_sets_the_frequency_during_sleep() -> None:
    with on_chip(PCA9685, frequency="50Hz") as (driver, part, _):
        driver.start_with(None)
        await driver.setup()

        assert part.frequency_hz == pytest.approx(50.03, abs=0.01)
        assert part.shown == [0.0] * 16


@virtual
async def test_a_duty_reaches_its_output_and_no_other() -> None:
    with on_chip(PCA9685) as (driver, part, board):
        driver.start_with(None)
        await driver.setup()

        set_duty_3 = getattr(driver, f"set_duty_{3}")
        assert await set_duty_3(25.0) == 25.0
        await driver.set_duty(15, 100.0)

        assert part.shown == [0, 0, 0, 25.0, *[0] * 11, 100.0]
        assert board.pin_level("part", 15) is True
        assert (await driver.read())["duty_3"] == 25.0


@virtual
async def test_inverted_outputs_are_low_while_on() -> None:
    with on_chip(PCA9685, inverted=True) as (driver, _, board):
        driver.start_with(None)
        await driver.setup()
        await driver.set_duty(0, 100.0)

        assert (board.pin_level("part", 0), board.pin_level("part", 1)) == (False, True)


@virtual
async def test_a_reset_is_noticed_and_made_good() -> None:
    with on_chip(PCA9685) as (driver, part, board):
        driver.start_with(None)
        await driver.setup()
        await driver.set_duty(2, 50.0)

        board.fault("part", "brown_out")
        assert part.shown == [0.0] * 16
        with pytest.raises(BadReadingError, match="the chip was reset"):
            await driver.read()
        await driver.setup()

        assert part.shown[2] == 50.0


@virtual
async def test_a_chip_that_runs_goes_on_when_nothing_is_ordered() -> None:
    with on_chip(PCA9685) as (driver, part, _):
        driver.start_with(None)
        await driver.setup()
        await driver.set_duty(7, 50.0)
        again = PCA9685(driver.context, {"frequency": 200.0, "inverted": False}, driver.bus)

        await again.setup()

        assert part.shown[7] == 50.0
        assert (await again.read())["duty_7"] == 50.0


@virtual
async def test_off_and_safe_switch_everything_off_but_pins_of_others() -> None:
    with on_chip(PCA9685) as (driver, part, _):
        driver.start_with(None)
        await driver.setup()
        await driver.pin_bank().open_pwm(4, frequency_hz=200, duty=0.5)
        await driver.set_duty(5, 30.0)

        await driver.off()

        assert part.shown == [0, 0, 0, 0, 50.0, *[0] * 11]
        assert "duty_4" not in await driver.read()


@virtual
async def test_a_pin_belongs_to_one_device_until_it_is_given_back() -> None:
    with on_chip(PCA9685) as (driver, part, _):
        driver.start_with(None)
        await driver.setup()
        bank = driver.pin_bank()
        pin = await bank.open_output(4, level=True)
        assert (pin.name, part.shown[4], await pin.read()) == ("part:4", 100.0, True)
        with pytest.raises(HardwareError, match="part:4 is in use by another device"):
            await bank.open_pwm(4, frequency_hz=200, duty=0)
        with pytest.raises(HardwareError, match="part:4 is in use by another device"):
            await driver.set_duty(4, 10.0)

        await pin.write(False)
        await pin.close()
        await driver.set_duty(4, 10.0)

        assert part.shown[4] == pytest.approx(10.0, abs=0.02)
        await bank.close()


@virtual
async def test_pins_have_the_frequency_of_the_chip() -> None:
    with on_chip(PCA9685, frequency="50Hz") as (driver, part, _):
        driver.start_with(None)
        await driver.setup()
        servo = await driver.pin_bank().open_pwm(0, frequency_hz=50, duty=0.075)
        assert part.shown[0] == pytest.approx(7.5, abs=0.02)
        await servo.set_duty(0.1)
        assert part.shown[0] == pytest.approx(10.0, abs=0.02)

        with pytest.raises(HardwareError, match=r'write frequency = "200Hz" for part'):
            await driver.pin_bank().open_pwm(1, frequency_hz=200, duty=0)


@virtual
async def test_what_the_chip_cannot_do_is_refused() -> None:
    with on_chip(PCA9685) as (driver, _, _):
        bank = driver.pin_bank()

        with pytest.raises(HardwareError, match="is not set up yet"):
            await bank.open_output(0, level=True)
        with pytest.raises(HardwareError, match="has pins 0 to 15, not 16"):
            await bank.open_output(16, level=True)
        with pytest.raises(HardwareError, match="outputs only"):
            await bank.open_input(0, pull="none")
        with pytest.raises(HardwareError, match="outputs only"):
            await bank.open_drain(0, pull="none")


@virtual
async def test_something_else_at_the_address_is_the_wrong_chip() -> None:
    bus = RecordedBus([(b"\x00", b"\xff\xff"), (b"\xfe", b"\xff")])

    with pytest.raises(WrongChipError, match="no PCA9685"):
        await driver_of(PCA9685, bus=bus).setup()


@virtual
async def test_the_guard_stands_before_the_outputs_of_the_device_itself() -> None:
    class Guard:
        policy: OutputPolicy = FREE.policy
        is_active = False

        async def enter(self, active: bool, value: Value = None) -> None:
            if active:
                raise InterlockError("the other one is on")

        def noted(self, active: bool, value: Value = None) -> None:
            self.is_active = active

    context = RecordedContext()
    context.guard = Guard()
    with on_chip(PCA9685, context=context) as (driver, part, _):
        driver.start_with(None)
        await driver.setup()

        with pytest.raises(InterlockError):
            await driver.set_duty(1, 10.0)
        await driver.pin_bank().open_output(2, level=True)

        assert part.shown[:3] == [0.0, 0.0, 100.0]


@virtual
async def test_a_reload_keeps_the_duties() -> None:
    before, after = driver_of(PCA9685), driver_of(PCA9685)
    before.start_with(None)
    assert before._duties is not None
    before._duties[3] = 0.5

    after.take_over(before)

    assert after._duties == [0, 0, 0, 0.5, *[0] * 12]
