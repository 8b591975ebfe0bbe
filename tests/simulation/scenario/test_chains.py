"""Steps at their times, on a small site in virtual time."""

from __future__ import annotations

from pathlib import Path

from tests.simulation.rig import SITE, play


def got(folder: Path, scenario: str) -> list[tuple[float, str, str]]:
    """Run a scenario; return time, wish and find of each miss."""
    outcome = play(folder, scenario)
    assert outcome.verdict in ("passed", "failed"), outcome.text
    return [(round(each.at_s, 3), each.place.text, each.got) for each in outcome.failures]


def test_call_moves_the_pin_and_gives_its_result(tmp_path: Path) -> None:
    missed = got(
        tmp_path,
        """
[[step]]
at = "1s"
call = { procedure = "pump.on" }
expect = [
  { result = "value", equals = true },
  { signal = "gpio:17", equals = false },
  { signal = "part:pump.is_on" },
]
""",
    )

    assert missed == []


def test_miss_tells_what_there_was_instead_and_when(tmp_path: Path) -> None:
    missed = got(
        tmp_path,
        """
[[step]]
at = "2s"
expect = { signal = "gpio:17", equals = false }
[[step]]
after = "1500ms"
call = { procedure = "lamp.on" }
expect = { signal = "gpio:27", equals = false, within = "1s" }
""",
    )

    assert missed == [(2.0, "gpio:17 equals false", "true"), (4.5, "gpio:27 equals false", "true")]


def test_expectation_may_take_the_time_it_is_given(tmp_path: Path) -> None:
    missed = got(
        tmp_path,
        """
[[step]]
at = "15s"
set = { device = "air", channel = "temperature", value = 35 }
expect = [
  { signal = "part:pump.is_on", within = "10s" },
  { signal = "derived.excess", between = [4.9, 5.1], within = "10s" },
]
[[step]]
release = { device = "air", channel = "temperature" }
expect = { signal = "pump.state", equals = false, within = "5s" }
""",
    )

    # Sampled each 10 s: at 20 s it is hot, and not before 30 s it is not.
    assert [(text, found) for _, text, found in missed] == [("pump.state equals false", "true")]


def test_steps_of_other_chains_go_on_while_one_waits(tmp_path: Path) -> None:
    missed = got(
        tmp_path,
        """
[[step]]
at = "1s"
expect = { signal = "gpio:27", equals = true, within = "10s" }
[[step]]
at = "3s"
call = { procedure = "lamp.on" }
[[step]]
at = "4s"
call = { procedure = "lamp.off" }
""",
    )

    assert missed == []


def test_steps_of_one_instant_are_done_in_the_order_of_the_file(tmp_path: Path) -> None:
    missed = got(
        tmp_path,
        """
[[step]]
at = "1s"
call = { procedure = "lamp.on" }
[[step]]
at = "1s"
call = { procedure = "lamp.off" }
[[step]]
at = "1s"
expect = { signal = "lamp.state", equals = false }
[[step]]
at = "1s"
call = { procedure = "lamp.on" }
[[step]]
after = "1s"
expect = { signal = "lamp.state", equals = true }
""",
    )

    assert missed == []


def test_when_waits_for_a_signal_and_for_an_event(tmp_path: Path) -> None:
    missed = got(
        tmp_path,
        """
duration = "1m"
[[step]]
at = "10s"
press = { device = "bell", for = "1s" }
[[step]]
when = { event = "bell.event", equals = "release" }
call = { procedure = "lamp.on" }
[[step]]
when = { signal = "lamp.state" }
call = { procedure = "pump.on" }
[[step]]
at = "10900ms"
expect = { signal = "part:pump.is_on", equals = false }
[[step]]
at = "12s"
expect = { signal = "part:pump.is_on", equals = true }
""",
    )

    assert missed == []


def test_when_that_never_comes_is_a_miss_at_its_limit_or_at_the_end(tmp_path: Path) -> None:
    missed = got(
        tmp_path,
        """
duration = "30s"
[[step]]
when = { signal = "gpio:27" }
within = "5s"
call = { procedure = "pump.on" }
[[step]]
when = { event = "bell.event" }
call = { procedure = "pump.on" }
[[expect]]
never = { signal = "part:pump.is_on" }
""",
    )

    assert [(text, found) for _, text, found in missed] == [
        ("gpio:27 equals true", "never; at last false"),
        ("event bell.event", "it was not over at the end"),
    ]


def test_every_repeats_the_whole_chain_until_its_end(tmp_path: Path) -> None:
    missed = got(
        tmp_path,
        """
[[step]]
at = "10s"
every = "20s"
until = "50s"
pulse = { device = "bell", count = 2, width = "200ms", gap = "300ms" }
[[step]]
after = "5s"
expect = { event = "bell.event", equals = "press", count = 2 }
[[expect]]
eventually = { event = "bell.event", equals = "press", count = 6 }
""",
    )

    assert missed == []


