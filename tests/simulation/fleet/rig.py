"""A small site for fleets, and fleets that run in virtual time."""

from __future__ import annotations

from pathlib import Path

from wampedge.config.checking import check_all
from wampedge.config.model import SiteConfig
from wampedge.simulation.fleet.fleet import Fleet, FleetPlan
from wampedge.simulation.fleet.report import FleetReport
from wampedge.simulation.fleet.upstream import FleetRouter
from wampedge.simulation.fleet.variation import joining

__all__ = ["SITE", "plan", "run", "site"]

SITE = """\
wampedge = 1
[node]
name = "n"
[router]
listen = ["unix:"]
[buses.i2c1]
type = "i2c"
bus = 1
[devices.air]
driver = "lm75"
bus = "i2c1"
every = "10s"
[devices.pump]
driver = "relay"
pin = 17
active = "low"
min_on = "5s"
min_off = "10s"
max_on = "40s"
[devices.fan]
driver = "relay"
pin = 27
[devices.heater]
driver = "relay"
pin = 22
on_start = "restore"
[interlocks.hot]
members = ["fan", "heater"]
dead_time = "5s"
"""
"""A sensor, a pump that is on at a low level, and two loads of which one may be on."""


def site(text: str = SITE) -> SiteConfig:
    """Return the model of a device file that has no mistakes."""
    config = check_all(text, "devices.toml").config
    assert config is not None, "the file of the test is good"
    return config


def plan(text: str = SITE, **facts: object) -> FleetPlan:
    """Return a plan for three nodes that run for five minutes, unless *facts* say otherwise."""
    wanted = {"config": joining(site(text), "unix:x"), "nodes": 3, "span_s": 300.0, **facts}
    return FleetPlan(**wanted)  # type: ignore[arg-type] # as the test says


async def run(wanted: FleetPlan, folder: Path, router: FleetRouter | None = None) -> FleetReport:
    """Run a fleet on the running loop, with the router of the test or one that works."""
    return await Fleet(wanted, router or FleetRouter("edge"), folder=folder).run()
