"""Pins of expanders that cannot do what a device wants of them."""

from __future__ import annotations

import pytest

from tests.support.device_file import complaints, site
from wampedge.config.device_check import DeviceDraft
from wampedge.config.model import PinRef
from wampedge.config.pin_uses import check_pin_uses
from wampedge.config.problems import Findings
from wampedge.config.scanner import scan
from wampedge.devices.catalog import find_driver
from wampedge.devices.driver import Driver, pwm_pin, spec_of

BUS = 'wampedge = 1\nnode.name = "n1"\n[buses.i2c1]\ntype = "i2c"\nbus = 1\n'
CHIP = '[devices.io]\ndriver = "{chip}"\nbus = "i2c1"\n{more}'


def told(chip: str, device: str, more: str = "") -> list[str]:
    """Return what is told of *device* on pin 3 of *chip*, without the place."""
    text = site(CHIP.format(chip=chip, more=more) + f"[devices.d]\n{device}\n", head=BUS)
    return [complaint.split(" ", 2)[2] for complaint in complaints(text)]


NO_WAVE = "names io:3, which cannot give a PWM wave (use a pin of the header or of a pca9685)"
SERVO = 'driver = "servo"\npin = "io:3"'


def test_a_servo_needs_a_chip_with_its_frequency() -> None:
    assert told("pca9685", SERVO, 'frequency = "50Hz"\n') == []
    (found,) = told("pca9685", SERVO)
    text, _, hint = found.partition(" (")
    assert text == "names io:3, which cannot give 50 Hz: its pins have 200 Hz"
    assert hint == 'write frequency = "50Hz" for it, if that suits its other pins)'


def test_a_wave_has_the_frequency_the_device_says() -> None:
    pwm = 'driver = "pwm"\npin = "io:3"\nfrequency = "{}"'

    assert told("pca9685", pwm.format("200Hz")) == []
    # 25 MHz / 4096 / 31 is 196.9 Hz: PRE_SCALE 30 is the nearest to both.
    assert told("pca9685", pwm.format("198Hz")) == []
    (found,) = told("pca9685", pwm.format("5kHz"))
    assert found.startswith("names io:3, which cannot give 5000 Hz: its pins have 200 Hz (the chip")
    assert found.endswith("gives 24 to 1526 Hz; use a pin of the header)")


def test_a_motor_may_have_its_wave_from_one_chip_and_its_pins_from_another() -> None:
    motor = 'driver = "motor"\npins = { forward = 5, backward = 6, pwm = "io:3" }\n'

    assert told("pca9685", motor + 'frequency = "200Hz"') == []
    assert told("mcp23017", motor) == [NO_WAVE]


@pytest.mark.parametrize("chip", ["mcp23008", "mcp23017", "pcf8574", "pca9555"])
def test_expanders_have_no_wave_no_pull_down_and_no_time_stamps(chip: str) -> None:
    button = 'driver = "button"\npin = "io:3"\n'

    assert told(chip, SERVO) == [NO_WAVE]
    assert told(chip, f'{button}pull = "up"') == []
    assert told(chip, f'{button}pull = "down"\nactive = "high"') == [
        'names io:3, which has no pull-down: the chip has pull-ups only (write pull = "up")'
    ]
    assert told(chip, 'driver = "dht22"\npin = "io:3"') == [
        "names io:3, which is too slow for that (use a pin of the header)"
    ]


def test_a_chip_with_outputs_only_reads_nothing() -> None:
    assert told("pca9685", 'driver = "button"\npin = "io:3"') == [
        "names io:3, which cannot be read: the chip has outputs only (use a pin of the header)"
    ]
    assert told("pca9685", 'driver = "relay"\npin = "io:3"') == []


def test_what_is_wrong_with_either_device_is_told_first() -> None:
    (of_chip,) = told("pca9685", SERVO, 'frequency = "50V"\n')
    assert of_chip.startswith("must be")
    (of_device,) = told("pca9685", 'driver = "pwm"\npin = "io:3"\nfrequency = "1"')
    assert of_device.startswith("must carry its unit")


def test_a_driver_whose_frequency_only_an_instance_knows_is_left_to_the_running_node() -> None:
    class Odd(Driver):
        """Thinks about it."""

        pin = pwm_pin()

        def pwm_frequency_hz(self, pin: str) -> float:
            return 40.0

    drafts = {
        "io": DeviceDraft("io", find_driver("pca9685"), {"frequency": 200.0, "inverted": False}),
        "odd": DeviceDraft("odd", spec_of(Odd), {"pin": PinRef("io", 3)}),
    }
    found = Findings("f", scan(""))

    check_pin_uses(drafts, found)

    assert len(found) == 0
    assert Odd.planned_frequency_hz("pin", {}) is None
    assert find_driver("servo").driver_class.planned_frequency_hz("pin", {}) == 50.0
