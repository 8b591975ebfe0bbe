"""Whole runs: their verdict, what a failure tells, the same story each time, an end in any case."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.simulation.rig import ENVIRON, SITE, check, play, written
from wampedge.errors import DeviceError
from wampedge.simulation.runner import Settings, run_scenario
from wampedge.simulation.scenario_file import load_scenario
from wampedge_simulator.substrate import SimulatedSubstrate

HOT = """
seed = 7
[[step]]
at = "15s"
set = { device = "air", channel = "temperature", value = 35 }
[[step]]
after = "10s"
expect = { signal = "gpio:17", equals = true, why = "the pump stays off" }
"""


def test_failure_tells_place_reason_past_and_transactions(tmp_path: Path) -> None:
    outcome = play(tmp_path, HOT)

    text = outcome.details()
    assert outcome.headline.startswith("FAIL  play (")
    assert f"{tmp_path}/play.toml:10:10" in text
    assert '10 | expect = { signal = "gpio:17", equals = true, why = "the pump stays off" }' in text
    assert "expected  gpio:17 equals true" in text
    assert "got       false" in text
    assert "why       the pump stays off" in text
    assert "at        25s of virtual time, seed 7" in text
    assert "gpio:17 was\n    0s  true\n    20." in text
    assert "/dev/i2c-1 0x76  w f4" in text


def test_failure_names_devices_in_trouble_and_counts_transactions_in_a_row(tmp_path: Path) -> None:
    broken = HOT.replace(
        "[[step]]", '[[step]]\nfault = { device = "air", kind = "nack" }\n[[step]]', 1
    )

    text = play(tmp_path, broken.replace("equals = true", "equals = false")).details()

    assert "devices in trouble\n    air is down: " in text
    assert "errno 121 EREMOTEIO  (" in text


def test_waves_of_a_failure_show_the_edge(tmp_path: Path) -> None:
    outcome = play(tmp_path, HOT)

    assert outcome.vcd == tmp_path / "waves" / "play.vcd"
    lines = outcome.vcd.read_text(encoding="utf-8").splitlines()
    assert "$var wire 1 ! gpio_17 $end" in lines
    edge_ns = int(lines[lines.index("0!") - 1].removeprefix("#"))
    assert 20_000_000_000 <= edge_ns < 20_500_000_000


def test_waves_of_a_run_that_passed_are_written_only_where_wanted(tmp_path: Path) -> None:
    good = HOT.replace("equals = true", "equals = false")

    assert play(tmp_path, good).vcd is None
    assert play(tmp_path, good, keeps_waves=True).vcd is not None


def test_twenty_runs_tell_the_same_story_and_another_seed_another(tmp_path: Path) -> None:
    scenario = load_scenario(written(tmp_path, HOT), ENVIRON)
    settings = Settings(wants_hash=True, vcd_folder=tmp_path)

    hashes = {run_scenario(scenario, settings).trace_hash for _ in range(20)}
    other = run_scenario(scenario, settings.but(seed=8))

    assert len(hashes) == 1
    assert other.seed == 8
    assert other.trace_hash not in hashes


def test_hash_does_not_depend_on_the_process(tmp_path: Path) -> None:
    path = written(tmp_path, HOT.replace("equals = true", "equals = false"))
    command = [sys.executable, "-m", "wampedge", "sim", "test", "-v", str(path)]

    stories = {
        subprocess.run(
            command,
            env={**os.environ, **ENVIRON, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.splitlines()[1]
        for seed in ("1", "2")
    }

    assert len(stories) == 1


def test_world_file_warms_the_air_its_sensor_measures(tmp_path: Path) -> None:
    (tmp_path / "world.toml").write_text(
        """
[room]
model = "thermal"
tau = "1h"
heat = "20K/h"
outside = { mean = 10.0 }
start = 10.0
driven_by = "pump"
senses = ["air.temperature"]
""",
        encoding="utf-8",
    )

    outcome = play(
        tmp_path,
        """
