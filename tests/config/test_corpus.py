"""Schema and checker agree, file by file.

Each file of ``corpus/bad`` says in its first line what the checker finds. The schema refuses it as
well, unless the second line says why only the checker can know.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import tomli

from tests.support.circuitpython_modules import installing_in
from wampedge.config import check
from wampedge.config.schema import json_schema

jsonschema = pytest.importorskip("jsonschema")
CORPUS = Path(__file__).parent / "corpus"
GOOD = sorted((CORPUS / "good").glob("*.toml"))
BAD = sorted((CORPUS / "bad").glob("*.toml"))
ENVIRON = {"NO": "7", "LEVEL": "low", "EVERY": "10s", "TICKET": "t"}
_ERROR = "# error: "
_WHY = "# only the checker knows: "


FLAG = '''
from wampedge.devices.driver import Driver, param, reading
from wampedge.devices.fields import Number

class Flag(Driver, bus="i2c", addresses=(0x20, 0x21), title="A flag"):
    """Says where it is."""
    length: float = param(Number(0.0, 100.0), 2.0)
    position = reading("")
    async def read(self):
        return {"position": 1.0}
'''
FLAGPOLE = '''
class Flagpole:
    """Knows how high its flag is."""
    def __init__(self, i2c, address=0x20):
        pass

    @property
    def position(self) -> float:
        return 1.0
'''


@pytest.fixture(scope="module", autouse=True)
def validator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The schema on a machine with a package that brings a driver, and one for CircuitPython."""
    folder = tmp_path_factory.mktemp("site-packages")
    package = folder / "acme_flag-1.0.dist-info"
    package.mkdir()
    (package / "METADATA").write_text("Metadata-Version: 2.1\nName: acme_flag\nVersion: 1.0\n")
    entry_points = "[wampedge.drivers]\nacme_flag = acme_flag:Flag\n"
    (package / "entry_points.txt").write_text(entry_points)
    with pytest.MonkeyPatch.context() as monkeypatch, installing_in(folder, monkeypatch) as install:
        install("acme_flag", FLAG)
        install("adafruit_flagpole", FLAGPOLE)
        yield jsonschema.Draft202012Validator(json_schema(["acme_flag"]))
        sys.modules.pop("acme_flag", None)


def found(file: Path) -> list[str]:
    return [problem.text for problem in check(file.read_text(), str(file), ENVIRON)[1]]


def fits(file: Path, validator: Any) -> bool:
    return bool(validator.is_valid(tomli.loads(file.read_text())))


@pytest.mark.parametrize("file", GOOD, ids=lambda file: file.stem)
def test_a_good_file_is_good_for_both(file: Path, validator: Any) -> None:
    assert found(file) == []
    assert fits(file, validator)


@pytest.mark.parametrize("file", BAD, ids=lambda file: file.stem)
def test_a_bad_file_is_bad_for_both_or_says_why_not(file: Path, validator: Any) -> None:
    first, second, *_ = file.read_text().splitlines()
    error = first.removeprefix(_ERROR)
    problems = found(file)

    assert len(problems) == 1, problems
    assert error in problems[0]
    assert fits(file, validator) == second.startswith(_WHY)


def test_the_corpus_is_there() -> None:
    assert (len(GOOD), len(BAD)) >= (15, 60)
