"""The Modbus part and the frame of drivers/README.md are drivers, and their tables are complete."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from wampedge.devices.catalog import driver_file
from wampedge.devices.frames import maps as frame_maps
from wampedge.devices.frames import vectors as frame_vectors
from wampedge.devices.frames.format import FRAME_CHECKSUMS
from wampedge.devices.frames.keys import PLACE_KEYS
from wampedge.devices.modbus import maps as part_maps
from wampedge.devices.modbus import vectors as part_vectors
from wampedge.devices.modbus.keys import REGISTER_KEYS
from wampedge.devices.modbus.registers import TYPES

README = (driver_file("relay").parents[2] / "README.md").read_text()


def example(folder: Path, name: str) -> Path:
    found = re.search(rf'```toml\n(name = "{name}"\n.*?)```', README, re.DOTALL)
    assert found is not None
    path = folder / f"{name}.toml"
    path.write_text(found[1])
    return path


def section(title: str) -> str:
    return README.split(f"\n## {title}\n")[1].split("\n## ")[0]


async def test_the_modbus_part_passes_its_vectors(tmp_path: Path) -> None:
    path = example(tmp_path, "xy_md02")
    vectors = part_vectors.vectors_of(path)

    for vector in vectors:
        await part_vectors.run_vector(part_maps.load_part(path), vector)
    assert len(vectors) == 2


async def test_the_frame_passes_its_vector(tmp_path: Path) -> None:
    path = example(tmp_path, "sds011")
    (vector,) = frame_vectors.vectors_of(path)

    await frame_vectors.run_vector(frame_maps.load_frames(path), vector)


@pytest.mark.parametrize(
    ("title", "words"),
    [
        (
            "A Modbus part",
            [*part_maps.PART.fields, *REGISTER_KEYS, *part_maps.VECTOR.fields, *TYPES],
        ),
        ("A part that sends frames", [*PLACE_KEYS, *FRAME_CHECKSUMS]),
    ],
)
def test_every_key_is_in_its_table(title: str, words: list[Any]) -> None:
    text = section(title)
    left_out = {"name", "bus", "test", "commands", "registers"}

    missing = [word for word in words if f"`{word}`" not in text and word not in left_out]

    assert missing == []
