"""Register files: those that ship pass their vectors, and mistakes in them are told."""

from __future__ import annotations

from pathlib import Path

import pytest

from wampedge.devices.catalog import driver_file, driver_names
from wampedge.devices.modbus.maps import load_part
from wampedge.devices.modbus.vectors import vectors_of
from wampedge.devices.tomlfile import bus_of_file
from wampedge.devices.vector_context import VectorError
from wampedge.devices.vectors import run_vectors
from wampedge.errors import ConfigError

PARTS = [
    name
    for name in driver_names()
    if driver_file(name).suffix == ".toml" and bus_of_file(driver_file(name)) == "modbus"
]

PART = """\
name = "part"
title = "A part"
bus = "modbus"
datasheet = "none"
unit_id = 9
[registers.level]
input = 0x0003
unit = "mm"
limits = [0, 500]
[[test]]
bus = [["09 04 0003 0001 c082", "09 04 02 019a d90a"]]
expect = { level = 410 }
"""


def part_file(folder: Path, text: str) -> Path:
    path = folder / "part.toml"
    path.write_text(text)
    return path


@pytest.mark.parametrize("name", PARTS)
async def test_a_part_passes_its_vectors(name: str) -> None:
    assert await run_vectors(driver_file(name)) >= 2


@pytest.mark.parametrize("name", PARTS)
def test_a_part_has_a_vector_for_a_value_and_one_for_a_fault(name: str) -> None:
    vectors = vectors_of(driver_file(name))

    assert any(vector["expect"] for vector in vectors)
    assert any(vector["error"] or vector["bad"] for vector in vectors)


def test_there_are_the_parts_of_the_list() -> None:
    assert {"pzem004t", "sdm120", "sdm630", "senseair_s8", "xy_md02"} <= set(PARTS)


def test_a_file_declares_a_driver(tmp_path: Path) -> None:
    spec = load_part(part_file(tmp_path, PART))

    assert (spec.name, spec.bus, spec.unit_id, spec.is_polled) == ("part", "modbus", 9, True)
    assert spec.channels["level"].unit == "mm"
    assert (spec.driver_class.__doc__ or "").startswith("A part.")


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("unit_id = 9", "unit_id = 0", "unit_id: must be 1 to 255"),
        ("input = 0x0003", "inputs = 3", "registers.level.inputs: is not a known key"),
        ("input = 0x0003", "", "registers.level: needs one of input"),
        ("[registers.level]", "[registers.setup]", "registers.setup: is a word of the driver API"),
        ('name = "part"', 'name = "other"', "must be the name of the file"),
        ("title", "title =", "is no TOML"),
        ("c082", "c08", "pairs of hexadecimal digits"),
    ],
)
def test_mistakes_of_a_file_are_told(tmp_path: Path, old: str, new: str, complaint: str) -> None:
    with pytest.raises(ConfigError, match=complaint):
        load_part(part_file(tmp_path, PART.replace(old, new, 1)))


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("level = 410", "level = 411", "level is 410, wanted 411"),
        ("0003 0001 c082", "0004 0001 7143", "asked 090400030001c082, which the vector does not"),
        ("019a d90a", "019a d90b", "is no answer"),
    ],
)
async def test_a_vector_that_does_not_come_out_says_how(
    tmp_path: Path, old: str, new: str, complaint: str
) -> None:
    from wampedge.devices.modbus.vectors import run_vector

    path = part_file(tmp_path, PART.replace(old, new, 1))

    with pytest.raises(VectorError, match=complaint):
        await run_vector(load_part(path), vectors_of(path)[0])
