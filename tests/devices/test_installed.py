"""Drivers of installed packages, found by entry points."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from wampedge.cli import main
from wampedge.devices.catalog import UnknownDriverError, find_driver
from wampedge.errors import ConfigError
from wampedge_simulator.catalog import find_part

jsonschema: Any = pytest.importorskip("jsonschema")

DRIVER = '''
from wampedge.devices.driver import Driver, reading
class Lift(Driver, bus="i2c", addresses=(0x2A,), title="Acme lift"):
    """A lift."""
    height = reading("mm")
    async def read(self):
        return {"height": 1.0}
'''
PART = """
from wampedge_simulator.part import Part
class PART(Part):
    pass
"""


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Return a function that installs a package with a driver, for this test alone."""

    def put(package: str, value: str, *, driver: str = DRIVER) -> None:
        (tmp_path / f"{package}.py").write_text(driver + PART)
        folder = tmp_path / f"{package}-1.0.dist-info"
        folder.mkdir()
        (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
        (folder / "entry_points.txt").write_text(
            f"[wampedge.drivers]\nacme_lift = {package}:{value}\n"
            f"[wampedge.simulated_parts]\nacme_lift = {package}:PART\n"
        )

    monkeypatch.syspath_prepend(str(tmp_path))
    find_driver.cache_clear()
    yield put
    find_driver.cache_clear()


def test_a_driver_of_a_package_is_found_with_its_simulated_part(
    install: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    install("acme_one", "Lift")

    spec, part = find_driver("acme_lift"), find_part("acme_lift")

    assert (spec.name, spec.title, list(spec.channels)) == ("acme_lift", "Acme lift", ["height"])
    assert part is not None
    assert part.__module__ == "acme_one"
    assert main(["drivers"]) == 0
    assert "acme_lift" in capsys.readouterr().out


def test_two_packages_with_one_name_are_told(install: Callable[..., None]) -> None:
    install("acme_two", "Lift")
    install("acme_three", "Lift")

    with pytest.raises(ConfigError, match="acme_three and acme_two both bring a driver acme_lift"):
        find_driver("acme_lift")


@pytest.mark.parametrize(
    ("package", "value", "told"),
    [
        ("acme_four", "None_such", "cannot be loaded: AttributeError"),
        ("acme_five", "reading", "is no Driver class"),
    ],
)
def test_an_entry_point_that_cannot_be_used_is_told(
    install: Callable[..., None], package: str, value: str, told: str
) -> None:
    install(package, value)

    with pytest.raises(ConfigError, match=told):
        find_driver("acme_lift")


def test_a_name_nobody_brings_is_unknown_as_ever() -> None:
    with pytest.raises(UnknownDriverError):
        find_driver("acme_lift")


def test_the_schema_of_this_machine_knows_drivers_of_packages(
    install: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    install("acme_four", "Lift")

    assert main(["schema"]) == 0

    schema = json.loads(capsys.readouterr().out)
    file: dict[str, Any] = {
        "wampedge": 1,
        "node": {"name": "n"},
        "buses": {"b": {"type": "i2c", "bus": 1}},
        "devices": {"up": {"driver": "acme_lift", "bus": "b"}},
    }
    jsonschema.validate(file, schema)
    file["devices"] = {"up": {"driver": "acme_lift", "bus": "b", "hight": 3}}
    with pytest.raises(jsonschema.ValidationError, match="hight"):
        jsonschema.validate(file, schema)


@pytest.mark.parametrize(
    ("package", "driver", "told"),
    [
        ("acme_six", "raise ValueError('no')\n", "cannot be loaded: ValueError: no"),
        ("acme_seven", "raise SystemExit(3)\n", "cannot be loaded: SystemExit: 3"),
    ],
)
def test_a_package_that_cannot_be_used_is_left_out_of_the_schema(
    install: Callable[..., None],
    capsys: pytest.CaptureFixture[str],
    package: str,
    driver: str,
    told: str,
) -> None:
    install(package, "Lift", driver=driver)

    assert main(["schema"]) == 0

    said = capsys.readouterr()
    assert "bme280" in said.out
    assert "acme_lift" not in said.out
    assert said.err == f"wampedge schema: left out: acme_lift of {package} {told}\n"
