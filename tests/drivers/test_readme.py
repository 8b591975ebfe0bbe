"""The examples of drivers/README.md are drivers."""

from __future__ import annotations

import re
import types
from pathlib import Path

import pytest

from tests.support.driving import driver_of
from tests.support.virtual import virtual
from wampedge.devices.catalog import driver_file
from wampedge.devices.driver import Driver, spec_of
from wampedge.devices.expressions import FUNCTIONS
from wampedge.devices.registermap import load_map, run_vector, vectors_of
from wampedge.devices.registermap.schema import MAP, OUT, READ, TEMPLATE, VECTOR
from wampedge.devices.registermap.vectors import RecordedBus
from wampedge.errors import BadReadingError

README = (driver_file("relay").parents[2] / "README.md").read_text()


def example(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", README, re.DOTALL)
    assert found is not None
    return found[1]


async def test_the_register_map_passes_its_vectors(tmp_path: Path) -> None:
    path = tmp_path / "tmp117.toml"
    path.write_text(example("toml"))
    spec = load_map(path)

    for vector in vectors_of(path):
        await run_vector(spec, vector)

    assert spec.channels["temperature"].unit == "°C"


def bh1750() -> type[Driver]:
    module = types.ModuleType("wampedge_drivers.i2c.bh1750")
    exec(example("python"), module.__dict__)
    driver: type[Driver] = module.__dict__["BH1750"]
    return driver


@virtual
async def test_the_python_driver_reads_the_vector_of_the_datasheet() -> None:
    bus = RecordedBus([(b"", b"\x83\x90"), (b"", b"\xff\xff")])
    driver = driver_of(bh1750(), bus=bus)

    assert await driver.read() == {"illuminance": pytest.approx(28066.7, abs=0.05)}
    with pytest.raises(BadReadingError):
        await driver.read()
    await driver.run_command("power_down", {})
    assert bus.writes == [b"\x20", b"\x20", b"\x00"]


def test_the_python_driver_has_at_most_30_lines_of_code() -> None:
    assert spec_of(bh1750()).name == "bh1750"
    code = example("python").partition('"""\n\n')[2]
    assert len([line for line in code.splitlines() if line.strip()]) <= 30


def test_the_table_lists_every_key_of_the_vocabulary() -> None:
    words = set(re.findall(r"[a-z_]+", README.partition("| table |")[2].partition("\n\n")[0]))

    for table in (MAP, READ, OUT, VECTOR, TEMPLATE):
        assert set(table.fields) <= words | {"out", "read", "test", "id", "init"}


def test_the_text_lists_every_function_of_expressions() -> None:
    assert f"`{' '.join(sorted(FUNCTIONS))}`" in README
