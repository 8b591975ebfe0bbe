"""Lets drivers of this kernel use simulated chips with outputs, and hands over what is at them."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tests.kernel.guest.bridge import Bridge
from tests.kernel.guest.report import hand_over, i2c_number
from tests.kernel.guest.sysfs import bound, quantity
from wampedge.hardware.board import load_lgpio

__all__: list[str] = []

lgpio: Any = load_lgpio()

EXPANDERS = {
    "mcp23008": (0x20, "mcp23008"),
    "mcp23017": (0x21, "mcp23017"),
    "pca9555": (0x22, "pca9555"),
    "pcf8574": (0x23, "pcf8574"),
    "pcf8575": (0x24, "pcf8575"),
}
CHIPS = (
    *(f"{name}={name}@{address}" for name, (address, _) in EXPANDERS.items()),
    "dac=mcp4725@0x60",
    "pwm=pca9685@0x41",
    "hub=tca9548a@0x70",
    "near=tmp117@0x48/hub:0",
    "far=tmp117@0x48/hub:3",
)


def main() -> None:
    """Hand over what each chip did."""
    jobs: Mapping[str, Callable[[Bridge, int], Any]] = {
        **{name: _expander(name) for name in EXPANDERS},
        "mcp4725": _converter,
        "pca9685": _waves,
        "tca9548a": _hub,
    }
    with Bridge(*CHIPS) as bridge:
        number = i2c_number(bridge.nodes["i2c"])
        hand_over({name: job(bridge, number) for name, job in jobs.items()})


def _expander(name: str) -> Callable[[Bridge, int], Any]:
    address, kernel = EXPANDERS[name]

    def use(bridge: Bridge, number: int) -> Any:
        """Drive line 3 high, low and high; then look at line 5 while the bench drives it."""
        with bound(kernel, address, number) as device:
            chip = lgpio.gpiochip_open(_chip_number(device))
            lgpio.gpio_claim_output(chip, 3, 1)
            driven = [bridge.order("pin_level", name, 3)]
            for level in (0, 1):
                lgpio.gpio_write(chip, 3, level)
                driven.append(bridge.order("pin_level", name, 3))
            lgpio.gpio_claim_input(chip, 5)
            seen = []
            for level in (False, True, False):
                bridge.order("drive", name, 5, level)
                seen.append(bool(lgpio.gpio_read(chip, 5)))
            lgpio.gpiochip_close(chip)
        return [driven, seen]

    return use


def _converter(bridge: Bridge, number: int) -> Any:
    """Set codes of the digital-to-analog converter; returns the volts at its output."""
    volts = []
    with bound("mcp4725", 0x60, number) as device:
        code = next(device.glob("iio:device*/out_voltage0_raw"))
        for wanted in ("1000", "4095", "0"):
            code.write_text(wanted)
            volts.append(bridge.order("shown", "dac"))
    return volts


def _waves(bridge: Bridge, number: int) -> Any:
    """Run channels 3 and 15 at 5 ms; returns the share of the time each output is high."""
    with bound("pca9685", 0x41, number) as device:
        chip = next(device.glob("pwm/pwmchip*"))
        for channel, duty_ns in ((3, 1_250_000), (15, 3_750_000)):
            (chip / "export").write_text(str(channel))
            pwm = chip / f"pwm{channel}"
            (pwm / "period").write_text("5000000")
            (pwm / "duty_cycle").write_text(str(duty_ns))
            (pwm / "enable").write_text("1")
        shown = bridge.order("shown", "pwm")
        for channel in (3, 15):
            (chip / "unexport").write_text(str(channel))
    return [shown[channel] for channel in (0, 3, 15)]


def _hub(bridge: Bridge, number: int) -> Any:
    """Read two sensors with one address behind channels 0 and 3 of a multiplexer."""
    bridge.order("set", "near", "temperature", 20.0)
    bridge.order("set", "far", "temperature", -7.5)
    found = []
    with bound("pca9548", 0x70, number) as device:
        for channel in (0, 3):
            behind = i2c_number((device / f"channel-{channel}").resolve().name)
            with bound("tmp117", 0x48, behind) as sensor:
                time.sleep(3)
                found.append(quantity(sensor, "in_temp") / 1000)
    return found


def _chip_number(device: Path) -> int:
    return int(next(device.glob("gpiochip*")).name.removeprefix("gpiochip"))


if __name__ == "__main__":
    main()
