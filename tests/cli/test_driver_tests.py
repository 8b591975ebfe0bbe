"""``wampedge drivers test``: which vectors pass, and what is told of one that does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from wampedge.cli import main
from wampedge.devices.catalog import driver_file


def test_the_vectors_of_a_driver_pass(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["drivers", "test", "sht3x"]) == 0

    assert capsys.readouterr().out == "ok   sht3x: 6 vectors, round trip of 5 values\n"


def test_all_drivers_are_tested_when_none_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["drivers", "test"]) == 0

    lines = capsys.readouterr().out.splitlines()
    assert any(line.startswith("ok   scd4x: 6 vectors, round trip of ") for line in lines)
    assert "ok   relay: no round trip: its device file must say more" in lines
    assert "ok   ssd1306: no round trip: its part senses nothing" in lines
    assert all(line.startswith("ok   ") for line in lines)


def test_a_vector_that_fails_tells_what_was_found_and_wanted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "lm75.toml"
    path.write_text(driver_file("lm75").read_text().replace("= 25.125 }", "= 26 }"))

    assert main(["drivers", "test", str(path)]) == 1

    captured = capsys.readouterr()
    assert captured.out.startswith("FAIL lm75: 25.125 °C: 201 steps: temperature is 25.125,")
    assert captured.err == "1 failed\n"


def test_a_file_with_mistakes_tells_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "part.toml"
    path.write_text('name = "part"\nbus = "i2c"\n')

    assert main(["drivers", "test", str(path)]) == 1

    assert "FAIL part: part.toml: " in capsys.readouterr().out


def test_a_driver_that_is_not_there_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["drivers", "test", "sht3"]) == 1

    assert "did you mean" in capsys.readouterr().err


def test_a_python_driver_is_tried_on_its_part(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["drivers", "test", "bme280"]) == 0

    assert capsys.readouterr().out == "ok   bme280: round trip of 6 values\n"


def test_a_driver_of_ones_own_that_disagrees_with_its_part_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    main(["new", "driver", "gauge"])
    driver = tmp_path / "drivers" / "gauge.py"
    capsys.readouterr()

    assert main(["drivers", "test", "drivers/gauge.py"]) == 0
    assert capsys.readouterr().out == "ok   gauge: round trip of 2 values\n"

    driver.write_text(driver.read_text().replace("word / 10", "word / 9"), encoding="utf-8")
    assert main(["drivers", "test", "drivers/gauge.py"]) == 1
    first = capsys.readouterr().out.splitlines()[0]
    assert first.startswith(
        "FAIL gauge: round trip: level: the part senses 1250 mm, read is 1388.88"
    )