def test_events_count_from_the_step_before(tmp_path: Path) -> None:
    missed = got(
        tmp_path,
        """
[[step]]
at = "1s"
pulse = { device = "bell", count = 1 }
[[step]]
after = "1s"
expect = { event = "bell.event", equals = "press", count = 1 }
[[step]]
after = "1s"
expect = { event = "bell.event" }
""",
    )

    assert missed == [(3.0, "event bell.event", "no such event")]


def test_fault_for_some_time_ends_by_itself(tmp_path: Path) -> None:
    missed = got(
        tmp_path,
        """
[[step]]
at = "5s"
fault = { device = "air", kind = "nack", for = "1m" }
[[step]]
after = "50s"
expect = [
  { signal = "air.status", equals = "down" },
  { signal = "air.temperature.quality", equals = "bad" },
  { signal = "derived.excess.quality", equals = "bad" },
]
[[step]]
after = "1s"
expect = { signal = "air.status", equals = "ok", within = "2m" }
""",
    )

    assert missed == []


def test_fault_at_zero_is_there_before_the_node_starts(tmp_path: Path) -> None:
    missed = got(
        tmp_path,
        """
[[step]]
fault = { device = "air", kind = "absent" }
[[step]]
expect = { signal = "air.status", is_not = "ok" }
[[step]]
clear = { device = "air" }
expect = { signal = "air.status", equals = "ok", within = "1m" }
""",
    )

    assert missed == []


def test_error_of_a_call_can_be_what_is_wanted(tmp_path: Path) -> None:
    missed = got(
        tmp_path,
        """
[[step]]
at = "1s"
call = { procedure = "fan.set", args = [400], expect_error = "wamp.error.invalid_argument" }
[[step]]
call = { procedure = "fan.set", args = [40], expect_error = "wamp.error.invalid_argument" }
[[step]]
call = { procedure = "fan.set", args = [400] }
""",
    )

    assert [(text, found[:27]) for _, text, found in missed] == [
        ("fan.set ends with wamp.error.invalid_argument", "a result"),
        ("fan.set succeeds", "wamp.error.invalid_argument"),
    ]


def test_session_named_as_a_user_has_its_rights(tmp_path: Path) -> None:
    missed = got(
        tmp_path,
        """
[[step]]
at = "1s"
call = { procedure = "lamp.on", session = "guest" }
[[step]]
call = { procedure = "pump.on", session = "guest", expect_error = "wamp.error.not_authorized" }
[[step]]
call = { procedure = "pump.on" }
""",
    )

    assert missed == []


def test_restart_gives_outputs_their_safe_state_and_sessions_anew(tmp_path: Path) -> None:
    missed = got(
        tmp_path,
        """
[[step]]
at = "1s"
call = { procedure = "lamp.on" }
[[step]]
at = "5s"
restart = { for = "10s" }
expect = [{ signal = "gpio:27", equals = false }, { signal = "sys.state", equals = "ready" }]
[[step]]
at = "8s"
call = { procedure = "lamp.on" }
expect = [{ signal = "sys.state", equals = "off" }, { signal = "lamp.status", is_not = "ok" }]
[[step]]
at = "20s"
call = { procedure = "lamp.on" }
expect = { signal = "gpio:27" }
""",
    )

    assert missed == [(8.0, "lamp.on succeeds", "the node is not up")]


def test_power_cut_lets_every_pin_go_at_once(tmp_path: Path) -> None:
    missed = got(
        tmp_path,
        """
[[step]]
at = "1s"
call = { procedure = "pump.on" }
[[step]]
at = "2s"
power_cycle = { for = "5s" }
[[step]]
at = "3s"
expect = [
  { signal = "gpio:17", equals = true, why = "its own resistor" },
  { signal = "part:pump.is_on", equals = false },
]
[[step]]
at = "10s"
expect = { signal = "air.status", equals = "ok" }
""",
    )

    assert missed == []


def test_reload_goes_over_to_another_device_file(tmp_path: Path) -> None:
    (tmp_path / "other.toml").write_text(SITE.replace("pin = 27", "pin = 24"), encoding="utf-8")

    missed = got(
        tmp_path,
        """
[[step]]
at = "1s"
reload = { devices = "other.toml" }
[[step]]
call = { procedure = "lamp.on" }
expect = [{ signal = "gpio:24" }, { signal = "gpio:27", equals = false }]
""",
    )

    assert missed == []


def test_published_event_reaches_who_waits_for_it(tmp_path: Path) -> None:
    missed = got(
        tmp_path,
        """
duration = "10s"
[[step]]
at = "2s"
publish = { topic = "orders", args = [3], kwargs = { by = "me" } }
[[step]]
when = { event = "orders", above = 2, kwargs = { by = "me" } }
call = { procedure = "lamp.on" }
[[step]]
at = "3s"
expect = { signal = "gpio:27" }
""",
    )

    assert missed == []
