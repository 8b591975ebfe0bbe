"""The SSD1306 by its datasheet, through smbus2: commands, addressing modes, picture."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from smbus2 import SMBus

from tests.simulator.board import board, chip, send
from wampedge_simulator.chips.ssd1306 import Ssd1306

ADDRESS = 0x3C


@pytest.fixture
def lit() -> Iterator[tuple[SMBus, Ssd1306]]:
    """A display that is on, empty and shows its memory upright."""
    with board(chip("ssd1306", ADDRESS, "screen")) as substrate, SMBus(1) as bus:
        send(bus, ADDRESS, 0x00, 0x8D, 0x14, 0xA1, 0xC8, 0x20, 0x00, 0xAF)
        for _ in range(8):
            send(bus, ADDRESS, 0x40, *[0] * 128)
        yield bus, substrate.part("screen")


def pixels(screen: Ssd1306) -> list[tuple[int, int]]:
    return [(x, y) for y, row in enumerate(screen.shown) for x, c in enumerate(row) if c == "#"]


def test_a_byte_is_eight_pixels_with_the_top_in_bit_0(lit: tuple[SMBus, Ssd1306]) -> None:
    """8.7: figure 8-14."""
    bus, screen = lit

    send(bus, ADDRESS, 0x00, 0x21, 5, 127, 0x22, 1, 7)
    send(bus, ADDRESS, 0x40, 0x81)

    assert pixels(screen) == [(5, 8), (5, 15)]


def test_arguments_may_come_in_transactions_of_their_own(lit: tuple[SMBus, Ssd1306]) -> None:
    bus, screen = lit

    for byte in (0x81, 0x10):
        send(bus, ADDRESS, 0x80, byte)

    assert screen.contrast == 0x10


def test_horizontal_mode_goes_on_in_the_next_page(lit: tuple[SMBus, Ssd1306]) -> None:
    """10.1.3: figure 10-3."""
    bus, screen = lit

    send(bus, ADDRESS, 0x00, 0x20, 0x00, 0x21, 126, 127, 0x22, 0, 7)
    send(bus, ADDRESS, 0x40, 0x00, 0x00, 0x01, 0x00)

    assert pixels(screen) == [(126, 8)]


def test_vertical_mode_goes_down_first(lit: tuple[SMBus, Ssd1306]) -> None:
    """10.1.3: figure 10-4."""
    bus, screen = lit

    send(bus, ADDRESS, 0x00, 0x20, 0x01, 0x21, 3, 4, 0x22, 0, 1)
    send(bus, ADDRESS, 0x40, 0x00, 0x00, 0x01, 0x00)

    assert pixels(screen) == [(4, 0)]


def test_page_mode_stays_in_its_page(lit: tuple[SMBus, Ssd1306]) -> None:
    """10.1.3: figure 10-1."""
    bus, screen = lit

    send(bus, ADDRESS, 0x00, 0x20, 0x02, 0xB2, 0x0F, 0x17)
    send(bus, ADDRESS, 0x40, 0x01, 0x02)

    assert pixels(screen) == [(127, 16), (0, 17)]


def test_it_is_dark_without_power_for_its_pixels(lit: tuple[SMBus, Ssd1306]) -> None:
    bus, screen = lit
    send(bus, ADDRESS, 0x00, 0xA5)
    assert len(pixels(screen)) == 128 * 64

    send(bus, ADDRESS, 0x00, 0x8D, 0x10)

    assert pixels(screen) == []
