"""Rules of CONTRIBUTING.md that no linter knows."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("wampedge", "drivers/wampedge_drivers", "simulator/wampedge_simulator")

LONGEST_FILE = 400
LONGEST_FUNCTION = 40
VAGUE = {"Manager", "Helper", "Util", "Utils", "Handler", "Data", "Info", "Generic", "Mock"}
SILENCED_WITHOUT_REASON = re.compile(
    r"#\s*(noqa(:\s*[A-Z0-9, ]+)?|type:\s*ignore(\[[\w, -]+\])?|pragma:\s*no cover)\s*$"
)
UNFINISHED = re.compile(r"#\s*(TODO|FIXME|XXX)\b(?!\W*#\d+)")


@cache
def _sources() -> dict[Path, str]:
    """Text of every module that is shipped, by its path below the repository."""
    return {
        path.relative_to(ROOT): path.read_text()
        for package in PACKAGES
        for path in sorted((ROOT / package).rglob("*.py"))
    }


@cache
def _all_python() -> dict[Path, str]:
    """Text of every module of the project, tests included."""
    tests = {path.relative_to(ROOT): path.read_text() for path in (ROOT / "tests").rglob("*.py")}
    return _sources() | tests


def _nodes(*kinds: type[ast.AST]) -> Iterator[tuple[Path, ast.AST]]:
    for path, text in _sources().items():
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, kinds):
                yield path, node


def _lines_with(pattern: re.Pattern[str]) -> list[str]:
    return [
        f"{path}:{number}: {line.strip()}"
        for path, text in _all_python().items()
        for number, line in enumerate(text.splitlines(), 1)
        if pattern.search(line)
    ]


def test_no_file_is_longer_than_a_reader_can_hold() -> None:
    lengths = {path: text.count("\n") for path, text in _all_python().items()}

    assert {path: length for path, length in lengths.items() if length > LONGEST_FILE} == {}


def test_no_function_is_longer_than_a_screen() -> None:
    """The docstring does not count."""
    long = []
    for path, node in _nodes(ast.FunctionDef, ast.AsyncFunctionDef):
        assert isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef), "asked for no other"
        length = (node.end_lineno or node.lineno) - node.lineno + 1
        if ast.get_docstring(node) is not None:
            length -= (node.body[0].end_lineno or 0) - node.body[0].lineno + 1
        if length > LONGEST_FUNCTION:
            long.append(f"{path}:{node.lineno}: {node.name} has {length} lines")

    assert long == []


def test_every_module_lists_its_public_names() -> None:
    """A package that only groups modules, a ``__main__`` and tests to start from have none."""
    missing = [
        str(path)
        for path, text in _sources().items()
        if path.name != "__main__.py"
        and not path.name.endswith("_test.py")
        and len(ast.parse(text).body) > 1
        and not re.search(r"^__all__\b", text, flags=re.MULTILINE)
    ]

    assert missing == []


def test_class_names_say_what_the_class_is() -> None:
    vague = []
    for path, node in _nodes(ast.ClassDef):
        assert isinstance(node, ast.ClassDef), "asked for no other"
        if VAGUE & set(re.findall(r"[A-Z][a-z0-9]*", node.name)):
            vague.append(f"{path}:{node.lineno}: {node.name}")

    assert vague == []


def test_every_silenced_check_has_a_reason_on_its_line() -> None:
    assert _lines_with(SILENCED_WITHOUT_REASON) == []


def test_nothing_unfinished_is_left_without_an_issue_number() -> None:
    assert _lines_with(UNFINISHED) == []
