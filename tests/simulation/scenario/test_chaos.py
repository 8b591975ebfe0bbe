"""Drawing faults from a seed, and mistakes in what is to be drawn."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.simulation.rig import ENVIRON, SITE, check, written
from wampedge.simulation.scenario.chaos import DrawnFault, draw
from wampedge.simulation.scenario.model import Chaos
from wampedge.simulation.scenario_file import load_scenario

STEP = '[[expect]]\neventually = { signal = "gpio:27" }\n'
UPSTREAM = '[upstream]\nurl = "wss://hub.example/ws"\nrealm = "edge"\n'


def campaign(folder: Path, table: str, *, site: str = SITE) -> Chaos:
    loaded = load_scenario(written(folder, f"chaos = {{ {table} }}\n{STEP}", site=site), ENVIRON)
    assert loaded.chaos is not None
    return loaded.chaos


def test_one_seed_draws_the_same_and_another_does_not(tmp_path: Path) -> None:
    chaos = campaign(tmp_path, 'seed = 3, rate = 20, until = "5h"')

    assert draw(chaos) == draw(chaos)
    assert draw(chaos) != draw(chaos.but(seed=4))


def test_faults_come_as_often_as_wanted_within_the_time(tmp_path: Path) -> None:
    """20 an hour over 20 h are 400, give or take three times their square root."""
    drawn = draw(campaign(tmp_path, 'rate = 20, from = "1h", until = "21h"'))

    assert 340 <= len(drawn) <= 460
    assert [each.at_s for each in drawn] == sorted(each.at_s for each in drawn)
    assert all(3600.0 <= each.at_s < 75_600.0 for each in drawn)
    assert all(each.at_s + each.for_s <= 75_600.1 for each in drawn)


def test_everything_that_can_fail_is_drawn(tmp_path: Path) -> None:
    drawn = draw(campaign(tmp_path, 'rate = 20, until = "20h"', site=SITE + UPSTREAM))

    kinds = {(each.device, each.kind) for each in drawn}
    assert {("air", "nack"), ("bell", "stuck"), (None, "power_cut"), (None, "link")} <= kinds


@pytest.mark.parametrize(
    ("kinds", "pool"),
    [
        ('"glitch"', {("air", "glitch")}),
        ('"bell", "cpu_stall"', {("bell", "bounce"), ("bell", "stuck"), (None, "cpu_stall")}),
    ],
)
def test_kinds_and_devices_limit_what_is_drawn(
    tmp_path: Path, kinds: str, pool: set[tuple[str | None, str]]
) -> None:
    chaos = campaign(tmp_path, f'kinds = [{kinds}], until = "1h"')

    assert pool <= set(chaos.pool)
    assert all(device == "bell" or (device, kind) in pool for device, kind in chaos.pool)


@pytest.mark.parametrize(
    ("fault", "text"),
    [
        (
            DrawnFault(723.4, "air", "nack", 30.0),
            '[[step]]\nat = "12m 3.4s"\nfault = { device = "air", kind = "nack", for = "30s" }',
        ),
        (
            DrawnFault(60.0, None, "clock_step", 213.6, "-1h"),
            ('[[step]]\nat = "1m"\n'
            'fault = { board = "clock_step", for = "213.6s", by = "-1h" }'),
        ),
        (
            DrawnFault(5.0, None, "link", 120.0),
            ('[[step]]\nat = "5s"\nlink = { state = "down" }\n'
            '[[step]]\nafter = "120s"\nlink = { state = "up" }'),
        ),
    ],
)  # fmt: skip
def test_a_fault_is_told_as_the_step_that_does_it(
    tmp_path: Path, fault: DrawnFault, text: str
) -> None:
    assert fault.text() == text

    pasted = load_scenario(written(tmp_path, f"{text}\n{STEP}", site=SITE + UPSTREAM), ENVIRON)
    made = fault.chain(0, pasted.chains[0].steps[0].place)
    assert [step.action for step in made.steps] == [s.action for s in pasted.chains[0].steps]
    assert made.at_s == pasted.chains[0].at_s


@pytest.mark.parametrize(
    ("table", "text", "hint"),
    [
        ("rate = 5", "chaos does not say when it ends", 'until = "1h"'),
        ('from = "2h", until = "1h"', "chaos.until is not after from", ""),
        ('rate = 3600, until = "9h"', "chaos.rate would draw about 500 faults or more", "lower"),
        ('kinds = ["nak"], until = "1h"', "is no fault of this site, and no device", "nack"),
        ('rate = 0, until = "1h"', "chaos.rate must be", ""),
    ],
)
def test_a_mistake_is_told(tmp_path: Path, table: str, text: str, hint: str) -> None:
    found = check(tmp_path, f"chaos = {{ {table} }}\n{STEP}").problems

    assert len(found) == 1, found
    assert text in found[0].text
    assert hint in found[0].hint


def test_a_campaign_ends_with_the_scenario_at_the_latest(tmp_path: Path) -> None:
    found = check(tmp_path, f'duration = "1h"\nchaos = {{ until = "2h" }}\n{STEP}').problems

    assert [each.text for each in found] == ["chaos.until is after the end of the scenario"]
