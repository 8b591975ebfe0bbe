from __future__ import annotations

import json

from wampedge.cli.check_formats import report
from wampedge.config import Problem, Related

PROBLEM = Problem(
    "a,b.toml", 2, 7, 9, "devices.a.pin must be 0 to 27, got 99%", "use 17", "value",
    (Related(1, 2, 3, "here"), Related(4, 5, 6, "there", "lib/c.toml")),
)  # fmt: skip
WARNING = Problem("f", 1, 1, 2, "x", code="unused-bus", severity="warning")
TEXTS = {"a,b.toml": "[devices.a]\npin = 99\n", "lib/c.toml": "\n\n\nabcdefg\n", "f": "x"}


def test_full_shows_excerpts_and_counts_both_kinds() -> None:
    text = report([PROBLEM, WARNING], TEXTS, form="full")

    assert " ::: lib/c.toml:4:5\n4 | abcdefg\n  |     - there\n" in text
    assert text.endswith(
        "warning: x\n --> f:1:1\n  |\n1 | x\n  | ^\n\na,b.toml, f: 1 error, 1 warning"
    )


def test_concise_is_one_line_that_editors_can_follow() -> None:
    assert report([PROBLEM, WARNING], TEXTS, form="concise") == (
        "a,b.toml:2:7: error: devices.a.pin must be 0 to 27, got 99% (use 17) [value]\n"
        "f:1:1: warning: x [unused-bus]"
    )


def test_json_is_one_object_a_line() -> None:
    first, second = report([PROBLEM, WARNING], TEXTS, form="json").splitlines()

    assert json.loads(first) == {
        "severity": "error", "file": "a,b.toml", "line": 2, "column": 7, "end_column": 9,
        "code": "value", "text": "devices.a.pin must be 0 to 27, got 99%", "hint": "use 17",
        "related": [
            {"file": "a,b.toml", "line": 1, "column": 2, "end_column": 3, "text": "here"},
            {"file": "lib/c.toml", "line": 4, "column": 5, "end_column": 6, "text": "there"},
        ],
    }  # fmt: skip
    assert json.loads(second)["severity"] == "warning"


def test_github_gets_workflow_commands_with_everything_escaped() -> None:
    assert report([PROBLEM, WARNING], TEXTS, form="github") == (
        "::error file=a%2Cb.toml,line=2,endLine=2,col=7,endColumn=9,title=wampedge%3A value"
        "::devices.a.pin must be 0 to 27, got 99%25 (use 17)\n"
        "::warning file=f,line=1,endLine=1,col=1,endColumn=2,title=wampedge%3A unused-bus::x"
    )
