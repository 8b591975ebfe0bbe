"""Only the pins of gpiozero are loaded, and all of it is there for who asks later."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

PROGRAM = """
import json, sys
from wampedge.hardware.pin_classes import load_devices_late
load_devices_late()
from gpiozero.pins.pi import PiFactory
early = sorted(sys.modules)
import gpiozero
load_devices_late()
from gpiozero.pins.mock import MockFactory
light = gpiozero.LED(17, pin_factory=MockFactory())
light.on()
print(json.dumps({
    "early": early,
    "lit": light.value,
    "one": issubclass(MockFactory, PiFactory),
    "errors": gpiozero.GPIOZeroError is gpiozero.exc.GPIOZeroError,
}))
"""


def _seen() -> dict[str, Any]:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, check=True)
    seen: dict[str, Any] = json.loads(done.stdout)
    return seen


def test_pins_come_without_devices_and_those_come_when_they_are_asked_for() -> None:
    seen = _seen()

    assert "gpiozero.pins.pi" in seen["early"]
    assert {"gpiozero.output_devices", "colorzero"}.isdisjoint(seen["early"])
    assert (seen["lit"], seen["one"], seen["errors"]) == (1, True, True)
