"""Faults of the computer as steps of a scenario."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.simulation.rig import SITE, check, play

METER = f"""{SITE}
[devices.meter]
driver = "pulse"
pin = 23
per_pulse = {{ value = 10, unit = "L" }}
persist = "1s"
"""


def missed(folder: Path, scenario: str) -> list[tuple[float, str, str]]:
    outcome = play(folder, scenario, site=METER)
    assert outcome.verdict in ("passed", "failed"), outcome.text
    return [(round(each.at_s, 3), each.place.text, each.got) for each in outcome.failures]


def problems(folder: Path, step: str) -> list[tuple[str, str]]:
    checked = check(folder, f'[[step]]\nat = "1s"\n{step}\n')
    return [(each.text, each.hint) for each in checked.problems]


def test_what_was_counted_on_a_full_card_is_safe_once_there_is_space(tmp_path: Path) -> None:
    assert not missed(
        tmp_path,
        """
[[step]]
at = "10s"
fault = { board = "card_full", for = "2m" }
[[step]]
at = "20s"
pulse = { device = "meter", count = 5 }
[[step]]
at = "5m"
fault = { board = "power_cut", for = "5s" }
[[step]]
call = { procedure = "meter.total.get" }
expect = { result = "value", equals = 50 }
""",
    )


def test_a_power_cut_on_a_full_card_leaves_what_was_safe(tmp_path: Path) -> None:
    assert not missed(
        tmp_path,
        """
[[step]]
at = "10s"
pulse = { device = "meter", count = 2 }
[[step]]
at = "30s"
fault = { board = "card_full" }
[[step]]
pulse = { device = "meter", count = 5 }
[[step]]
after = "30s"
power_cycle = { for = "5s" }
[[step]]
call = { procedure = "meter.total.get" }
expect = { result = "value", equals = 20 }
[[step]]
clear = { board = "card_full" }
[[step]]
pulse = { device = "meter", count = 1 }
[[step]]
after = "2m"
power_cycle = { for = "5s" }
[[step]]
call = { procedure = "meter.total.get" }
expect = { result = "value", equals = 30 }
""",
    )


def test_contacts_that_move_in_the_dark_are_no_mistake_of_the_wiring(tmp_path: Path) -> None:
    """The resistor of the pin has no power then, and nobody looks at the line."""
    assert not missed(
        tmp_path,
        """
[[step]]
at = "10s"
fault = { board = "power_cut", for = "10s" }
[[step]]
at = "15s"
pulse = { device = "meter", count = 2 }
[[step]]
at = "30s"
call = { procedure = "meter.total.get" }
expect = { result = "value", equals = 0 }
""",
    )


def test_a_node_that_starts_on_a_read_only_card_knows_its_total(tmp_path: Path) -> None:
    assert not missed(
        tmp_path,
        """
[[step]]
at = "10s"
pulse = { device = "meter", count = 2 }
[[step]]
at = "30s"
fault = { board = "card_read_only" }
[[step]]
restart = { for = "5s" }
[[step]]
pulse = { device = "meter", count = 1 }
[[step]]
after = "5s"
call = { procedure = "meter.total.get" }
expect = { result = "value", equals = 30 }
""",
    )


def test_a_board_without_a_clock_begins_in_1971_and_learns_the_time(tmp_path: Path) -> None:
    assert not missed(
        tmp_path,
        """
[[step]]
at = "0s"
fault = { board = "clock_step", by = "-20000d", for = "1m" }
[[step]]
at = "30s"
expect = { event = "air.temperature", within = "15s" }
[[step]]
at = "2m"
expect = { event = "air.temperature", count = [5, 7], within = "1m", why = "every 10 s" }
""",
    )


def test_a_stall_moves_all_that_is_due_and_rules_go_on_after_it(tmp_path: Path) -> None:
    assert not missed(
        tmp_path,
        """
[[step]]
at = "15s"
set = { device = "air", channel = "temperature", value = 35 }
[[step]]
fault = { board = "cpu_stall", for = "20s" }
expect = { signal = "part:pump.is_on", within = "1s", why = "the sample that was due" }
""",
    )


def test_a_node_without_descriptors_keeps_its_rules(tmp_path: Path) -> None:
    assert not missed(
        tmp_path,
        """
[[step]]
at = "15s"
fault = { board = "no_descriptors", for = "1m" }
[[step]]
set = { device = "air", channel = "temperature", value = 35 }
expect = { signal = "part:pump.is_on", within = "15s" }
[[step]]
at = "80s"
expect = { signal = "air.status", equals = "ok" }
""",
    )


@pytest.mark.parametrize(
    ("step", "text", "hint"),
    [
        ("fault = { kind = 'nack' }", "step[0].fault.device is missing", "or write board"),
        ("fault = { device = 'air' }", "step[0].fault.kind is missing", ""),
        ("clear = { kind = 'nack' }", "step[0].clear.device is missing", "or write board"),
        ("fault = { board = 'card_ful' }", "card_ful", "card_full"),
        (
            "fault = { board = 'card_full', device = 'air' }",
            "step[0].fault.device cannot stand beside board",
            "",
        ),
        ("fault = { board = 'clock_step' }", "clock_step needs by", 'by = "-10m"'),
        ("fault = { board = 'cpu_stall' }", "cpu_stall needs for", 'for = "5s"'),
        ("fault = { board = 'card_full', by = '1m' }", "by is for clock_step", ""),
        ("fault = { board = 'clock_step', by = '-30000d' }", "or shorter", ""),
    ],
)
def test_a_mistake_is_told(tmp_path: Path, step: str, text: str, hint: str) -> None:
    found = problems(tmp_path, step)

    assert len(found) == 1, found
    assert text in found[0][0]
    assert hint in found[0][1]
