"""Checks of scenario files: every mistake at once, each at its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.simulation.rig import ENVIRON, SITE, check, written
from wampedge.errors import ConfigError
from wampedge.simulation.scenario_file import check_scenario, load_scenario

GOOD = '[[step]]\nat = "1s"\ncall = { procedure = "pump.on" }\n'


def told(folder: Path, scenario: str, **more: str) -> list[str]:
    """Return line, text and hint of each mistake; lines count from the third of the file."""
    problems = check(folder, scenario, **more).problems
    return [f"{each.line - 2}: {each.text} ({each.hint})" for each in problems]


def test_good_scenario_has_no_mistakes_and_all_defaults(tmp_path: Path) -> None:
    checked = check(tmp_path, GOOD)

    assert checked.problems == []
    assert checked.scenario is not None
    assert (checked.scenario.seed, checked.scenario.duration_s) == (1, 1.0)
    assert checked.scenario.ends_with_steps


def test_every_mistake_is_told_in_one_run(tmp_path: Path) -> None:
    mistakes = told(
        tmp_path,
        """sead = 3
[[step]]
at = 10
call = { procedure = "pumpp.on" }
[[step]]
set = { device = "air", channel = "temperatur", value = 20 }
[[expect]]
never = { signal = "gpio:99" }
""",
    )

    assert mistakes == [
        "1: sead is not a known key (did you mean seed?)",
        '3: step[0].at must be a duration such as "30s", got 10 (write "10s")',
        "4: step[0].call.procedure is a procedure nobody offers (did you mean pump.on?)",
        mistakes[3],
        "8: expect[0].never.signal must name a line of gpio, 0 to 27 ()",
    ]
    assert mistakes[3].startswith("6: set cannot be done: ")
    assert 'did you mean "temperature"?' in mistakes[3]


@pytest.mark.parametrize(
    ("step", "text"),
    [
        ("at = '1s'", "does nothing and expects nothing"),
        ("at = '1s'\nafter = '1s'\nexpect = { signal = 'gpio:17' }", "cannot stand beside at"),
        ("within = '1s'\nexpect = { signal = 'gpio:17' }", "within needs when"),
        ("until = '1s'\nexpect = { signal = 'gpio:17' }", "until needs every"),
        ("press = { device = 'bell' }\nlet_go = { device = 'bell' }", "is a second action"),
        ("press = { device = 'lamp' }", "a led has no contact to close"),
        ("press = { device = 'bel' }", 'did you mean "bell"?'),
        ("fault = { device = 'air', kind = 'nak' }", 'did you mean "nack"?'),
        ("fault = { device = 'air', kind = 'nack', for = '1s', count = 2 }", "beside count"),
        ("set = { device = 'air', channel = 'humidity', value = 120 }", "from 0 to 100"),
        ("expect = { result = 'value', equals = 3 }", "the step has none"),
        ("expect = { signal = 'pump.state', above = 3 }", "is about numbers"),
        ("expect = { signal = 'air.temperature' }", "does not say what air.temperature must be"),
        ("expect = { signal = 'air.temprature', above = 3 }", "is no channel of air"),
        ("expect = { signal = 'air', above = 3 }", "is a device, not a signal"),
        ("expect = { signal = 'part:air.colour', above = 3 }", "nothing the part of air has"),
        ("expect = { event = 'bell.evnt' }", "is a topic nobody publishes"),
        ("every = '1h'\nexpect = { signal = 'gpio:17' }", "goes on for ever"),
        ("when = { signal = 'gpio:17' }\nexpect = { signal = 'gpio:17' }", "goes on for ever"),
        ("link = { state = 'down' }", "needs [upstream]"),
        ("reload = { devices = 'none.toml' }", "which cannot be read"),
        ("call = { procedure = 'pump.on', kwargs = 3 }", "must be a table"),
    ],
)
def test_step_that_cannot_be_is_refused(tmp_path: Path, step: str, text: str) -> None:
    mistakes = told(tmp_path, f"[[step]]\n{step}\n")

    assert len(mistakes) == 1, mistakes
    assert text in mistakes[0]


@pytest.mark.parametrize(
    ("expectation", "text"),
    [
        ("why = 'x'", "must have one of always, never"),
        ("signal = 'gpio:17'", "signal is not a known key"),
        ("whenever = { signal = 'gpio:17' }", "needs then beside it"),
        ("then = { signal = 'gpio:17' }", "must have one of"),
        ("always = { event = 'bell.event' }", "lasts no time"),
        ("never = { event = 'bell.event', count = 2 }", "no end to count to"),
        ("never = { all = [{ event = 'bell.event' }] }", "lasts no time"),
        ("never = { result = 'value', equals = 3 }", "the step has none"),
        ("eventually = { signal = 'gpio:17' }\nwithin = '1s'", "has no meaning with eventually"),
        ("never = { signal = 'gpio:17' }\nfrom = '2s'\nuntil = '1s'", "later than from"),
        ("wave = { signal = 'gpio:17' }", "says nothing of the wave"),
        ("wave = { signal = 'air.temperature', min_on = '1s' }", "is not true or false"),
        ("wave = { signal = 'gpio:17', phase = ['1s', '2s'] }", "needs follows beside it"),
        ("wave = { signal = 'gpio:17', min_on = '3s', max_on = '2s' }", "begin above its end"),
        ("order = [{ signal = 'gpio:17' }]", "2 to 32 items"),
    ],
)
def test_expectation_that_cannot_be_is_refused(tmp_path: Path, expectation: str, text: str) -> None:
    mistakes = told(tmp_path, f"{GOOD}[[expect]]\n{expectation}\n")

    assert any(text in mistake for mistake in mistakes), mistakes


def test_mistakes_of_the_device_file_are_told_with_its_name(tmp_path: Path) -> None:
    checked = check(tmp_path, GOOD, site=SITE.replace('driver = "relay"', 'driver = "rely"'))

    assert checked.scenario is None
    assert [Path(each.file).name for each in checked.problems] == ["site.toml"]
    assert "did you mean relay?" in checked.report()


def test_part_nobody_has_a_model_of_is_told_at_the_device_file(tmp_path: Path) -> None:
    (tmp_path / "odd.py").write_text(
        "from wampedge.devices.driver import Driver\n\n\nclass Odd(Driver):\n    '''Odd.'''\n",
        encoding="utf-8",
    )
    site = f'{SITE}[drivers.odd]\nmodule = "odd.py"\n[devices.odd]\ndriver = "odd"\n'

    mistakes = told(tmp_path, GOOD, site=site)

    assert len(mistakes) == 1
    assert "cannot be wired on the bench: " in mistakes[0]
    assert "no model for odd" in mistakes[0]


def test_steps_after_the_end_are_told_with_the_place_of_the_end(tmp_path: Path) -> None:
    checked = check(tmp_path, f'duration = "500ms"\n{GOOD}')

    assert [each.text for each in checked.problems] == [
        "step[0].at is after the end of the scenario"
    ]
    assert checked.problems[0].related[0].line == 3


def test_scenario_that_expects_nothing_is_refused(tmp_path: Path) -> None:
    assert "expects nothing" in told(tmp_path, "seed = 3")[0]


def test_environment_and_private_files_reach_the_device_file(tmp_path: Path) -> None:
    site = SITE.replace('name = "n"', 'name = "${env:NODE}"').replace(
        'secret = "${env:SECRET}"', 'secret = "${file:keys/guest}"'
    )

    checked = check(
        tmp_path,
        f'environ = {{ NODE = "m" }}\nfiles = {{ "keys/guest" = "open" }}\n{GOOD}',
        site=site,
    )

    assert checked.scenario is not None, checked.report()
    assert checked.scenario.config.node.name == "m"
    assert checked.scenario.folder is not None
    assert not (tmp_path / "keys").exists()
    checked.close()
    assert not checked.scenario.folder.exists()


@pytest.mark.parametrize("name", ["../up", "/etc/passwd", "a/../../b"])
def test_private_files_stay_below_the_folder(tmp_path: Path, name: str) -> None:
    assert "must be a path below" in told(tmp_path, f'files = {{ "{name}" = "x" }}\n{GOOD}')[0]


def test_mistake_in_the_shape_of_the_text_is_told_beside_others(tmp_path: Path) -> None:
    mistakes = told(tmp_path, f"{GOOD}[[step]\nat = \n")

    assert mistakes
    assert all(int(each.partition(":")[0]) >= 4 for each in mistakes)


def test_scenario_that_is_not_there_is_said_to_be_one() -> None:
    with pytest.raises(ConfigError, match=r"scenario /nowhere/x\.toml cannot be read"):
        check_scenario(Path("/nowhere/x.toml"))


def test_loading_a_bad_scenario_raises_the_whole_report(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="did you mean seed") as caught:
        load_scenario(written(tmp_path, f"sed = 3\n{GOOD}"), ENVIRON)

    assert len(caught.value.problems) == 1
