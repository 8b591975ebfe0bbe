"""Small sites and scenarios for tests: written to a folder, checked and run."""

from __future__ import annotations

from pathlib import Path

from wampedge.simulation.runner import Settings, run_scenario
from wampedge.simulation.scenario.outcome import Outcome
from wampedge.simulation.scenario_file import CheckedScenario, check_scenario, load_scenario

__all__ = ["ENVIRON", "SITE", "check", "play", "written"]

SITE = """\
wampedge = 1
[node]
name = "n"
[router]
listen = ["unix:"]
  [router.users.guest]
  auth = { method = "ticket", secret = "${env:SECRET}" }
  role = "guest"
  [router.roles.guest.allow]
  call = ["edge.n.lamp."]
[buses.i2c1]
type = "i2c"
bus = 1
[devices.air]
driver = "bme280"
bus = "i2c1"
address = 0x76
every = "10s"
[devices.pump]
driver = "relay"
pin = 17
active = "low"
[devices.lamp]
driver = "led"
pin = 27
[devices.fan]
driver = "pwm"
pin = 18
[devices.bell]
driver = "button"
pin = 22
pull = "up"
debounce = "20ms"
[derived.excess]
value = "air.temperature - 30"
unit = "°C"
[rules.hot]
when = "air.temperature > 30"
do = ["pump.on"]
otherwise = ["pump.off"]
"""
"""A sensor, a relay that is on at a low level, a lamp, a fan, a button; hot air starts the pump."""


ENVIRON = {"SECRET": "x"}


def written(folder: Path, scenario: str, *, site: str = SITE) -> Path:
    """Write a scenario and its device file; return the path of the scenario."""
    (folder / "site.toml").write_text(site, encoding="utf-8")
    path = folder / "play.toml"
    path.write_text(f'name = "play"\ndevices = "site.toml"\n{scenario}', encoding="utf-8")
    return path


def check(folder: Path, scenario: str, *, site: str = SITE) -> CheckedScenario:
    """Check a scenario whose first two lines are name and device file."""
    return check_scenario(written(folder, scenario, site=site), ENVIRON)


def play(folder: Path, scenario: str, *, site: str = SITE, **settings: object) -> Outcome:
    """Run a scenario whose first two lines are name and device file."""
    loaded = load_scenario(written(folder, scenario, site=site), ENVIRON)
    wanted = {"vcd_folder": folder / "waves", **settings}
    return run_scenario(loaded, Settings(**wanted))  # type: ignore[arg-type] # as the test says
