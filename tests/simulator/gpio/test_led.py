from __future__ import annotations

import pytest

from tests.simulator.board import board, gpio
from wampedge_simulator.nets import Wave


@pytest.mark.parametrize(
    ("active", "signal", "brightness"),
    [
        ("high", True, 1.0),
        ("high", False, 0.0),
        ("high", Wave(100.0, 0.3), 0.3),
        ("low", False, 1.0),
        ("low", Wave(100.0, 0.25), 0.75),
        ("high", None, 0.0),
        ("low", None, 0.0),
    ],
)
def test_an_led_shines_as_its_line_says(
    active: str, signal: bool | Wave | None, brightness: float
) -> None:
    with board(gpio("led", 27, "lamp", active=active)) as substrate:
        substrate._board().nets.net("gpio", 27).drive("host", signal)
        lamp = substrate.part("lamp")

        assert lamp.brightness == brightness
        assert lamp.is_on == (brightness > 0)
