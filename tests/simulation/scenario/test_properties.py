"""Expectations over the run, on a small site in virtual time."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

from tests.simulation.rig import play

LAMP = """
duration = "1m"
[[step]]
at = "10s"
call = { procedure = "lamp.on" }
[[step]]
after = "3s"
call = { procedure = "lamp.off" }
[[step]]
after = "7s"
call = { procedure = "pump.on" }
[[step]]
after = "1s"
press = { device = "bell", for = "1s" }
[[expect]]
"""
"""The lamp is on from 10 to 13 s, the pump from 20 s on, the bell is pressed from 21 to 22 s."""


ON = '{ signal = "gpio:27" }'
OFF = '{ signal = "gpio:27", equals = false }'
PRESSED = '{ signal = "part:bell.is_pressed" }'
HOLDING = (
    'always = { signal = "gpio:27", equals = false }\nfrom = "14s"',
    'always = { signal = "gpio:27", equals = false }\nwithin = "3500ms"',
    'never = { all = [{ signal = "gpio:27" }, { signal = "part:pump.is_on" }] }',
    'never = { event = "bell.event", equals = "hold" }',
    'never = { event = "bell.event" }\nuntil = "21s"',
    'eventually = { signal = "gpio:27" }',
    'eventually = { event = "bell.event", equals = "press", count = 1 }',
    f'within = "3s"\nwhenever = {ON}\nthen = {OFF}',
    'whenever = { signal = "gpio:27" }\nthen = { signal = "lamp.state" }',
    f'within = "50ms"\nwhenever = {PRESSED}\nthen = {{ event = "bell.event" }}',
    'order = [{ signal = "gpio:27" }, { signal = "part:pump.is_on" }, { event = "bell.event" }]',
    'wave = { signal = "gpio:27", min_on = "3s", max_on = "3s", count = 1, duty = [0.04, 0.06] }',
    'wave = { signal = "lamp.state", max_on = "3100ms" }',
    'wave = { signal = "part:pump.is_on", follows = "gpio:27", phase = ["9s", "11s"] }',
)  # fmt: skip


@pytest.mark.parametrize("expectation", HOLDING)
def test_what_holds_is_not_told(tmp_path: Path, expectation: str) -> None:
    outcome = play(tmp_path, LAMP + expectation)

    assert outcome.verdict == "passed", outcome.details()


MISSED: Final = {
    'always = { signal = "gpio:27", equals = false }': (
        10.0, "true",
    ),
    'always = { signal = "gpio:27", equals = false }\nwithin = "2s"': (
        12.0, "true",
    ),
    'never = { signal = "part:pump.is_on" }\nfrom = "30s"': (
        30.0, "true",
    ),
    'never = { event = "bell.event", equals = "press" }': (
        21.02, "it came",
    ),
    'eventually = { signal = "gpio:27" }\nfrom = "20s"': (
        60.0, "never; at the end false",
    ),
    'eventually = { event = "bell.event", count = 4 }': (
        60.0, "3 such events",
    ),
    'eventually = { event = "bell.event", equals = "hold" }': (
        60.0, 'the last event there was "click"',
    ),
    f'whenever = {ON}\nthen = {OFF}\nwithin = "2s"': (
        12.0, "true, 2s after it came true",
    ),
    'whenever = { signal = "gpio:27" }\nthen = { event = "bell.event" }': (
        10.0, "no such event, 0s after it came true",
    ),
    'order = [{ signal = "part:pump.is_on" }, { signal = "gpio:27" }]': (
        10.0, "gpio:27 equals true came before part:pump.is_on equals true",
    ),
    'order = [{ signal = "gpio:27" }, { signal = "fan.duty", above = 5 }]': (
        60.0, "fan.duty above 5 never came",
    ),
    'wave = { signal = "gpio:27", max_on = "2s" }': (
        13.0, "3s",
    ),
    'wave = { signal = "gpio:27", count = 2 }': (
        60.0, "once",
    ),
}  # fmt: skip


@pytest.mark.parametrize("expectation", MISSED)
def test_what_does_not_hold_is_told_once_with_its_time(tmp_path: Path, expectation: str) -> None:
    at_s, got = MISSED[expectation]

    outcome = play(tmp_path, f'{LAMP}{expectation}\nwhy = "because"')

    assert outcome.verdict == "failed"
    assert [(each.got, each.why) for each in outcome.failures] == [(got, "because")]
    assert outcome.failures[0].at_s == pytest.approx(at_s, abs=0.005)


def test_quantity_of_a_part_is_looked_at_as_often_as_the_file_says(tmp_path: Path) -> None:
    scenario = """
duration = "1m"
[[step]]
at = "31s"
set = { device = "air", channel = "temperature", value = 50 }
[[step]]
after = "2s"
release = { device = "air", channel = "temperature" }
[[expect]]
never = { signal = "part:air.temperature", above = 45, look_every = "%s" }
"""

    assert play(tmp_path, scenario % "1s").verdict == "failed"
    assert play(tmp_path, scenario % "10s").verdict == "passed"
