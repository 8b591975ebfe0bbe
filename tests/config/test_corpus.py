"""Schema and checker agree, file by file.

Each file of ``corpus/bad`` says in its first line what the checker finds. The schema refuses it as
well, unless the second line says why only the checker can know.
"""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import pytest
import tomli

from wampedge.config import check
from wampedge.config.schema import json_schema

jsonschema = pytest.importorskip("jsonschema")
CORPUS = Path(__file__).parent / "corpus"
GOOD = sorted((CORPUS / "good").glob("*.toml"))
BAD = sorted((CORPUS / "bad").glob("*.toml"))
ENVIRON = {"NO": "7", "LEVEL": "low", "EVERY": "10s", "TICKET": "t"}
_ERROR = "# error: "
_WHY = "# only the checker knows: "


@functools.cache
def validator() -> Any:
    return jsonschema.Draft202012Validator(json_schema())


def found(file: Path) -> list[str]:
    return [problem.text for problem in check(file.read_text(), str(file), ENVIRON)[1]]


def fits(file: Path) -> bool:
    return bool(validator().is_valid(tomli.loads(file.read_text())))


@pytest.mark.parametrize("file", GOOD, ids=lambda file: file.stem)
def test_a_good_file_is_good_for_both(file: Path) -> None:
    assert found(file) == []
    assert fits(file)


@pytest.mark.parametrize("file", BAD, ids=lambda file: file.stem)
def test_a_bad_file_is_bad_for_both_or_says_why_not(file: Path) -> None:
    first, second, *_ = file.read_text().splitlines()
    error = first.removeprefix(_ERROR)
    problems = found(file)

    assert len(problems) == 1, problems
    assert error in problems[0]
    assert fits(file) == second.startswith(_WHY)


def test_the_corpus_is_there() -> None:
    assert (len(GOOD), len(BAD)) >= (15, 60)
