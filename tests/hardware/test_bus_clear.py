"""Freeing an I2C bus: nine clocks at most, and the lines go back to the controller."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from wampedge.hardware.bus_clear import clear_i2c


class Pinctrl:
    """The tool, and a part that lets go of SDA after so many clocks."""

    def __init__(self, clocks_needed: int, function: str = "a0") -> None:
        self.left = clocks_needed
        self.function = {2: function, 3: function}
        self.levels = {2: True, 3: True}
        self.clocks = 0

    def __call__(self, command: Sequence[str]) -> str:
        _, act, lines, *how = command
        if act == "get":
            return f" {lines}: {self.function[int(lines)]}    pu | hi // GPIO{lines} = SCL1\n"
        if act == "lev":
            return f"{int(self.levels[int(lines)] and not self.left)}\n"
        for line in map(int, lines.split(",")):
            self._set(line, how)
        return ""

    def _set(self, line: int, how: list[str]) -> None:
        level = how[-1] != "dl"
        if line == 3 and level and not self.levels[3] and how[0] == "ip":
            self.clocks += 1
            self.left = max(0, self.left - 1)
        self.levels[line] = level
        self.function[line] = how[0]


@pytest.mark.parametrize(("needed", "clocks"), [(0, 1), (1, 2), (9, 10)])
def test_clocks_come_until_the_part_lets_go_and_then_a_stop(needed: int, clocks: int) -> None:
    """The last rise of the clock is that of the stop condition."""
    tool = Pinctrl(needed)

    assert clear_i2c("/dev/i2c-1", tool) is None
    assert tool.clocks == clocks
    assert tool.function == {2: "a0", 3: "a0"}


def test_a_line_that_stays_low_is_told_and_given_back_all_the_same() -> None:
    tool = Pinctrl(1000)

    assert clear_i2c("/dev/i2c-1", tool) == "SDA is still held low after nine clock pulses"
    assert tool.function == {2: "a0", 3: "a0"}


def test_lines_that_are_no_controllers_are_not_touched() -> None:
    tool = Pinctrl(1, function="op")

    assert clear_i2c("/dev/i2c-1", tool) == "GPIO3 does not belong to an I2C controller now"
    assert tool.clocks == 0


def test_a_bus_somewhere_else_is_not_touched() -> None:
    hindrance = clear_i2c("/dev/i2c-20", Pinctrl(1))

    assert hindrance == "it is not known on which lines of the header /dev/i2c-20 is"


def test_without_the_tool_it_is_said_what_is_missing() -> None:
    def missing(_: Sequence[str]) -> str:
        raise FileNotFoundError

    def broken(_: Sequence[str]) -> str:
        raise OSError("no access")

    assert "raspi-utils" in str(clear_i2c("/dev/i2c-1", missing))
    assert clear_i2c("/dev/i2c-1", broken) == "pinctrl failed: no access"
