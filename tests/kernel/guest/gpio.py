"""Uses a header of the kernel through the device layer, gpiozero and lgpio's C library."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from tests.kernel.guest.header import Header
from tests.kernel.guest.report import hand_over
from wampedge.errors import HardwareError
from wampedge.hardware.board import Linux
from wampedge.hardware.gpio import GpioBank

__all__: list[str] = []

RELAY, BUTTON, LAMP = 17, 27, 12
EDGES = 6


async def main() -> None:
    """Hand over what the lines did."""
    header = Header((RELAY, BUTTON, LAMP))
    header.pull(BUTTON, True)
    bank = GpioBank(Linux().pin_factory())
    found = {
        "relay": await _switch(bank, header),
        "button": await _press(bank, header),
        "lamp": await _dim(bank, header),
        "busy": await _open_twice(bank),
    }
    await bank.close()
    found["relay after"] = header.level(RELAY)
    hand_over(found)


async def _switch(bank: GpioBank, header: Header) -> list[bool]:
    """Switch an output that starts high; returns its level as the kernel sees it."""
    pin = await bank.open_output(RELAY, level=True)
    levels = [header.level(RELAY), await pin.read()]
    for level in (False, True):
        await pin.write(level)
        levels += [header.level(RELAY), await pin.read()]
    await pin.close()
    return levels


async def _press(bank: GpioBank, header: Header) -> dict[str, Any]:
    """Make edges on an input; returns what was told of each, and how late."""
    pin = await bank.open_input(BUTTON, pull="up")
    edges: asyncio.Queue[tuple[bool, int]] = asyncio.Queue()
    pin.watch(lambda level, at_ns: edges.put_nowait((level, at_ns)))
    told = []
    for number in range(EDGES):
        level = number % 2 == 1
        made_ns = time.monotonic_ns()
        header.pull(BUTTON, level)
        got, at_ns = await asyncio.wait_for(edges.get(), 5)
        told.append([level, got, await pin.read(), (at_ns - made_ns) / 1e6])
    pin.watch(None)
    await pin.close()
    return {"edges": told, "lost": pin.lost_edges, "more": edges.qsize()}


async def _dim(bank: GpioBank, header: Header) -> float:
    """Modulate a lamp at a quarter; returns the share of looks at it that saw it on."""
    pin = await bank.open_pwm(LAMP, frequency_hz=50.0, duty=0.25)
    looks = []
    end = time.monotonic() + 0.5
    while time.monotonic() < end:
        looks.append(header.level(LAMP))
        await asyncio.sleep(0.001)
    await pin.close()
    return sum(looks) / len(looks)


async def _open_twice(bank: GpioBank) -> str:
    """Open a line that is open; returns what is said."""
    pin = await bank.open_output(RELAY, level=True)
    try:
        await bank.open_input(RELAY, pull="none")
    except HardwareError as error:
        return str(error)
    finally:
        await pin.close()
    return ""


if __name__ == "__main__":
    asyncio.run(main())
