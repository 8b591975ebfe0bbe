"""Chips behind multiplexers: a table stands for the bus, or simulated chips do."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.support.device_file import config_of, site
from wampedge.errors import BusError, HardwareError
from wampedge.hardware.mux_probing import who_else
from wampedge.hardware.probing import Lack, probe_site
from wampedge.runtime.ground import wiring_of
from wampedge_simulator.clock import SteppedClock
from wampedge_simulator.substrate import SimulatedSubstrate

I2C = '[buses.i2c1]\ntype = "i2c"\nbus = 1\n'
MUX = I2C + '[devices.mux]\ndriver = "tca9548a"\nbus = "i2c1"\n'
AIR = '[devices.air]\ndriver = "bme280"\nbus = "mux:3"\naddress = 0x76\n'
INNER = (
    '[devices.inner]\ndriver = "tca9548a"\nbus = "mux:5"\naddress = 0x71\n'
    '[devices.deep]\ndriver = "bme280"\nbus = "inner:0"\naddress = 0x77\n'
)


class Board:
    """Multiplexers 0x70 at the board and 0x71 behind its channel 5, and chips behind them.

    Args:
        chips: (channel of 0x70, address), or (None, address) on the bus of the board.
        inner: (channel of 0x71, address).
        absent: multiplexers that are not there.
    """

    name = "/dev/i2c-1"

    def __init__(
        self,
        chips: Sequence[tuple[int | None, int]] = (),
        inner: Sequence[tuple[int, int]] = (),
        absent: Sequence[int] = (),
    ) -> None:
        self.chips, self.inner = chips, inner
        self.control = {address: 0xFF for address in (0x70, 0x71) if address not in absent}
        self.is_open = True

    def transfer(self, address: int, messages: Sequence[bytes | int]) -> list[bytes]:
        """Switch a multiplexer, or let a chip answer that can be heard."""
        outer = self.control.get(0x70, 0)
        if address in self.control and (address == 0x70 or outer >> 5 & 1):
            for message in messages:
                if isinstance(message, bytes):
                    self.control[address] = message[0]
            return [bytes([self.control[address]])]
        heard = [chip for channel, chip in self.chips if channel is None or outer >> channel & 1]
        if outer >> 5 & 1:
            heard += [c for channel, c in self.inner if self.control.get(0x71, 0) >> channel & 1]
        if address not in heard:
            raise BusError("no acknowledge", errno=121)
        return [b"\x00"]

    def close(self) -> None:
        """Note that it was closed."""
        self.is_open = False


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "dev").mkdir()
    (tmp_path / "dev/gpiochip0").touch()
    (tmp_path / "dev/i2c-1").touch()
    return tmp_path


def lacks(text: str, root: Path, board: Board) -> list[tuple[str, str]]:
    def answers(bus: str, address: int) -> bool:
        try:
            board.transfer(address, [1])
        except BusError:
            return False
        return True

    found = probe_site(
        config_of(site(text)),
        root,
        answers=answers,
        is_usable=lambda node: True,
        open_bus=lambda bus: board,
    )
    return [told(lack) for lack in found]


def told(lack: Lack) -> tuple[str, str]:
    return f"{'.'.join(map(str, lack.path))} {lack.text}", lack.hint


def test_a_part_on_its_channel_is_found_and_every_channel_is_closed_afterwards(root: Path) -> None:
    board = Board([(3, 0x76)], [(0, 0x77)])

    assert lacks(MUX + AIR + INNER, root, board) == []
    assert board.control == {0x70: 0, 0x71: 0}
    assert not board.is_open


def test_a_part_on_another_channel_is_not_taken_for_the_one_of_the_file(root: Path) -> None:
    text = "devices.air.address is 0x76, where no part answers on mux:3"

    assert lacks(MUX + AIR, root, Board([(4, 0x76)])) == [
        (text, "is it wired, powered and on that channel?")
    ]
    assert lacks(MUX + AIR, root, Board([(3, 0x77), (4, 0x76)])) == [
        (text, "a part answers at 0x77, where a bme280 can be")
    ]
    # What answers on the bus of the board answers on every channel.
    assert lacks(MUX + AIR, root, Board([(None, 0x77)])) == [
        (text, "is it wired, powered and on that channel?")
    ]


def test_a_part_before_the_multiplexer_is_not_taken_for_one_behind(root: Path) -> None:
    assert lacks(MUX + AIR, root, Board([(None, 0x76)])) == [
        (
            "devices.air.address is 0x76, where a part answers before the multiplexer as well",
            "is air wired to i2c1 itself?",
        )
    ]


def test_of_a_multiplexer_that_is_silent_only_itself_is_told(root: Path) -> None:
    (lack,) = lacks(MUX + AIR + INNER, root, Board(absent=(0x70,)))
    assert lack[0] == "devices.mux.address is 0x70, where no part answers on /dev/i2c-1"

    (lack,) = lacks(MUX + AIR + INNER, root, Board([(3, 0x76)], absent=(0x71,)))
    assert lack[0] == "devices.inner.address is 0x71, where no part answers on mux:5"


def test_a_bus_that_fails_meanwhile_is_told(root: Path) -> None:
    def refuse(bus: str) -> Board:
        raise HardwareError(f"{bus} cannot be opened: busy")

    (lack,) = probe_site(
        config_of(site(MUX + AIR)),
        root,
        answers=lambda bus, address: True,
        is_usable=lambda node: True,
        open_bus=refuse,
    )

    assert told(lack)[0] == "buses.i2c1 cannot be asked: /dev/i2c-1 cannot be opened: busy"


def test_nothing_is_switched_while_another_process_has_the_bus(root: Path) -> None:
    process = root / "proc/42"
    (process / "fd").mkdir(parents=True)
    (process / "comm").write_text("wampedge\n")
    (process / "fd/0").symlink_to("/dev/null")
    (process / "fd/7").symlink_to("/dev/i2c-1")
    board = Board()
    text = "buses.i2c1 has air behind multiplexers, which were not asked"
    other = "process 42 (wampedge) has /dev/i2c-1 open"

    assert lacks(MUX + AIR, root, board) == [(f"{text}: {other}", "stop it and ask again")]
    assert board.control == {0x70: 0xFF, 0x71: 0xFF}


def test_nothing_is_switched_that_the_kernel_switches(root: Path) -> None:
    (root / "driver/pca954x").mkdir(parents=True)
    (root / "sys/bus/i2c/devices/1-0070").mkdir(parents=True)
    (root / "sys/bus/i2c/devices/1-0070/driver").symlink_to(root / "driver/pca954x")

    (lack,) = lacks(MUX + AIR, root, Board())
    assert lack[0].endswith("the kernel has the multiplexer 0x70 (driver pca954x)")


def test_processes_that_cannot_be_looked_into_are_passed_over(root: Path) -> None:
    (root / "proc/7").mkdir(parents=True)

    assert who_else("/dev/i2c-1", (), root) == ""


def test_this_machine_tells_who_has_a_node_open(tmp_path: Path) -> None:
    node = tmp_path / "i2c-1"
    node.touch()

    with node.open():
        assert who_else(str(node), (), Path("/")).startswith(f"process {os.getpid()} (")
    assert who_else(str(node), (), Path("/")) == ""


@pytest.mark.parametrize(("fault", "count"), [("none", 0), ("absent", 1)])
def test_simulated_chips_are_asked_through_smbus(fault: str, count: int, root: Path) -> None:
    config = config_of(site(MUX + AIR + INNER))
    board = SimulatedSubstrate(wiring_of(config), clock=SteppedClock())
    board.start()
    try:
        board.fault("deep", fault, None)
        found = probe_site(config, root, is_usable=lambda node: True)
    finally:
        board.stop()

    text = "devices.deep.address is 0x77, where no part answers on inner:0"
    assert [told(lack)[0] for lack in found] == [text] * count
