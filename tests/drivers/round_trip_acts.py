"""Round trips that are more than setting a quantity and reading it, or setting a channel."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from tests.site.rig import RunningSite

__all__ = ["ACTS"]


async def press_and_let_go(site: RunningSite) -> None:
    """A contact that is closed is told, and one that is open."""
    site.simulator.press("part")
    await asyncio.sleep(0.2)
    assert await site.call("part.pressed.get") is True
    site.simulator.let_go("part")
    await asyncio.sleep(0.2)
    assert await site.call("part.pressed.get") is False


async def let_it_count(site: RunningSite) -> None:
    """Each closing of the contact counts."""
    site.simulator.pulse("part", 7)
    await asyncio.sleep(3.0)
    assert await site.call("part.count.get") == 7


async def turn_the_shaft(site: RunningSite) -> None:
    """Ticks forward and back are counted."""
    for ticks in (12, -5):
        await asyncio.sleep(1.0)
        site.simulator.part("part").turn(ticks)
    await asyncio.sleep(31.0)
    assert await site.call("part.ticks.get") == 7


async def say_a_line(site: RunningSite) -> None:
    """What a line says is read from it."""
    site.simulator.set("part", "weight", 12.5)
    await asyncio.sleep(3.0)
    assert await site.call("part.weight.get") == 12.5


async def read_behind_it(site: RunningSite) -> None:
    """A chip behind the third branch of a multiplexer is read."""
    site.simulator.set("air", "temperature", 21.5)
    await asyncio.sleep(31.0)
    assert await site.call("air.temperature.get", fresh=True) == 21.5


async def switch_a_lamp(site: RunningSite) -> None:
    """A lamp on a pin of an expander follows."""
    for level in (True, False):
        await site.call("lamp.set", level)
        assert site.simulator.pin_level("part", 3) is level


async def read_a_register(site: RunningSite) -> None:
    """A register of a unit the device file describes is read."""
    site.simulator.set("part", "voltage", 229.5)
    await asyncio.sleep(1.0)
    assert await site.call("part.voltage.get", fresh=True) == 229.5


async def ask_for_a_line(site: RunningSite) -> None:
    """A line that is sent is answered, and the answer is the newest line."""
    assert await site.call("part.query", "*IDN?") == "OK *IDN?"
    assert await site.call("part.line.get") == "OK *IDN?"


async def move_it(site: RunningSite) -> None:
    """A cover is where its relays were on for long enough to bring it."""
    up, down = site.edges("gpio", 17), site.edges("gpio", 18)
    assert await site.call("part.close") == 0
    assert abs(await site.call("part.goto", 40) - 40) < 1
    assert (up, down) == ([True, False], [True, False])


async def count_its_steps(site: RunningSite) -> None:
    """Each step is one edge, one way or the other."""
    for place in (25, -10):
        assert await site.call("part.goto", place) == place
        assert site.simulator.part("part").steps == place


async def put_tags_there(site: RunningSite) -> None:
    """UIDs of 4, 7 and 10 bytes are read, and that there is none."""
    for tag in ("DEADBEEF", "04A224B2C15780", "0102030405060708090A", None):
        site.simulator.set("part", "tag", tag)
        await asyncio.sleep(2.0)
        assert await site.call("part.tag.get") == tag


ACTS: Mapping[str, Callable[[RunningSite], Awaitable[None]]] = {
    "button": press_and_let_go,
    "cover": move_it,
    "stepper": count_its_steps,
    "uln2003": count_its_steps,
    "pulse": let_it_count,
    "quadrature": turn_the_shaft,
    "line": say_a_line,
    "modbus": read_a_register,
    "serial": ask_for_a_line,
    "tca9548a": read_behind_it,
    "mfrc522": put_tags_there,
    "pn532": put_tags_there,
    "pn532_uart": put_tags_there,
    **dict.fromkeys(
        ("mcp23008", "mcp23017", "mcp23s17", "pca9555", "pcf8574", "pcf8575"), switch_a_lamp
    ),
}
