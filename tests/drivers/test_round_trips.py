"""Every driver that ships, in a node on the simulator: what the part senses is what is read.

And what is set is what the part does. Each within one step of the resolution of the part. A driver
whose part is missing fails, and so does one of which nothing can be tried.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.drivers.round_trip_acts import ACTS
from tests.drivers.round_trip_cases import BUSES, FILES, SEEN, STEPS, VALUES
from tests.site.rig import RunningSite, config_of, on_site
from wampedge.devices.catalog import driver_names, find_driver
from wampedge.simulation.round_trip import resolution_of, round_trip
from wampedge_simulator.part import Part


@pytest.mark.parametrize("driver", driver_names())
def test_a_driver_and_its_part_agree(driver: str, tmp_path: Path) -> None:
    config = config_of(tmp_path, file_of(driver))

    async def act(site: RunningSite) -> int:
        tried = await read_what_it_senses(site, driver)
        tried += await see_what_is_set(site, driver)
        if driver in ACTS:
            await ACTS[driver](site)
            tried += 1
        return tried

    assert on_site(config, act) > 0, "nothing of this driver was tried"


def file_of(driver: str) -> str:
    """Return a device file with one device called ``part``."""
    spec = find_driver(driver)
    table = FILES.get(driver, 'driver = "{driver}"\nbus = "bus"\n').replace("{driver}", driver)
    bus = BUSES.get(str(spec.bus), "")
    return f'wampedge = 1\nnode.name = "n"\n{bus}[devices.part]\n{table}'


async def read_what_it_senses(site: RunningSite, driver: str) -> int:
    """Set each quantity of the part and read it; return how many values were tried."""
    done = await round_trip(
        site,
        "part",
        resolution=lambda part, channel: step_of(part, driver, channel),
        values=lambda channel: VALUES.get((driver, channel)),
    )
    assert done.failures == ()
    return done.tried


def step_of(part: Part, driver: str, channel: str) -> tuple[float, float]:
    """Return one step of the resolution: from the map, or from the table."""
    if hasattr(part, "step"):
        return resolution_of(part, channel)
    if find_driver(driver).bus == "modbus":
        register: Any = getattr(part, "_registers")[channel]  # noqa: B009 # of Modbus units only
        return (0.0, 2e-7) if register.type in {"f32", "f64"} else (register.scale, 1e-9)
    assert (driver, channel) in STEPS, f"tests/drivers/round_trip_cases.py: no step of {channel}"
    return STEPS[driver, channel]


async def see_what_is_set(site: RunningSite, driver: str) -> int:
    """Set each channel that can be set and look at the part; return how many were tried."""
    part, tried = site.simulator.part("part"), 0
    for channel, spec in find_driver(driver).channels.items():
        if not spec.is_settable:
            continue
        for wanted in VALUES.get((driver, channel), (None,)):
            value = middle_of(spec.field.schema()) if wanted is None else wanted
            accepted = await site.call(f"part.{channel}.set", value)
            await asyncio.sleep(1.0)
            if find_driver(driver).bus == "modbus":  # a register shows what was written to it
                seen = await site.call(f"part.{channel}.get", fresh=True)
            else:
                seen = shown(part, driver, channel)
            assert seen == about(accepted, abs=1e-3), channel
            assert accepted == about(value, rel=0.01), channel
            tried += 1
    return tried


def about(value: Any, **tolerance: Any) -> Any:
    """Return what a number near *value* equals; a text or flag only equals itself."""
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return pytest.approx(value, **tolerance) if is_number else value


def middle_of(schema: dict[str, Any]) -> Any:
    """Return a value for a channel that the table has none for."""
    if schema["type"] == "string":
        return "Hello"
    if schema["type"] == "boolean":
        return True
    low, high = schema.get("minimum", 0), schema.get("maximum", 1)
    middle = (low + high) / 2
    return round(middle) if schema["type"] == "integer" else middle


def shown(part: Any, driver: str, channel: str) -> Any:
    """Return what the part shows that *channel* was set to."""
    if driver in SEEN:
        return SEEN[driver](part, channel)
    if channel.startswith("line_"):
        return part.shown[int(channel.removeprefix("line_")) - 1].rstrip()
    if hasattr(part, "written"):
        return part.written.value(channel)
    return getattr(part, f"shown_{channel}", None) or getattr(part, channel)
