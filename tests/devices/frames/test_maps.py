"""Frame files: those that ship pass their vectors, and mistakes in them are told."""

from __future__ import annotations

from pathlib import Path

import pytest

from wampedge.devices.catalog import driver_file, driver_names
from wampedge.devices.frames.maps import load_frames
from wampedge.devices.frames.vectors import run_vector, vectors_of
from wampedge.devices.tomlfile import bus_of_file
from wampedge.devices.vector_context import VectorError
from wampedge.devices.vectors import run_vectors
from wampedge.errors import ConfigError

PARTS = [
    name
    for name in driver_names()
    if driver_file(name).suffix == ".toml" and bus_of_file(driver_file(name)) == "serial"
]
PART = """\
name = "part"
title = "A part"
bus = "serial"
datasheet = "none"
[frame]
header = "aa 55"
length = 6
checksum = { kind = "xor", at = 5 }
[out.level]
at = 2
size = 2
signed = true
scale = 0.1
unit = "mm"
[[test]]
bytes = "aa 55 ff 9c 00 9c"
expect = { level = -10.0 }
"""


def part_file(folder: Path, text: str) -> Path:
    path = folder / "part.toml"
    path.write_text(text)
    return path


def test_there_are_the_parts_of_the_list() -> None:
    assert {"mhz19", "pms5003", "pmsa003", "sds011"} <= set(PARTS)


@pytest.mark.parametrize("name", PARTS)
async def test_a_part_passes_its_vectors(name: str) -> None:
    assert await run_vectors(driver_file(name)) >= 3


@pytest.mark.parametrize("name", PARTS)
def test_a_part_has_a_vector_for_a_value_and_one_for_a_fault(name: str) -> None:
    vectors = vectors_of(driver_file(name))

    assert any(vector["expect"] for vector in vectors)
    assert any(vector["error"] or vector["bad"] or not vector["frames"] for vector in vectors)


async def test_a_file_declares_a_driver(tmp_path: Path) -> None:
    path = part_file(tmp_path, PART)
    spec = load_frames(path)

    assert (spec.name, spec.bus, spec.is_polled) == ("part", "serial", False)
    assert spec.channels["level"].unit == "mm"
    await run_vector(spec, vectors_of(path)[0])


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("length = 6", "length = 2", "frame.checksum: is not within the 2 bytes"),
        ("length = 6", "length = 1", "frame.length: must be 2 to 4096"),
        ("length = 6", "", "frame.length: is missing"),
        ('"xor"', '"pec"', "frame.checksum.kind: must be"),
        ("at = 2", "at = 5", "out.level: goes beyond the 6 bytes"),
        ("signed = true", "float = true", "out.level: a float has a size of 4 or 8"),
        ("signed = true", "shift = 9\nbits = 8", "out.level: shift and bits go beyond 2 bytes"),
        ("[out.level]", "[out.read]", "out.read: is a word of the driver API"),
        ('name = "part"', 'name = "else"', "must be the name of the file"),
        ("aa 55 ff", "aa 55 f", "pairs of hexadecimal digits"),
    ],
)
def test_mistakes_of_a_file_are_told(tmp_path: Path, old: str, new: str, complaint: str) -> None:
    with pytest.raises(ConfigError, match=complaint):
        load_frames(part_file(tmp_path, PART.replace(old, new, 1)))


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("level = -10.0", "level = 10.0", r"level is -10\.0, wanted 10\.0"),
        ("00 9c", "00 9d", "found 0 frames, wanted 1"),
        ('bytes = "aa', 'error = "BadReadingError"\nbytes = "aa', "wanted BadReadingError"),
    ],
)
async def test_a_vector_that_does_not_come_out_says_how(
    tmp_path: Path, old: str, new: str, complaint: str
) -> None:
    path = part_file(tmp_path, PART.replace(old, new, 1))

    with pytest.raises(VectorError, match=complaint):
        await run_vector(load_frames(path), vectors_of(path)[0])
