"""World files: what they say, and what is said of their mistakes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import tomli

from tests.simulation.bad_worlds import BAD, ROOM
from wampedge.config import load
from wampedge.config.model import SiteConfig
from wampedge.config.problems import Problem
from wampedge.config.report import render
from wampedge.errors import ConfigError
from wampedge.simulation.world_fields import world_schema
from wampedge.simulation.world_file import check_world, load_world
from wampedge_simulator.physics.fields import Wave
from wampedge_simulator.physics.plan import ModelPlan, SensePlan, WorldPlan
from wampedge_simulator.wiring import PinNote

jsonschema = pytest.importorskip("jsonschema")

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples/sites/greenhouse_world.toml"


@pytest.fixture(scope="module")
def config() -> SiteConfig:
    """The example greenhouse: air, outside, solar, soil, drip, lamp, fan, heater, ..."""
    return load(ROOT / "devices.toml")


def planned(text: str, config: SiteConfig) -> WorldPlan:
    plan, problems = check_world(text, "world.toml", config)
    assert plan is not None, render(problems, text)
    return plan


def problems_of(text: str, config: SiteConfig) -> list[Problem]:
    plan, problems = check_world(text, "world.toml", config)
    assert plan is None
    return problems


def model(text: str, config: SiteConfig) -> ModelPlan:
    (found,) = planned(text, config).models
    return found


def test_a_table_is_a_model_with_its_defaults(config: SiteConfig) -> None:
    room = model(
        '[room]\nmodel = "thermal"\ntau = "3h"\nheat = 9.0\n'
        'outside = { mean = 8.0, swing = 6.0, period = "24h" }\n'
        'driven_by = "heater"\nsenses = ["air.temperature"]\n',
        config,
    )

    assert room.name == "room"
    assert room.kind.kind == "thermal"
    assert room.settings == {
        "tau": 10_800.0, "heat": 9.0, "cool": 0.0, "vent": None, "start": None,
        "outside": Wave(8.0, 6.0, 86_400.0, 54_000.0),
    }  # fmt: skip
    assert room.drives == {"driven_by": "heater"}
    assert room.senses == (SensePlan("air", "temperature", "temperature"),)


def test_outputs_come_in_the_unit_of_the_driver(config: SiteConfig) -> None:
    """The output named as the channel fits, else the only one of its unit; volts by points."""
    tank = model(
        '[cistern]\nmodel = "tank"\ncapacity = "2m3"\n'
        'senses = ["tank.level", { channel = "soil.a0", output = "fill", '
        "points = [[0, 2.8], [100, 1.1]], noise = 0.01 }]\n",
        config,
    )

    assert tank.settings["capacity"] == 2000.0
    assert tank.senses == (
        SensePlan("tank", "level", "level"),
        SensePlan("soil", "a0", "fill", points=((0, 2.8), (100, 1.1)), noise=0.01),
    )


def test_an_output_is_converted_to_the_unit_of_the_driver(tmp_path: Path) -> None:
    """The instrument tells the level in cm, the model has mm."""
    text = (ROOT / "devices.toml").read_text().replace('unit = "mm" }\nch', 'unit = "cm" }\nch')
    file = tmp_path / "devices.toml"
    file.write_text(text)

    tank = model('[t]\nmodel = "tank"\ncapacity = 1\nsenses = ["tank.level"]\n', load(file))

    assert tank.senses[0].scale == pytest.approx(0.1)


def test_the_wiring_is_no_model(config: SiteConfig) -> None:
    plan = planned(
        '[wiring.doorbell]\npull = "none"\n[wiring.rain]\nvolts = 5\ndirect = true\n'
        '[wiring.i2c1]\npull = "none"\nadapter = "rp1"\n',
        config,
    )

    assert plan.models == ()
    assert plan.pins == {
        "doorbell": PinNote(pull="none"),
        "rain": PinNote(volts=5.0, is_direct=True),
        "i2c1": PinNote(pull="none", adapter="rp1"),
    }


def test_a_model_may_have_the_name_of_a_device(config: SiteConfig) -> None:
    """The device door is a contact and drives nothing, so the model is meant."""
    text = f'{ROOM}vented_by = "door"\n[door]\nmodel = "door"\ncontact = "door"\n'

    room, door = planned(text, config).models

    assert room.drives == {"vented_by": "door"}
    assert door.contacts == {"contact": "door"}


@pytest.mark.parametrize(("text", "line", "reason", "fix"), BAD)
def test_a_mistake_is_told_with_place_reason_and_fix(
    text: str, line: int, reason: str, fix: str, config: SiteConfig
) -> None:
    (problem,) = problems_of(text, config)

    assert reason in problem.text
    assert fix in problem.hint
    assert (problem.file, problem.line) == ("world.toml", line)


def test_every_mistake_is_told_in_one_run(config: SiteConfig) -> None:
    text = (
        '[room]\nmodel = "thermal"\ntau = 3\nheet = 9\ndriven_by = "heatr"\n'
        'senses = ["air.temprature", "ar.temperature"]\n'
        '[moist]\nmodel = "humdity"\n[wiring.bell]\n'
    )

    lines = [problem.line for problem in problems_of(text, config)]

    assert lines == [3, 4, 5, 6, 6, 8, 9]


def test_the_caret_is_under_what_is_wrong(config: SiteConfig) -> None:
    text = f'{ROOM}driven_by = "heatr"\n'

    assert render(problems_of(text, config), text) == (
        "error: room.driven_by names heatr, and there is no such device or model\n"
        " --> world.toml:4:13\n"
        "  |\n"
        '4 | driven_by = "heatr"\n'
        "  |             ^^^^^^^ did you mean heater?\n"
        "\n"
        "world.toml: 1 error"
    )


def test_a_model_of_unknown_kind_is_told_once(config: SiteConfig) -> None:
    """What others say about it is not told as well."""
    text = f'{ROOM}vented_by = "leaf"\n[leaf]\nmodel = "dor"\n'

    assert [problem.line for problem in problems_of(text, config)] == [6]


def test_the_public_name_of_a_channel_leads_to_that_of_the_driver() -> None:
    """As in the device file of the example site: a0 is called moisture."""
    config = load(ROOT / "examples/sites/greenhouse.toml", {"GH1_TICKET": "x"})
    text = '[s]\nmodel = "tank"\ncapacity = 1\nsenses = ["soil_1.moisture"]\n'

    (problem,) = problems_of(text, config)

    assert "names moisture, and the driver calls it a0" in problem.text
    assert problem.hint == 'write "soil_1.a0"'


def test_mistakes_of_the_text_itself_are_told(config: SiteConfig) -> None:
    (problem,) = problems_of('[room]\nmodel = "thermal"\ntau = "3h\n', config)

    assert problem.line == 3


def test_too_many_models_and_too_much_text_are_refused(config: SiteConfig) -> None:
    doors = "".join(f'[d{n}]\nmodel = "door"\n' for n in range(65))

    assert "may have 64 models, and this one has 65" in problems_of(doors, config)[0].text
    assert "larger than 256 KiB" in problems_of("#" * 262_145, config)[0].text


def test_an_encoder_too_fine_for_its_motor_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "devices.toml"
    file.write_text(
        'wampedge = 1\n[node]\nname = "n"\n[devices.shaft]\ndriver = "quadrature"\n'
        "pins = { a = 20, b = 21 }\nticks_per_turn = 1000\n"
    )
    text = '[m]\nmodel = "motor"\nspeed = "600rpm"\nencoder = "shaft"\n'

    (problem,) = problems_of(text, load(file))

    assert problem.text == "m.encoder gives 10000 ticks a second, and a board follows 5000"
    assert problem.line == 4


def test_loading_gives_a_file_that_puts_its_world_around_a_board(config: SiteConfig) -> None:
    class Board:
        plan: WorldPlan | None = None

        def attach(self, plan: WorldPlan) -> None:
            self.plan = plan

    board = Board()

    load_world(EXAMPLE, config).install(board)

    assert board.plan is not None
    names = [model.name for model in board.plan.models]
    assert names == ["room", "moisture", "supply", "cistern", "shower", "gardener", "entry"]


def test_a_file_with_mistakes_is_refused_with_the_whole_report(
    tmp_path: Path, config: SiteConfig
) -> None:
    file = tmp_path / "world.toml"
    file.write_text("room = 5\nhall = 6\n")

    with pytest.raises(ConfigError) as caught:
        load_world(file, config)

    assert len(caught.value.problems) == 2
    assert "2 errors" in str(caught.value)


def test_a_file_that_is_not_there_is_called_a_world_file(
    tmp_path: Path, config: SiteConfig
) -> None:
    with pytest.raises(ConfigError, match=r"world file .* cannot be read: no such file"):
        load_world(tmp_path / "world.toml", config)


def is_valid(values: Any) -> bool:
    return bool(jsonschema.Draft202012Validator(world_schema()).is_valid(values))


def test_the_schema_takes_the_example_and_refuses_what_the_check_refuses() -> None:
    assert is_valid(tomli.loads(EXAMPLE.read_text()))
    shapes = [text for text, *_ in BAD if "not a known key" in text or "heet" in text]
    assert shapes
    assert not any(is_valid(tomli.loads(text)) for text in shapes)
    assert not is_valid({"room": {"model": "termal"}})
    assert not is_valid({"wiring": {"bell": {"pull": "non"}}})


def test_the_schema_is_json() -> None:
    assert json.loads(json.dumps(world_schema())) == world_schema()
