"""What goes wrong with the computer of a node, and what the node does then (L3 and L5)."""

from __future__ import annotations

import asyncio
import errno
import os
import time
from collections.abc import Callable, Coroutine
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from smbus2 import SMBus

from tests.simulator.board import fails
from tests.support.virtual import virtual
from wampedge.config.checking import load
from wampedge.errors import InvalidValueError
from wampedge.simulation.computer import COMPUTER_FAULTS, SimulatedComputer
from wampedge.simulation.site import SimulatedSite
from wampedge_simulator.clock import EPOCH_S, run_virtual

SITE = """
wampedge = 1
[node]
name = "n"
[buses.i2c1]
type = "i2c"
bus = 1
[devices.air]
driver = "bme280"
bus = "i2c1"
address = 0x76
every = "10s"
[devices.meter]
driver = "pulse"
pin = 17
per_pulse = { value = 10, unit = "L" }
persist = "1s"
[devices.lamp]
driver = "led"
pin = 27
"""

Act = Callable[[SimulatedSite], Coroutine[Any, Any, None]]


def on_site(folder: Path, act: Act) -> None:
    """Run *act* on a node that keeps its state in *folder*."""
    file = folder / "devices.toml"
    file.write_text(SITE, encoding="utf-8")

    async def main() -> None:
        async with SimulatedSite(load(file), state=folder / "state.sqlite") as site:
            await act(site)

    run_virtual(main())


async def counted(site: SimulatedSite, pulses: int) -> float:
    """Let pulses come, and a while pass; return the total."""
    site.board.pulse("meter", pulses, width_s=0.01, gap_s=0.01)
    await asyncio.sleep(5.0)
    total: float = await site.call("meter.total.get")
    return total


def descriptors() -> int:
    """Return how many descriptors this process has open."""
    return len(list(Path("/proc/self/fd").iterdir()))


def total_after_restart(folder: Path) -> float:
    found: list[float] = []

    async def act(site: SimulatedSite) -> None:
        found.append(await site.call("meter.total.get"))

    on_site(folder, act)
    return found[0]


@pytest.mark.parametrize("kind", ["card_full", "card_read_only"])
def test_a_card_without_writes_loses_nothing_once_it_takes_them_again(
    tmp_path: Path, kind: str
) -> None:
    """The store tries again at least each minute, on a file opened anew."""

    async def act(site: SimulatedSite) -> None:
        assert await counted(site, 20) == 200
        site.computer.begin(kind)
        assert await counted(site, 5) == 250
        assert site.runner("meter").health.state == "ok"
        site.computer.end(kind)
        await asyncio.sleep(61.0)
        site.computer.begin(kind)  # at the end nothing must be left to write

    on_site(tmp_path, act)

    assert total_after_restart(tmp_path) == 250


def test_a_node_that_ends_on_a_full_card_has_what_was_safe(tmp_path: Path) -> None:
    async def act(site: SimulatedSite) -> None:
        await counted(site, 20)
        site.computer.begin("card_full")
        await counted(site, 5)

    on_site(tmp_path, act)

    assert total_after_restart(tmp_path) == 200
    assert not list(tmp_path.glob("*.damaged"))


def test_the_wall_clock_jumps_and_nothing_that_waits_does(tmp_path: Path) -> None:
    """L5: 56 years back, as on a board without a clock of its own, and then right again."""
    back_s = -20_000 * 86_400.0

    async def act(site: SimulatedSite) -> None:
        heard = await site.hear("air.temperature")
        await asyncio.sleep(25.0)
        site.computer.begin("clock_step", by_s=back_s)
        await asyncio.sleep(30.0)
        site.computer.end("clock_step", by_s=back_s)
        await asyncio.sleep(30.0)

        steps = [late.at_s - early.at_s for early, late in pairwise(heard.events)]
        assert len(heard.events) >= 8
        assert steps == pytest.approx([10.0] * len(steps), abs=0.1)
        wrong = [event.details["time"] < EPOCH_S - 1e9 for event in heard.events]
        assert wrong == [25 < event.at_s < 55 for event in heard.events]
        assert await site.call("lamp.on") is True

    on_site(tmp_path, act)


def test_after_a_stall_the_node_goes_on_without_making_up_for_it(tmp_path: Path) -> None:
    async def act(site: SimulatedSite) -> None:
        await asyncio.sleep(15.0)
        heard = await site.hear("air.temperature")
        begun_s = asyncio.get_running_loop().time()
        site.computer.begin("cpu_stall", for_s=60.0)
        assert asyncio.get_running_loop().time() == begun_s + 60.0

        await asyncio.sleep(5.0)
        assert len(heard.events) <= 1
        await asyncio.sleep(30.0)
        assert 3 <= len(heard.events) <= 4
        assert site.runner("air").health.state == "ok"
        assert await site.call("lamp.on") is True

    on_site(tmp_path, act)


def test_a_node_without_descriptors_serves_what_it_has_open(tmp_path: Path) -> None:
    async def act(site: SimulatedSite) -> None:
        await asyncio.sleep(15.0)
        heard = await site.hear("air.temperature")
        site.computer.begin("no_descriptors")
        with fails(errno.EMFILE):
            os.open("/dev/null", os.O_RDONLY)
        with fails(errno.EMFILE):
            SMBus(1)
        await asyncio.sleep(60.0)
        assert 5 <= len(heard.events) <= 7
        assert await counted(site, 5) == 50
        assert await site.call("lamp.on") is True

        site.computer.end("no_descriptors")
        SMBus(1).close()

    on_site(tmp_path, act)

    assert total_after_restart(tmp_path) == 50


def test_closing_ends_every_fault_and_gives_descriptors_back() -> None:
    async def main() -> None:
        computer = SimulatedComputer()
        before = descriptors()
        for kind in COMPUTER_FAULTS:
            computer.begin(kind, by_s=5.0)
            computer.begin(kind, by_s=5.0)
        assert computer.pending == set(COMPUTER_FAULTS) - {"cpu_stall"}
        assert computer.clock().time() == 10.0  # two steps from the beginning of 1970

        computer.close()
        computer.close()

        assert (computer.pending, computer.clock_offset_s) == (frozenset(), 0.0)
        assert descriptors() == before

    run_virtual(main())


def test_a_full_card_cannot_take_a_new_file(tmp_path: Path) -> None:
    async def main() -> None:
        computer = SimulatedComputer()
        computer.begin("card_full")
        store = computer.store(tmp_path / "new.sqlite")
        store.open()
        store.kept.of("rain").put("total", 1)
        assert not await store.flush()
        assert store.trouble == f"{tmp_path}/new.sqlite: database or disk is full"
        assert not (tmp_path / "new.sqlite").exists()
        await store.close()

    run_virtual(main())


@virtual
async def test_the_clock_cannot_go_back_beyond_its_beginning() -> None:
    with pytest.raises(InvalidValueError, match="1970"):
        SimulatedComputer().begin("clock_step", by_s=-2e9)


@virtual
async def test_a_fault_that_is_none_is_refused() -> None:
    with pytest.raises(InvalidValueError, match="card_full, card_read_only, clock_step"):
        SimulatedComputer().begin("card_fulll")


def test_a_stall_takes_real_time_where_the_clock_is_real() -> None:
    async def main() -> float:
        begun_s = time.monotonic()
        SimulatedComputer().begin("cpu_stall", for_s=0.01)
        return time.monotonic() - begun_s

    assert asyncio.run(main()) >= 0.01
