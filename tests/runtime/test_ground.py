"""What lies beneath the drivers, as the flags ask for it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.site.rig import config_of
from wampedge.runtime.ground import SimulationOptions, choose_substrate, pace_of
from wampedge_simulator.substrate import SimulatedSubstrate

FILE = """
wampedge = 1
node.name = "n"
buses.i2c1 = { type = "i2c", bus = 1 }
devices.air = { driver = "sht3x", bus = "i2c1" }
"""


def board_of(folder: Path, options: SimulationOptions) -> SimulatedSubstrate:
    board = choose_substrate(config_of(folder, FILE), "simulator", options=options)
    assert isinstance(board, SimulatedSubstrate)
    return board


def sensed(board: SimulatedSubstrate, at_s: float) -> float:
    value: float = board.part("air")._senses["temperature"].at(at_s)
    return value


async def test_a_seed_makes_the_noise(tmp_path: Path) -> None:
    values = []
    for seed in (1, 1, 2):
        board = board_of(tmp_path, SimulationOptions(seed=seed))
        board.start()
        values.append(sensed(board, 1000.0))
        board.stop()

    assert values[0] == values[1] != values[2]


def test_a_world_is_put_around_the_board_before_it_starts(tmp_path: Path) -> None:
    prepared: list[Any] = []

    board = board_of(tmp_path, SimulationOptions(prepare=prepared.append))

    assert prepared == [board]


def test_real_time_needs_no_loop_of_its_own() -> None:
    assert pace_of(SimulationOptions()) is None


def test_a_pace_has_a_clock_on_its_loop() -> None:
    pace = pace_of(SimulationOptions(speed=60.0))

    assert pace is not None
    assert pace.speed == 60.0
    assert pace.clock.monotonic() == pace.loop.time() == 0.0
    pace.loop.close()
