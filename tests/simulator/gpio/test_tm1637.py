"""The simulated TM1637 by its datasheet, on the edges of two nets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.simulator.board import board
from wampedge.devices.contracts import WiredDevice


class Lines:
    """The two lines as a host drives them: DIO is an open drain."""

    def __init__(self, part: Any) -> None:
        self.part = part
        self.clk, self.dio = part.net("clk"), part.net("dio")
        self.clk.drive("host", True)

    def send(self, *message: int) -> list[bool]:
        """Send bytes between start and stop; return which were acknowledged."""
        self.dio.drive("host", False)
        heard = [self._byte(byte) for byte in message]
        self.clk.drive("host", False)
        self.dio.drive("host", False)
        self.clk.drive("host", True)
        self.dio.drive("host", None)
        return heard

    def _byte(self, byte: int) -> bool:
        for place in range(8):
            self.clk.drive("host", False)
            self.dio.drive("host", None if byte >> place & 1 else False)
            self.clk.drive("host", True)
        self.clk.drive("host", False)
        self.dio.drive("host", None)
        self.clk.drive("host", True)
        return not self.dio.level


@pytest.fixture
def lines() -> Iterator[Lines]:
    wired = WiredDevice("clock", "tm1637", pins={"clk": ("gpio", 5), "dio": ("gpio", 6)})
    with board(wired) as substrate:
        yield Lines(substrate.part("clock"))


def test_every_byte_is_acknowledged_and_the_line_let_go(lines: Lines) -> None:
    assert lines.send(0x40) == [True]
    assert lines.send(0xC0, 0x3F, 0x86, 0x5B, 0x4F) == [True] * 5
    assert lines.dio.level
    assert lines.part.shown == "    "  # display control was not sent yet

    lines.send(0x8F)

    assert lines.part.shown == "01:23"
    assert lines.part.brightness == 14 / 16


def test_a_fixed_address_is_written_alone(lines: Lines) -> None:
    lines.send(0x88)
    lines.send(0x44)
    lines.send(0xC2, 0x7F)

    assert lines.part.shown == "  8 "
    assert lines.part.brightness == 1 / 16


def test_display_off_keeps_the_memory(lines: Lines) -> None:
    for message in ((0x40,), (0xC0, 0x06), (0x80,)):
        lines.send(*message)
    assert lines.part.shown == "    "
    lines.send(0x8A)
    assert lines.part.shown == "1   "
