from __future__ import annotations

import pytest

from tests.simulator.board import board, gpio
from wampedge_simulator.nets import Wave


@pytest.mark.parametrize(
    ("active", "signal", "power"),
    [
        ("high", Wave(100.0, 0.3), 0.3),
        ("high", True, 1.0),
        ("low", Wave(100.0, 0.25), 0.75),
        ("high", None, 0.0),
    ],
)
def test_a_modulated_load_gets_its_share(
    active: str, signal: bool | Wave | None, power: float
) -> None:
    with board(gpio("pwm", 18, "fan", active=active)) as substrate:
        substrate._board().nets.net("gpio", 18).drive("host", signal)

        assert substrate.part("fan").power == power
