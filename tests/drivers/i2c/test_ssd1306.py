"""SSD1306: letters as pixels, lines, brightness, lost power, and both controllers."""

from __future__ import annotations

import pytest

from tests.support.driving import RecordedContext, driver_of
from tests.support.on_chip import on_chip
from tests.support.virtual import virtual
from wampedge.devices.registermap.vectors import RecordedBus
from wampedge.errors import BadReadingError, BusError
from wampedge_drivers.i2c.ssd1306 import SSD1306

HELLO = [
    "#...#..##..",
    "#...#...#..",
    "#...#...#..",
    "#####...#..",
    "#...#...#..",
    "#...#...#..",
    "#...#..###.",
]


def corner(picture: list[str], *, row: int = 0) -> list[str]:
    """Return the two letters at the left of a line, 11 by 7 pixels."""
    return [line[:11] for line in picture[8 * row : 8 * row + 7]]


@pytest.mark.parametrize("controller", ["ssd1306", "sh1106"])
@virtual
async def test_letters_are_shown_where_they_belong(controller: str) -> None:
    with on_chip(SSD1306, controller=controller) as (driver, part, board):
        await driver.setup()
        assert not any("#" in row for row in part.shown)

        await driver.set_line(2, "Hl")

        assert corner(board.shown("part"), row=1) == HELLO
        assert "#" not in "".join(part.shown[:8] + part.shown[16:])


@virtual
async def test_a_display_upside_down_shows_the_picture_turned() -> None:
    with on_chip(SSD1306, rotated=True) as (driver, part, _):
        await driver.setup()
        await driver.set_line(1, "Hl")

        turned = [row[::-1] for row in part.shown[::-1]]
        assert corner(turned) == HELLO


@virtual
async def test_a_small_display_has_four_lines() -> None:
    with on_chip(SSD1306, size="128x32") as (driver, part, _):
        await driver.setup()
        await driver.show("1\n2\n3\n4\n5")

        assert len(part.shown) == 32
        assert await driver.read() == {
            "line_1": "1", "line_2": "2", "line_3": "3", "line_4": "4", "brightness": 50.0,
        }  # fmt: skip
    names = SSD1306.channels_for({"size": "128x32"}, {})
    assert list(names) == ["line_1", "line_2", "line_3", "line_4", "brightness"]


@virtual
async def test_show_breaks_lines_between_words_and_clear_clears() -> None:
    context = RecordedContext()
    with on_chip(SSD1306, context=context) as (driver, part, _):
        await driver.setup()

        await driver.show("the quick brown fox jumps over\nthe dog")
        assert list((await driver.read()).values())[:4] == [
            "the quick brown fox", "jumps over", "the dog", "",
        ]  # fmt: skip
        assert context.published[-1]["line_2"] == "jumps over"
        await driver.clear()

        assert "#" not in "".join(part.shown)


@virtual
async def test_a_line_is_cut_to_the_width_of_the_display() -> None:
    with on_chip(SSD1306) as (driver, part, _):
        await driver.setup()

        assert await driver.set_line(1, "x" * 30) == "x" * 21
        assert all(row[126:] == ".." for row in part.shown)


@virtual
async def test_brightness_is_the_contrast_of_the_chip() -> None:
    with on_chip(SSD1306) as (driver, part, _):
        await driver.setup()
        assert await driver.set_brightness(40) == 40
        assert part.contrast == 102
        await driver.set_brightness(100)
        assert part.contrast == 255


@virtual
async def test_lost_power_is_noticed_and_the_picture_comes_back() -> None:
    with on_chip(SSD1306) as (driver, part, board):
        await driver.setup()
        await driver.set_line(1, "Hl")
        board.fault("part", "brown_out")
        assert "#" not in "".join(part.shown)

        with pytest.raises(BadReadingError, match="the display is off"):
            await driver.read()
        await driver.setup()

        assert corner(part.shown) == HELLO


@virtual
async def test_only_what_changes_is_sent() -> None:
    bus = RecordedBus([(b"\x00", b"\x03")])
    driver = driver_of(SSD1306, bus=bus)
    await driver.setup()
    await driver.set_line(1, "A")
    bus.writes.clear()

    await driver.set_line(1, "A")
    assert bus.writes == []
    await driver.set_line(3, "!")

    assert bus.writes[0] == bytes((0x00, 0xB2, 0x00, 0x10))
    assert bus.writes[1] == b"\x40\x00\x00\x5f" + bytes(125)


@virtual
async def test_a_clone_whose_status_means_nothing_is_not_taken_for_dead() -> None:
    driver = driver_of(SSD1306, bus=RecordedBus([(b"\x00", b"\x43")]))
    await driver.setup()

    assert (await driver.read())["line_1"] == ""


@virtual
async def test_a_missing_display_is_a_bus_error() -> None:
    with on_chip(SSD1306) as (driver, _, board):
        board.fault("part", "absent", None)

        with pytest.raises(BusError):
            await driver.setup()


@virtual
async def test_a_reload_keeps_what_is_shown() -> None:
    before, after = driver_of(SSD1306), driver_of(SSD1306)
    before._lines[0] = "kept"

    after.take_over(before)

    assert after._lines[0] == "kept"
