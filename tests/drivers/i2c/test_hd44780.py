"""HD44780: halves of bytes on the port, lines, the ROM's letters, backlight, a reset backpack."""

from __future__ import annotations

import pytest

from tests.support.driving import RecordedContext, driver_of
from tests.support.on_chip import on_chip
from tests.support.virtual import virtual
from wampedge.devices.registermap.vectors import RecordedBus
from wampedge.errors import BadReadingError, BusError
from wampedge_drivers.i2c.hd44780 import HD44780, code_of


@pytest.mark.parametrize(
    ("letter", "code"),
    [("A", 0x41), (" ", 0x20), ("}", 0x7D), ("°", 0xDF), ("µ", 0xE4), ("Ω", 0xF4), ("ü", 0xF5),
     ("~", 0x3F), ("\\", 0x3F), ("\N{SNOWMAN}", 0x3F), ("\x01", 0x3F)],
)  # fmt: skip
def test_letters_have_the_codes_of_rom_a00(letter: str, code: int) -> None:
    assert code_of(letter) == code


@virtual
async def test_a_line_is_shown() -> None:
    with on_chip(HD44780) as (driver, part, board):
        await driver.setup()
        assert (part.shown, part.is_lit) == ([" " * 16] * 2, True)

        assert await driver.set_line(2, "21.5 °C, 3 mΩ") == "21.5 °C, 3 mΩ"

        assert board.shown("part") == [" " * 16, "21.5 °C, 3 mΩ   "]


@virtual
async def test_four_lines_are_where_they_belong() -> None:
    with on_chip(HD44780, size="20x4") as (driver, part, _):
        await driver.setup()
        await driver.show("one\ntwo\nthree\nfour")

        assert [line.rstrip() for line in part.shown] == ["one", "two", "three", "four"]
    assert "line_4" in HD44780.channels_for({"size": "20x4"}, {})
    assert "line_3" not in HD44780.channels_for({"size": "16x2"}, {})


@virtual
async def test_a_shorter_text_leaves_nothing_of_the_longer_one() -> None:
    context = RecordedContext()
    with on_chip(HD44780, context=context) as (driver, part, _):
        await driver.setup()
        await driver.set_line(1, "x" * 20)
        assert part.shown[0] == "x" * 16

        await driver.show("y")
        assert [line.rstrip() for line in part.shown] == ["y", ""]
        await driver.clear()

        assert part.shown == [" " * 16] * 2
        assert context.published[-1] == {"line_1": "", "line_2": ""}


@virtual
async def test_the_backlight_is_switched() -> None:
    with on_chip(HD44780) as (driver, part, _):
        await driver.setup()

        assert await driver.set_backlight(False) is False
        assert not part.is_lit
        await driver.set_line(1, "dark")
        assert not part.is_lit
        assert (await driver.read())["backlight"] is False


@virtual
async def test_a_display_that_was_left_in_the_middle_of_a_byte_is_found_again() -> None:
    with on_chip(HD44780) as (driver, part, _):
        await driver.setup()
        await driver.bus.send(bytes((0x4C, 0x48)))

        await driver.setup()
        await driver.set_line(1, "whole")

        assert part.shown[0].rstrip() == "whole"


@virtual
async def test_a_backpack_that_was_reset_is_noticed_and_set_up_again() -> None:
    with on_chip(HD44780) as (driver, part, board):
        await driver.setup()
        await driver.set_line(1, "kept")
        assert (await driver.read())["line_1"] == "kept"

        board.fault("part", "brown_out")
        with pytest.raises(BadReadingError, match="reads 0xf7"):
            await driver.read()
        await driver.setup()

        assert part.shown[0].rstrip() == "kept"


@virtual
async def test_bytes_go_in_halves_with_the_falling_edge_of_e() -> None:
    bus = RecordedBus([(b"", b"\x00")])
    driver = driver_of(HD44780, bus=bus)
    await driver.setup()
    bus.writes.clear()

    await driver.set_line(1, "A")

    # 0x80: address 0; then 0x41 with RS, and blanks; 0x08 is the backlight, 0x04 is E.
    assert bus.writes[0] == bytes((0x8C, 0x88, 0x0C, 0x08))
    assert bus.writes[1][:8] == bytes((0x4D, 0x49, 0x1D, 0x19, 0x2D, 0x29, 0x0D, 0x09))
    assert len(bus.writes[1]) == 16 * 4


@virtual
async def test_a_floating_bus_and_a_missing_backpack_are_errors() -> None:
    with pytest.raises(BadReadingError, match="reads 0xff"):
        await driver_of(HD44780, bus=RecordedBus([(b"", b"\xff")])).read()
    with on_chip(HD44780) as (driver, _, board):
        board.fault("part", "absent", None)
        with pytest.raises(BusError):
            await driver.setup()


@virtual
async def test_a_reload_keeps_what_is_shown() -> None:
    before, after = driver_of(HD44780), driver_of(HD44780)
    before._lines[1], before._is_lit = "kept", False

    after.take_over(before)

    assert (after._lines, after._is_lit) == (["", "kept"], False)
