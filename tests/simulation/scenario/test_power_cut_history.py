"""A power cut of the simulated board keeps what was committed of last values and history."""

from __future__ import annotations

from pathlib import Path

from tests.simulation.rig import SITE, play

KEPT = SITE.replace('every = "10s"', 'every = "10s"\nhistory = "1d"')


def missed(folder: Path, scenario: str) -> list[str]:
    outcome = play(folder, scenario, site=KEPT)
    assert outcome.verdict in ("passed", "failed"), outcome.text
    return [f"{each.place.text}: {each.got}" for each in outcome.failures]


def test_the_value_of_a_minute_ago_is_known_after_a_power_cut(tmp_path: Path) -> None:
    """Commits are once a minute: the one of second 60 has the value that was set at second 30."""
    assert not missed(
        tmp_path,
        """
[[step]]
at = "30s"
set = { device = "air", channel = "temperature", value = 21.5 }
[[step]]
at = "75s"
set = { device = "air", channel = "temperature", value = 35 }
[[step]]
at = "90s"
fault = { device = "air", kind = "absent" }
[[step]]
at = "95s"
power_cycle = { for = "5s" }
[[step]]
call = { procedure = "air.temperature.get" }
expect = [
  { result = "quality", equals = "bad" },
  { result = "last", between = [21.4, 21.6] },
]
""",
    )


def test_history_goes_on_over_a_power_cut(tmp_path: Path) -> None:
    """Samples of 0 to 50 s are on the card, those of 70 to 90 s are not; then come two more."""
    assert not missed(
        tmp_path,
        """
[[step]]
at = "95s"
call = { procedure = "air.temperature.history", kwargs = { every = "1d" } }
expect = { result = "value.0.4", equals = 10 }
[[step]]
power_cycle = { for = "5s" }
[[step]]
after = "11s"
call = { procedure = "air.temperature.history", kwargs = { every = "1d" } }
expect = { result = "value.0.4", between = [8, 9] }
""",
    )
