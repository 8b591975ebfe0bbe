"""Ports that are found by what is plugged in, or where."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from wampedge.devices.contracts import PortMatch
from wampedge.errors import HardwareError
from wampedge.hardware.ports import find_port


def port(device: Path, vid: int | None = 0x1546, pid: int | None = 0x01A8, serial: str = "") -> Any:
    return SimpleNamespace(device=str(device), vid=vid, pid=pid, serial_number=serial or None)


@pytest.fixture
def nodes(tmp_path: Path) -> list[Path]:
    """Three device nodes, and links that say where they are plugged in."""
    made = [tmp_path / f"ttyUSB{number}" for number in range(3)]
    folder = tmp_path / "by-path"
    folder.mkdir()
    for number, node in enumerate(made):
        node.touch()
        (folder / f"platform-3f980000.usb-usb-0:1.{number}:1.0-port0").symlink_to(node)
    return made


def test_a_port_is_found_by_the_numbers_of_its_device(nodes: list[Path]) -> None:
    ports = [port(nodes[0], 0x0403, 0x6001), port(nodes[1]), port(nodes[2], None, None)]

    assert find_port(PortMatch(vid="1546", pid="01a8"), ports=lambda: ports) == str(nodes[1])


def test_two_alike_are_told_apart_by_serial_number_or_place(nodes: list[Path]) -> None:
    ports = [port(nodes[0], serial="A1"), port(nodes[1], serial="B2")]
    by_path = nodes[0].parent / "by-path"

    def found(**match: str) -> str:
        return find_port(PortMatch(**match), ports=lambda: ports, by_path=by_path)

    assert found(vid="1546", serial="B2") == str(nodes[1])
    assert found(vid="1546", path="platform-*-usb-0:1.0:*") == str(nodes[0])
    with pytest.raises(HardwareError, match=r"2 serial ports with vid 1546: .*say more in match"):
        found(vid="1546")


@pytest.mark.parametrize("match", [PortMatch(vid="ffff"), PortMatch(path="nowhere-*")])
def test_a_port_that_is_not_plugged_in_is_told_with_what_to_look_at(
    nodes: list[Path], match: PortMatch
) -> None:
    with pytest.raises(HardwareError, match=r"no serial port with .*`lsusb`"):
        find_port(match, ports=lambda: [port(nodes[0])], by_path=nodes[0].parent / "by-path")


def test_a_machine_without_the_folder_of_places_has_none(tmp_path: Path) -> None:
    with pytest.raises(HardwareError, match="no serial port with path x"):
        find_port(PortMatch(path="x"), ports=lambda: [port(tmp_path)], by_path=tmp_path / "missing")
