"""``[drivers.NAME]``: drivers beside the device file, and which files are trusted."""

from __future__ import annotations

import gc
import weakref
from itertools import pairwise
from pathlib import Path

import pytest

from wampedge.config.checking import check, check_all
from wampedge.config.model import SiteConfig
from wampedge.devices import local_driver, local_module
from wampedge.errors import HardwareError
from wampedge.runtime.changes import compare
from wampedge.runtime.ground import wiring_of
from wampedge_simulator.clock import SteppedClock
from wampedge_simulator.placing import part_makers
from wampedge_simulator.substrate import SimulatedSubstrate

DRIVER = '''
from dataclasses import dataclass
from wampedge.devices.driver import Driver, command, reading

@dataclass
class Step:
    height: float

class Lift(Driver, bus="i2c", addresses=(0x2A,), title="Lift"):
    """A lift."""
    height = reading("mm")
    async def read(self):
        return {"height": Step(float((await self.bus.read_u16(1)))).height}
'''
FILE = """\
wampedge = 1
node.name = "n"
[buses.b]
type = "i2c"
bus = 1
[drivers.lift]
module = "drivers/lift.py"
[devices.up]
driver = "lift"
bus = "b"
[devices.lamp]
driver = "led"
pin = 17
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "drivers").mkdir(mode=0o755)
    (tmp_path / "drivers" / "lift.py").write_text(DRIVER)
    return tmp_path


def checked(folder: Path, text: str = FILE) -> SiteConfig:
    config, problems = check(text, str(folder / "devices.toml"), {})
    assert problems == []
    assert config is not None
    return config


def mistakes(folder: Path, text: str = FILE) -> list[str]:
    return [
        f"{problem.line}: {problem.text} ({problem.hint})"
        for problem in check(text, str(folder / "devices.toml"), {})[1]
    ]


def test_a_driver_beside_the_file_is_a_driver(folder: Path) -> None:
    device = checked(folder).devices["up"]

    assert device.driver.name == "lift"
    assert device.driver.title == "Lift"
    assert list(device.channels) == ["height"]


def test_the_same_text_is_the_same_driver_and_another_restarts_its_devices_only(
    folder: Path,
) -> None:
    old = checked(folder)
    assert compare(old, checked(folder)).is_empty

    (folder / "drivers" / "lift.py").write_text(DRIVER + "\n# heavier\n")

    assert compare(old, checked(folder)).changed == ("up",)


def test_a_hundred_texts_leave_one_module_behind(folder: Path) -> None:
    seen = []
    for number in range(100):
        (folder / "drivers" / "lift.py").write_text(f"{DRIVER}\n# {number}\n")
        seen.append(weakref.ref(checked(folder).devices["up"].driver.driver_class))
    gc.collect()

    assert sum(each() is not None for each in seen) <= 2


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("def broken(:\n", "lift.py:1: invalid syntax"),
        ("x = 1\nraise SystemExit(3)\n", "lift.py:2: SystemExit: 3"),
        ("import not_there\n", "lift.py:1: ModuleNotFoundError"),
        ("x = 1\n", "has no class that is a Driver"),
        (DRIVER + DRIVER.replace("Lift(", "Other("), "has several drivers"),
    ],
)
def test_a_driver_that_cannot_be_used_is_told_once_with_its_line(
    folder: Path, source: str, told: str
) -> None:
    (folder / "drivers" / "lift.py").write_text(source)

    (mistake,) = mistakes(folder)

    assert mistake.startswith("7: drivers.lift.module cannot be used")
    assert told in mistake


@pytest.mark.parametrize(
    ("module", "told"),
    [
        ("../lift.py", "must be a .py or .toml file in the folder"),
        ("/etc/passwd", "must be a .py or .toml file in the folder"),
        ("drivers/none.py", "cannot be read: no such file"),
        ("drivers", "must be a .py or .toml file"),
    ],
)
def test_only_files_of_the_folder_are_drivers(folder: Path, module: str, told: str) -> None:
    (mistake,) = mistakes(folder, FILE.replace("drivers/lift.py", module))

    assert told in mistake


def test_a_file_that_others_may_write_is_refused(folder: Path) -> None:
    (folder / "drivers" / "lift.py").chmod(0o666)

    (mistake,) = mistakes(folder)

    assert "others may write" in mistake
    assert "chmod go-w" in mistake


def test_a_folder_that_others_may_write_is_refused(folder: Path) -> None:
    (folder / "drivers").chmod(0o777)

    assert "others may write" in mistakes(folder)[0]


def test_a_link_out_of_the_folder_is_refused(
    folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "lift.py"
    elsewhere.write_text(DRIVER)
    (folder / "drivers" / "lift.py").unlink()
    (folder / "drivers" / "lift.py").symlink_to(elsewhere)

    assert "in the folder of the device file" in mistakes(folder)[0]


def test_the_name_of_a_driver_of_ours_is_taken(folder: Path) -> None:
    text = FILE.replace("[drivers.lift]", "[drivers.relay]").replace('"lift"', '"led"')

    assert any("is the name of a driver of wampedge" in each for each in mistakes(folder, text))


def test_a_class_can_be_chosen(folder: Path) -> None:
    (folder / "drivers" / "lift.py").write_text(DRIVER + DRIVER.replace("Lift(", "Other("))
    text = FILE.replace('"drivers/lift.py"', '"drivers/lift.py"\nclass = "Other"')

    assert checked(folder, text).devices["up"].driver.driver_class.__name__ == "Other"
    (mistake,) = mistakes(folder, text.replace('"Other"', '"None_such"'))
    assert "has no Driver called None_such; it has Lift, Other" in mistake


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("while True:\n    pass\n", "its import does not end within 0.2 s"),
        ("import sys\nsys.exit(3)\n", "SystemExit: 3"),
        ("def f():\n    f()\nf()\n", "RecursionError"),
        ("import nowhere_to_be_found\n", "lift.py:1: ModuleNotFoundError: No module named"),
        ("x = (\n", "lift.py:1: '(' was never closed"),
        ("int('x')\n", "lift.py:1: ValueError: invalid literal"),
        ("\0", "lift.py:1: source code string cannot contain null bytes"),
    ],
)
def test_code_that_does_not_come_to_its_end_is_one_line(
    code: str, reason: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local_module, "IMPORT_LIMIT_S", 0.2)
    (folder / "drivers" / "lift.py").write_text(code)

    (mistake,) = mistakes(folder)

    assert reason in mistake


def test_what_a_driver_prints_is_no_answer_of_a_command(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "drivers" / "lift.py").write_text(f'print("here I am")\n{DRIVER}')
    checked(folder)

    assert capsys.readouterr() == ("", "here I am\n")


def test_only_so_many_files_are_remembered(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local_driver, "_MOST_KEPT", 3)
    for number in range(5):
        (folder / "drivers" / f"lift{number}.py").write_text(DRIVER)
        checked(folder, FILE.replace("lift.py", f"lift{number}.py"))

    assert len(local_driver._newest) == 3


def test_a_folder_above_that_others_may_write_is_refused(folder: Path) -> None:
    deep = folder / "drivers" / "own"
    deep.mkdir(mode=0o755)
    (deep / "lift.py").write_text(DRIVER)
    text = FILE.replace("drivers/lift.py", "drivers/own/lift.py")
    checked(folder, text)
    (folder / "drivers").chmod(0o777)

    (mistake,) = mistakes(folder, text)

    assert f"others may write {folder / 'drivers'}" in mistake


@pytest.mark.parametrize(
    ("part", "reason"),
    [
        ("PART = nothing\n", "lift_simulated.py:1: NameError: name 'nothing' is not defined"),
        ("x = 1\n", "lift_simulated.py does not say PART = the class of the simulated part"),
        ("PART = 3\n", "lift_simulated.py does not say PART = the class of the simulated part"),
        (
            "class PART:\n    power_up = None\n    lines = 'two'\n",
            "lift_simulated.py: lines of PART must be how many pins it offers",
        ),
    ],
)
def test_a_broken_simulated_part_is_told_by_check_and_stops_no_hardware(
    part: str, reason: str, folder: Path
) -> None:
    (folder / "drivers" / "lift_simulated.py").write_text(part)

    found = check_all(FILE, str(folder / "devices.toml"), {}, wants_warnings=True)

    assert found.config is not None
    (warning,) = found.warnings
    assert warning.text == f"drivers.lift.module has a simulated part that cannot be used: {reason}"
    assert warning.hint.startswith("mend or remove it")
    with pytest.raises(HardwareError, match="its simulated part cannot be used") as caught:
        part_makers(wiring_of(found.config).devices, {})
    assert reason in str(caught.value)
    assert caught.value.device == "up"


@pytest.mark.parametrize(
    "method",
    [
        "def __init__(self, wired, bench):\n        raise RuntimeError('no')",
        "@property\n    def target(self):\n        raise RuntimeError('no')",
    ],
)
def test_a_simulated_part_that_fails_when_it_is_placed_is_named(folder: Path, method: str) -> None:
    (folder / "drivers" / "lift_simulated.py").write_text(
        f"from wampedge_simulator.part import Part\nclass PART(Part):\n    {method}\n"
    )
    board = SimulatedSubstrate(wiring_of(checked(folder)), clock=SteppedClock())

    with pytest.raises(HardwareError, match="its simulated part fails: RuntimeError: no"):
        board.start()


def test_a_simulated_part_that_comes_or_changes_makes_another_driver(folder: Path) -> None:
    seen = [checked(folder)]
    part = folder / "drivers" / "lift_simulated.py"
    for text in ("", "x = 1\n"):
        part.write_text(text)
        seen.append(checked(folder))

    assert [compare(old, new).changed for old, new in pairwise(seen)] == [("up",), ("up",)]


def test_the_simulated_part_is_what_it_was_when_the_file_was_checked(folder: Path) -> None:
    part = folder / "drivers" / "lift_simulated.py"
    part.write_text("class PART:\n    power_up = None\n    name = 'first'\n")
    spec = checked(folder).devices["up"].driver
    part.write_text("raise RuntimeError('put there later')\n")

    assert local_driver.simulated_part_of(spec).name == "first"


MAP = """\
name = "lift"
title = "Lift"
datasheet = "none"
bus = "i2c"
addresses = [0x2a]
speed = "400kHz"
[[read]]
name = "word"
reg = 0x01
len = 2
[out.height]
from = "word"
[[test]]
doc = "3"
bus = [["01", "0003"]]
expect = { height = 3.0 }
"""


def test_a_map_is_named_like_its_driver(folder: Path) -> None:
    (folder / "drivers" / "lift.toml").write_text(MAP)
    text = FILE.replace("lift.py", "lift.toml")

    assert checked(folder, text).devices["up"].driver.name == "lift"
    (mistake,) = mistakes(
        folder,
        text.replace("[drivers.lift]", "[drivers.hoist]").replace(
            'driver = "lift"', 'driver = "hoist"'
        ),
    )
    assert "lift.toml is a map named lift: write [drivers.lift]" in mistake
