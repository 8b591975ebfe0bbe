"""MAX7219: the registers of the datasheet, chains, matrices, and settings that were lost."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.site.rig import RunningSite, config_of, on_site
from tests.support.driving import RecordedContext, params_of
from tests.support.virtual import virtual
from wampedge.devices.contracts import SpiSettings
from wampedge.devices.spi import SpiDevice
from wampedge.errors import ApplicationError, InvalidValueError
from wampedge_drivers.spi.max7219 import MAX7219

HEAD = 'wampedge = 1\nnode.name = "n"\n[buses.spi]\ntype = "spi"\n'
PANEL = HEAD + '[devices.panel]\ndriver = "max7219"\nbus = "spi"\n'
MATRIX = PANEL + 'kind = "matrix"\nchips = 2\n'
ARROW = [
    "...#....",
    "..###...",
    ".#.#.#..",
    "...#....",
    "...#....",
    "...#....",
    "...#....",
    "#.......",
]


class Wire:
    """Keeps what was sent."""

    name = "/dev/spidev0"

    def __init__(self) -> None:
        self.sent: list[str] = []

    def transfer(self, settings: SpiSettings, data: bytes) -> bytes:
        self.sent.append(data.hex())
        return bytes(len(data))

    def close(self) -> None:
        pass


def driver_on(wire: Wire, **given: Any) -> MAX7219:
    return MAX7219(RecordedContext(), params_of(MAX7219, given), SpiDevice(wire, SpiSettings()))


@virtual
async def test_letters_have_the_segments_of_the_font_of_the_datasheet() -> None:
    wire = Wire()

    await driver_on(wire, digits=4).set_text("HELP")

    # Table 5: H 37, E 4f, L 0e, P 67; digit 3 is the leftmost, and its register 4.
    assert wire.sent == ["0167", "020e", "034f", "0437", "0500", "0600", "0700", "0800"]


@virtual
async def test_it_is_set_up_before_it_is_switched_on() -> None:
    wire = Wire()

    await driver_on(wire, digits=4).setup()

    assert wire.sent[:4] == ["0f00", "0900", "0b03", "0a07"]
    assert wire.sent[-1] == "0c01"


@virtual
async def test_what_is_for_the_last_chip_of_a_chain_is_sent_first() -> None:
    wire = Wire()

    await driver_on(wire, digits=1, chips=3).set_text("HEL")

    assert wire.sent[0] == "0137" + "014f" + "010e"  # the first chip is the rightmost
    wire.sent.clear()
    await driver_on(wire, digits=1, chips=3, first="left").set_text("HEL")
    assert wire.sent[0] == "010e" + "014f" + "0137"


@virtual
async def test_brightness_has_16_steps_and_0_is_dark() -> None:
    wire = Wire()
    driver = driver_on(wire)

    assert await driver.set_brightness(100) == 100
    assert await driver.set_brightness(1) == 6.25
    assert await driver.set_brightness(0) == 0

    assert wire.sent == ["0a0f", "0c01", "0a00", "0c01", "0a00", "0c00"]


@virtual
async def test_what_does_not_fit_is_refused_before_anything_is_sent() -> None:
    wire = Wire()
    driver = driver_on(wire, digits=4)
    with pytest.raises(InvalidValueError, match="does not fit") as caught:
        await driver.number(12345, 0)
    assert caught.value.field == "value"
    matrix = driver_on(wire, kind="matrix")
    for wrong in ("", "#", "\n".join(["........"] * 7), "\n".join(["...o...."] * 8)):
        with pytest.raises(InvalidValueError, match="8 rows of 8") as caught:
            await matrix.draw(wrong)
        assert caught.value.field == "picture"

    assert wire.sent == []


@pytest.mark.parametrize("first", ["left", "right"])
@pytest.mark.parametrize("turned", [0, 90, 180, 270])
def test_a_picture_is_seen_as_it_was_drawn(tmp_path: Path, first: str, turned: int) -> None:
    wide = [row + row[::-1] for row in ARROW]

    async def act(site: RunningSite) -> None:
        await site.call("panel.draw", "\n".join(wide))
        assert await site.call("sim.shown", "panel") == wide
        assert await site.call("panel.text.get") == ""

    on_site(config_of(tmp_path, f'{MATRIX}first = "{first}"\nturned = {turned}\n'), act)


def test_a_text_is_drawn_on_matrices(tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        assert await site.call("panel.text.set", "Hi there") == "Hi"
        picture = await site.call("sim.shown", "panel")
        assert picture[0].startswith("#...#")  # the top of the H
        assert all(row[5] == "." for row in picture)
        await site.call("panel.clear")
        assert await site.call("sim.shown", "panel") == ["." * 16] * 8

    on_site(config_of(tmp_path, MATRIX), act)


def test_what_lost_its_settings_shows_them_again(tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        assert await site.call("panel.number", -12.5, 2) == "-12.50"
        assert await site.call("sim.shown", "panel") == ["   -12.50"]
        site.simulator.fault("panel", "brown_out", 1)
        assert await site.call("sim.shown", "panel") == [" " * 8]
        await asyncio.sleep(6.0)
        assert await site.call("sim.shown", "panel") == ["   -12.50"]
        assert await site.call("panel.text.get") == "   -12.50"

    on_site(config_of(tmp_path, PANEL), act)


def test_digits_do_not_draw_and_matrices_do_not_count(tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        with pytest.raises(ApplicationError) as caught:
            await site.call("panel.draw", "x")
        assert caught.value.uri == "wamp.error.no_such_procedure"

    on_site(config_of(tmp_path, PANEL), act)
    assert "number" not in MAX7219.commands_for({"kind": "matrix"}, {})
