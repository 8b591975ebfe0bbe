"""Reports as people see them: each ``tests/golden/*.toml`` beside the report on it.

``python -m tests.config.test_golden`` writes the reports anew; read the difference before you
commit it.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from wampedge.config import check, render

GOLDEN = Path(__file__).parents[1] / "golden"
FILES = sorted(GOLDEN.glob("*.toml"))


def report_on(file: Path) -> str:
    source = file.read_text("utf-8")
    _, problems = check(source, f"tests/golden/{file.name}", {})
    return render(problems, source) + "\n"


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_the_report_reads_as_it_should(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(GOLDEN.parents[1])  # paths in a file are relative to it, so to the project

    assert report_on(file) == file.with_suffix(".txt").read_text("utf-8")


def test_the_mistakes_people_make_most_are_all_in_one_report() -> None:
    report = (GOLDEN / "ten_mistakes.txt").read_text("utf-8")

    for wanted in (
        "devices.pump is defined twice",
        "GPIO17 is used twice",
        "devices.fan.pin must be GPIO0 to GPIO27, got 99",
        "address 0x44 on i2c1 is used twice",
        "must be 0x08 to 0x77, got 0x00",
        "must be 0x08 to 0x77, got 0x78",
        'buses.rs232.baud must be a whole number, got "fast"',
        "devices.outside.intervall is not a known key",
        'must be a duration such as "30s", got 0',
        'must be a duration such as "30s", got -1',
        'must be a duration such as "30s", got nan',
        'must be a duration such as "30s", got 30',
        'must be a duration such as "30s", got "1 s"',
        'joined by dots, got "edge..{secret}"',
        'must be the name of a driver, got "bme28"',
        'must be a declared bus, got "i2c2"',
        "must be of type i2c, and rs232 is of type serial",
        "router.listen[1] can be reached from other machines",
        "devices.status must not be a reserved name",
    ):
        assert f"error: {wanted}" in report or wanted in report


def test_twelve_mistakes_are_told_in_one_run_each_with_place_excerpt_and_fix() -> None:
    file = GOLDEN / "twelve_mistakes.toml"
    lines = file.read_text("utf-8").splitlines()

    _, problems = check(file.read_text("utf-8"), "f.toml", {})

    expected = [
        ("30", "must be a duration", 'write "30s"'),
        ("adress", "templates.slow.adress is not a known key", "did you mean address"),
        ('"V"', "must be Pa or convert to it", "units that fit: Pa, mPa, hPa"),
        ("0x78", "must be 0x08 to 0x77, got 0x78", "this part has 0x76, 0x77"),
        ('"sloow"', "must be a template", "did you mean slow?"),
        ("intervall", "is not a known key", "did you mean every?"),
        ('"usb"', "must be of type i2c, and usb is of type serial", "i2c buses: i2c1"),
        ('"2V"', "devices.power.shunt must be", "units that fit:"),
        ('"rellay"', "must be the name of a driver", "did you mean relay?"),
        ('"header:11"', "GPIO17 is used twice: by fan.pin and lamp.pin", "a line serves one"),
        ('"header:6"', "must be a line, got", "5 is the nearest that is: GPIO3"),
        ("status", "must not be a reserved name", "reserved: config"),
    ]
    assert len(problems) == 12
    for problem, (marked, text, hint) in zip(problems, expected, strict=True):
        assert lines[problem.line - 1][problem.column - 1 : problem.end_column - 1] == marked
        assert text in problem.text
        assert hint in problem.hint


if __name__ == "__main__":
    for golden in FILES:
        golden.with_suffix(".txt").write_text(report_on(golden), "utf-8")
