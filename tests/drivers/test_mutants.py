"""Drivers with a deliberate bug, each caught by its simulated part.

What examines a driver here is what any test on simulated parts can do: set what is sensed, read
it, disturb the chip. The drivers as they ship pass; each mutant fails, as its bug must show.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.drivers.mutants import MUTANTS, Mutant
from tests.support.virtual import virtual
from wampedge.config import load
from wampedge.devices.catalog import driver_file
from wampedge.errors import ApplicationError
from wampedge.simulation.site import SimulatedSite
from wampedge_simulator.catalog import find_part
from wampedge_simulator.i2c.scripted import ScriptedChip
from wampedge_simulator.part import Part
from wampedge_simulator.substrate import PartMaker

SETTLED_S = 1.0
"""How long a part that measures without end may show what was before."""
PATIENCE_S = 90.0
"""How long a device may take to come back."""
SHARES = (0.12, 0.55, 0.88)
"""Where in the range of a quantity it is tried; different for each of several channels."""
TOLERANCE = 0.004
"""How far a reading may be from what is sensed, as a share of the range."""


MEASURED: Mapping[str, Mapping[str, tuple[float, float]]] = {
    "ads1115": dict.fromkeys(("a0", "a1", "a2", "a3"), (0.0, 4.0)),
    "ina219": {"voltage": (1.0, 26.0), "current": (-3.0, 3.0)},
}
"""What can be measured with the parameters a device has without any, where parts can have more."""
SINGLE_SHOT = {"ads1115", "bh1750", "bme280", "sht4x"}
"""Who measures when it is read; the others measure without end."""
WITH_IDENTITY = {"tmp117"}
"""Who can be told from another chip that answers as well."""
NEVER_ASLEEP = {"bh1750"}
"""A real one wakes up to measure, whatever it was told; the part made from its map does not."""

DRIVERS = sorted({mutant.driver for mutant in MUTANTS})


@pytest.mark.parametrize("driver", DRIVERS)
@virtual
async def test_a_driver_as_it_ships_passes(driver: str, tmp_path: Path) -> None:
    assert await failed_claims(tmp_path, driver, driver_file(driver).read_text("utf-8")) == []


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: f"{mutant.driver}-{mutant.bug}")
@virtual
async def test_a_bug_is_caught(mutant: Mutant, tmp_path: Path) -> None:
    text = driver_file(mutant.driver).read_text("utf-8")
    for old, new in mutant.edits.items():
        assert old in text, "the driver was changed: change its mutant, too"
        text = text.replace(old, new)

    assert mutant.claim in await failed_claims(tmp_path, mutant.driver, text)


async def failed_claims(folder: Path, driver: str, text: str) -> list[str]:
    """Examine the driver *text* on the part of *driver*; return what does not hold."""
    suffix = driver_file(driver).suffix
    (folder / f"mutant{suffix}").write_text(
        text.replace(f'name = "{driver}"', 'name = "mutant"', 1), encoding="utf-8"
    )
    (folder / "devices.toml").write_text(
        'wampedge = 1\nnode.name = "n"\n'
        f'[drivers.mutant]\nmodule = "mutant{suffix}"\n'
        '[buses.i2c1]\ntype = "i2c"\nbus = 1\n'
        '[devices.part]\ndriver = "mutant"\nbus = "i2c1"\nevery = "1s"\n',
        encoding="utf-8",
    )
    maker = find_part(driver)
    assert maker is not None
    failed = []
    for claim, check in CLAIMS.items():
        if not await check(folder, maker, driver):
            failed.append(claim)
    return failed


class Nobody(ScriptedChip):
    """Acknowledges, and holds nothing: every bit is read as 1."""

    def store(self, register: int, content: bytes) -> None:
        """Forget it."""


def site_with(folder: Path, maker: PartMaker) -> SimulatedSite:
    return SimulatedSite(load(folder / "devices.toml"), parts={"part": maker})


async def readings(site: SimulatedSite, *, fresh: bool = True) -> dict[str, Any]:
    """Return the good values of the device; none where it cannot be read."""
    try:
        found = await site.call("part.get", fresh=fresh)
    except ApplicationError:
        return {}
    return {name: each["value"] for name, each in found.items() if each["quality"] == "good"}


def aims(part: Part, turn: int) -> Mapping[str, float]:
    """Return a value for each quantity, unlike for each."""
    values = {}
    for index, (channel, (low, high)) in enumerate(spans(part).items()):
        share = SHARES[(turn + index) % len(SHARES)] + 0.01 * index
        values[channel] = low + share * (high - low)
    return values


def spans(part: Part) -> dict[str, tuple[float, float]]:
    """Return from where to where each quantity can be measured."""
    limits = {name: part.quantity_of(name) for name in part.sensed}
    whole = {name: (each.low, each.high) for name, each in limits.items()}
    return {**whole, **MEASURED.get(type(part).__module__.rpartition(".")[2], {})}


def is_near(part: Part, wanted: Mapping[str, float], found: Mapping[str, Any]) -> bool:
    """Return whether what was *found* is what was *wanted*; what is not found does not count."""
    return all(
        abs(found[channel] - value)
        <= TOLERANCE * (spans(part)[channel][1] - spans(part)[channel][0])
        for channel, value in wanted.items()
        if channel in found
    )


async def agrees(site: SimulatedSite, turn: int, *, settled_s: float = SETTLED_S) -> bool:
    """Set every quantity, and return whether the device reads them."""
    part = site.part("part")
    wanted = aims(part, turn)
    for channel, value in wanted.items():
        site.board.set("part", channel, value)
    await asyncio.sleep(settled_s)
    found = await readings(site)
    return wanted.keys() <= found.keys() and is_near(part, wanted, found)


async def reads(folder: Path, maker: PartMaker, driver: str) -> bool:
    async with site_with(folder, maker) as site:
        return all([await agrees(site, turn) for turn in range(len(SHARES))])


async def tells_bad_checksums(folder: Path, maker: PartMaker, driver: str) -> bool:
    async with site_with(folder, maker) as site:
        part = site.part("part")
        if "bad_crc" not in part.fault_kinds:
            return True
        site.board.fault("part", "bad_crc", None)
        return await readings(site) == {}


async def tells_that_it_is_gone(folder: Path, maker: PartMaker, driver: str) -> bool:
    async with site_with(folder, maker) as site:
        site.board.fault("part", "absent", None)
        if await readings(site):
            return False
        await asyncio.sleep(10)
        is_down = site.runner("part").health.state == "down"
        site.board.clear("part")
        await asyncio.sleep(PATIENCE_S)
        return is_down and await agrees(site, 0)


async def measures_when_it_is_read(folder: Path, maker: PartMaker, driver: str) -> bool:
    if driver not in SINGLE_SHOT:
        return True
    async with site_with(folder, maker) as site:
        return all([await agrees(site, turn, settled_s=0.0) for turn in range(len(SHARES))])


async def survives_a_brown_out(folder: Path, maker: PartMaker, driver: str) -> bool:
    if driver in NEVER_ASLEEP:
        return True
    async with site_with(folder, maker) as site:
        await agrees(site, 0)
        site.board.fault("part", "brown_out")
        part = site.part("part")
        if not is_near(part, aims(part, 0), await readings(site)):
            return False
        await asyncio.sleep(PATIENCE_S)
        return await agrees(site, 1)


async def refuses_another_chip(folder: Path, maker: PartMaker, driver: str) -> bool:
    if driver not in WITH_IDENTITY:
        return True
    chip = ScriptedChip({0x00: b"\x0c\x80", 0x0F: b"\x75\x00"})
    async with site_with(folder, chip.part) as site:
        return await readings(site) == {}


async def tells_a_floating_bus(folder: Path, maker: PartMaker, driver: str) -> bool:
    async with site_with(folder, Nobody().part) as site:
        return await readings(site) == {}


CLAIMS = {
    "reads": reads,
    "fresh": measures_when_it_is_read,
    "checksum": tells_bad_checksums,
    "absent": tells_that_it_is_gone,
    "brown-out": survives_a_brown_out,
    "identity": refuses_another_chip,
    "floating": tells_a_floating_bus,
}
