"""A device file with the usual parts, for checks of a few more lines."""

from __future__ import annotations

from wampedge.config.checking import check
from wampedge.config.model import SiteConfig

__all__ = ["complaint", "config"]

HEAD = """\
wampedge = 1
[node]
name = "n"
[buses.i2c1]
type = "i2c"
bus = 1
[devices.air]
driver = "bme280"
bus = "i2c1"
[devices.soil]
driver = "ads1115"
bus = "i2c1"
[devices.fan]
driver = "relay"
pin = 17
[devices.lamp]
driver = "pwm"
pin = 18
"""


def complaint(text: str) -> str:
    """Return the one complaint about the lines *text* behind the usual ones, without its place."""
    config, problems = check(HEAD + text, "f.toml", {})
    assert config is None
    assert len(problems) == 1, [each.text for each in problems]
    (problem,) = problems
    return f"{problem.text} ({problem.hint})" if problem.hint else problem.text


def config(text: str) -> SiteConfig:
    """Return what the lines *text* behind the usual ones say."""
    found, problems = check(HEAD + text, "f.toml", {})
    assert found is not None, [each.text for each in problems]
    return found