world = "world.toml"
[[step]]
at = "1m"
expect = { signal = "part:air.temperature", between = [9, 11] }
[[step]]
call = { procedure = "pump.on" }
[[step]]
after = "1h"
expect = [
  { signal = "part:air.temperature", between = [21.6, 23.6], why = "10 + 20 * (1 - 1/e) = 22.6" },
  { signal = "air.temperature", between = [21.6, 23.6] },
]
""",
    )

    assert outcome.verdict == "passed", outcome.details()


def test_mistake_of_the_world_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "world.toml").write_text('[room]\nmodel = "thermall"\n', encoding="utf-8")

    checked = check(tmp_path, f'world = "world.toml"\n{HOT}')

    assert [Path(each.file).name for each in checked.problems] == ["world.toml"]


def test_what_is_wired_otherwise_shows_at_the_part(tmp_path: Path) -> None:
    wrong = SITE.replace("pin = 17", "pin = 23")
    (tmp_path / "bench.toml").write_text(wrong, encoding="utf-8")

    outcome = play(
        tmp_path,
        """
wired = "bench.toml"
[[step]]
at = "1s"
call = { procedure = "pump.on" }
expect = [{ signal = "gpio:17", equals = false }, { signal = "part:pump.is_on" }]
""",
    )

    assert [each.place.text for each in outcome.failures] == ["part:pump.is_on equals true"]


@pytest.mark.parametrize(("keys", "verdict"), [("", "bad"), ("strict_wiring = false", "passed")])
def test_wire_that_is_missing_is_a_mistake_of_the_wiring(
    tmp_path: Path, keys: str, verdict: str
) -> None:
    site = SITE.replace('pull = "up"', 'pull = "none"\nactive = "low"')
    (tmp_path / "bench.toml").write_text(site.partition("[devices.bell]")[0], encoding="utf-8")
    scenario = """
[[step]]
at = "1s"
call = { procedure = "bell.pressed.get", kwargs = { fresh = true } }
"""

    outcome = play(tmp_path, f'wired = "bench.toml"\n{keys}\n{scenario}', site=site)

    assert outcome.verdict == verdict
    assert ("wiring: GPIO22 is read as an input" in outcome.text) is (verdict == "bad")


def test_node_that_never_starts_runs_into_the_limit_of_virtual_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import asyncio

    from wampedge.runtime.node import Node

    async def start(_: Node) -> None:
        await asyncio.sleep(1e9)

    monkeypatch.setattr(Node, "start", start)

    outcome = play(tmp_path, HOT)

    assert (outcome.verdict, outcome.text) == (
        "stuck",
        "time-out of virtual time: the node does not start within 1h",
    )


def test_dead_lock_is_told_with_who_waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import asyncio

    from wampedge.simulation.scenario.stage import Stage

    async def switch_on(_: Stage) -> None:
        await asyncio.get_running_loop().create_future()

    monkeypatch.setattr(Stage, "switch_on", switch_on)

    outcome = play(tmp_path, HOT)

    assert outcome.verdict == "stuck"
    assert outcome.text.startswith("dead-lock: nothing is scheduled at 0.000000000 s")


def test_driver_that_blocks_for_ever_is_broken_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def spin(*_: object) -> None:
        end_s = time.process_time() + 30.0
        while time.process_time() < end_s:
            pass

    monkeypatch.setattr(SimulatedSubstrate, "set", spin)
    scenario = load_scenario(
        written(
            tmp_path,
            HOT.replace(
                'set = { device = "air", channel = "temperature", value = 35 }',
                'press = { device = "bell" }',
            ),
        ),  # one text
        ENVIRON,
    )
    monkeypatch.setattr(SimulatedSubstrate, "press", spin)

    began_s = time.process_time()
    outcome = run_scenario(scenario, Settings(timeout_s=0.3, vcd_folder=tmp_path))

    assert outcome.verdict == "stuck"
    assert outcome.text.startswith("time-out: 0.3 s of CPU time were not enough, it came to 15")
    assert time.process_time() - began_s < 10.0


def test_site_that_cannot_start_is_a_bad_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: object) -> None:
        raise DeviceError("no such bus")

    scenario = load_scenario(written(tmp_path, HOT), ENVIRON)
    monkeypatch.setattr(SimulatedSubstrate, "start", refuse)

    outcome = run_scenario(scenario, Settings(vcd_folder=tmp_path))

    assert (outcome.verdict, outcome.text) == ("bad", "the site cannot start: no such bus")


def test_progress_goes_from_nothing_to_all(tmp_path: Path) -> None:
    shares: list[float] = []
    scenario = load_scenario(written(tmp_path, HOT), ENVIRON)

    run_scenario(scenario, Settings(vcd_folder=tmp_path), shares.append)

    assert shares == sorted(shares)
    assert shares[0] < 0.05
    assert shares[-1] > 0.98
