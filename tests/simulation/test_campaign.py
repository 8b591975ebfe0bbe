"""Random campaigns: the same from one seed, and shrunk to what is needed when they fail."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.simulation.rig import ENVIRON, SITE, written
from wampedge.simulation.campaign import run_with_chaos
from wampedge.simulation.runner import Settings
from wampedge.simulation.scenario.outcome import Outcome
from wampedge.simulation.scenario_file import load_scenario

METER = f"""{SITE}
[devices.meter]
driver = "pulse"
pin = 23
per_pulse = {{ value = 10, unit = "L" }}
persist = "1s"
"""


def run(folder: Path, scenario: str, **settings: object) -> Outcome:
    loaded = load_scenario(written(folder, scenario, site=METER), ENVIRON)
    wanted = {"vcd_folder": folder / "waves", **settings}
    return run_with_chaos(loaded, Settings(**wanted))  # type: ignore[arg-type] # as the test says


PLANTED = """
duration = "30m"
chaos = { seed = 4, rate = 40, kinds = ["air", "card_full", "clock_step"], until = "25m" }
[[step]]
every = "1m"
pulse = { device = "meter", count = 1 }
[[expect]]
always = { signal = "air.status", one_of = ["ok", "degraded"] }
within = "1m"
why = "nobody may be without air for long"
"""


def test_a_campaign_that_fails_names_the_fault_that_does_it(tmp_path: Path) -> None:
    outcome = run(tmp_path, PLANTED)

    assert outcome.verdict == "failed"
    assert " drawn from seed 4, this one is enough (" in outcome.campaign
    assert outcome.campaign.count("[[step]]") == 1
    assert 'device = "air"' in outcome.campaign
    assert outcome.campaign in outcome.details()


def test_the_steps_it_names_fail_without_the_campaign(tmp_path: Path) -> None:
    found = run(tmp_path, PLANTED)
    _, _, steps = found.campaign.partition(":\n\n")
    lines = [line for line in PLANTED.splitlines() if not line.startswith("chaos")]

    again = run(tmp_path, "\n".join([*lines, steps]))

    assert again.campaign == ""
    assert [each.place.text for each in again.failures] == [
        each.place.text for each in found.failures
    ]
    assert again.failures[0].at_s == pytest.approx(found.failures[0].at_s, abs=0.001)


def test_two_faults_that_fail_only_together_are_both_named(tmp_path: Path) -> None:
    """Counts are lost where the power goes while the card is full, and by neither alone."""
    outcome = run(
        tmp_path,
        """
duration = "20m"
chaos = { seed = 11, rate = 60, kinds = ["card_full", "power_cut", "pump"], until = "15m" }
[[step]]
at = "5s"
every = "10s"
until = "15m"
pulse = { device = "meter", count = 1, width = "10ms", gap = "10ms" }
[[step]]
at = "19m"
call = { procedure = "meter.total.get" }
expect = { result = "value", above = 800 }
""",
    )

    assert outcome.verdict == "failed", outcome.details()
    assert 'board = "card_full"' in outcome.campaign
    assert 'board = "power_cut"' in outcome.campaign


def test_what_fails_without_faults_is_not_blamed_on_them(tmp_path: Path) -> None:
    outcome = run(
        tmp_path,
        """
chaos = { kinds = ["card_full"], rate = 60, until = "10m" }
[[expect]]
eventually = { signal = "gpio:27" }
""",
    )

    assert outcome.verdict == "failed"
    assert outcome.campaign == "chaos: none of the faults is needed, it fails without them too"


CALM = """
chaos = { rate = 60, kinds = ["card_full", "clock_step", "cpu_stall", "no_descriptors"] }
duration = "20m"
[[expect]]
eventually = { signal = "air.status", equals = "ok" }
"""


def test_a_campaign_that_passes_is_one_run_and_the_same_each_time(tmp_path: Path) -> None:
    first, again = (run(tmp_path, CALM, wants_hash=True) for _ in range(2))

    assert (first.verdict, first.campaign) == ("passed", "")
    assert first.trace_hash == again.trace_hash


def test_another_seed_draws_other_faults(tmp_path: Path) -> None:
    first = run(tmp_path, CALM, wants_hash=True)
    other = run(tmp_path, CALM, wants_hash=True, chaos_seed=99)

    assert first.trace_hash != other.trace_hash
