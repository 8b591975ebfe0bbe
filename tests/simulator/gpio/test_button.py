from __future__ import annotations

from typing import Any

import pytest

from tests.simulator.board import board, gpio
from wampedge.errors import InvalidValueError


@pytest.mark.parametrize(
    ("pull", "active", "idle", "pressed"),
    [
        ("up", "auto", True, False),
        ("down", "auto", False, True),
        ("up", "low", True, False),
        ("down", "high", False, True),
        ("none", "auto", False, True),
        ("none", "high", False, True),
        ("none", "low", True, False),
    ],
)
def test_pressing_connects_the_line_to_the_level_that_means_pressed(
    pull: str, active: str, idle: bool, pressed: bool
) -> None:
    with board(gpio("button", 22, "bell", pull=pull, active=active)) as substrate:
        net = substrate._board().nets.net("gpio", 22)
        if pull != "none":
            net.pull("host", pull == "up")
        levels = [net.level]
        substrate.press("bell")
        levels.append(net.level)
        substrate.let_go("bell")
        levels.append(net.level)

    assert levels == [idle, pressed, idle]


def test_setting_pressed_is_pressing() -> None:
    with board(gpio("button", 22, "bell")) as substrate:
        bell = substrate.part("bell")
        substrate.set("bell", "pressed", True)
        held = bell.is_pressed
        substrate.set("bell", "pressed", False)
        let_go = bell.is_pressed
        substrate.set("bell", "pressed", True)
        substrate.release("bell", "pressed")

    assert (held, let_go, bell.is_pressed) == (True, False, False)


@pytest.mark.parametrize(
    ("channel", "value", "field"),
    [("pressed", 1, "value"), ("pressed", None, "value"), ("state", True, "channel")],
)
def test_anything_else_is_refused(channel: str, value: Any, field: str) -> None:
    with board(gpio("button", 22, "bell")) as substrate:
        with pytest.raises(InvalidValueError) as caught:
            substrate.set("bell", channel, value)
        with pytest.raises(InvalidValueError, match="no channel"):
            substrate.release("bell", "state")

    assert (caught.value.field, caught.value.device) == (field, "bell")


def test_a_stuck_button_does_not_close_its_contact() -> None:
    with board(gpio("button", 22, "bell", pull="none")) as substrate:
        substrate.fault("bell", "stuck")
        substrate.press("bell")
        stuck = substrate.pin_level("gpio", 22)
        substrate.press("bell")

        assert (stuck, substrate.pin_level("gpio", 22)) == (False, True)


def test_a_button_that_was_let_go_does_not_bounce_on() -> None:
    with board(gpio("button", 22, "bell", pull="none")) as substrate:
        bell = substrate.part("bell")
        bell.press()
        bell.release()
        bell.bounce()

        assert not substrate.pin_level("gpio", 22)
