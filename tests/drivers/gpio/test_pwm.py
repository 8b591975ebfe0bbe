"""Dimmable loads."""

from __future__ import annotations

import pytest

from tests.support.driving import PlainOutput, RecordedContext, driver_of
from tests.support.virtual import virtual
from wampedge.devices.driver import spec_of
from wampedge.devices.fields import FieldError
from wampedge.errors import HardwareError
from wampedge_drivers.gpio.pwm import Pwm


def test_it_declares_a_duty_in_percent() -> None:
    duty = spec_of(Pwm).channels["duty"]

    assert (duty.unit, duty.is_settable) == ("%", True)
    for wrong in (-1, 100.5, True, "50"):
        with pytest.raises(FieldError):
            duty.field.convert(wrong)


@virtual
async def test_the_wave_starts_as_it_is_told() -> None:
    driver = driver_of(Pwm, frequency="1kHz")

    assert driver.initial_duty("pin") == 0.0
    driver.start_with(30)

    assert driver.pwm_frequency_hz("pin") == 1000
    assert driver.initial_duty("pin") == 0.3


@virtual
async def test_the_duty_is_set_and_is_nothing_at_the_end() -> None:
    context, pin = RecordedContext(), PlainOutput()
    driver = driver_of(Pwm, context=context)
    driver.start_with(20)
    driver.pin = pin

    await driver.setup()
    answer = await driver.set_duty(75)
    await driver.set_inactive()

    assert answer == 75
    assert pin.history == [0.2, 0.75, 0.0]
    assert context.published == [{"duty": 20}, {"duty": 0}]


@virtual
async def test_after_a_failure_the_lower_duty_is_taken_up_again() -> None:
    context, pin = RecordedContext(), PlainOutput()
    driver = driver_of(Pwm, context=context)
    driver.pin = pin
    await driver.setup()
    await driver.set_duty(75)
    pin.fault = HardwareError("gone")
    with pytest.raises(HardwareError):
        await driver.set_duty(10)
    pin.fault = None

    await driver.setup()

    assert pin.history == [0.0, 0.75, 0.1]
    assert context.published[-1] == {"duty": 10}
