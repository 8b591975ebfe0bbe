"""Chaos from a seed: the same again, and one node's luck is its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from wampedge.errors import ConfigError
from wampedge.simulation.fleet.faults import (
    CHAOS,
    Chaos,
    Fault,
    draw_faults,
    read_faults,
    write_faults,
)

HOUR = 3600.0


def draw(*chaos: Chaos, nodes: int = 3, seed: int = 1, rate: float = 6.0) -> list[Fault]:
    return draw_faults(chaos or CHAOS, nodes=nodes, seed=seed, span_s=HOUR, rate_per_h=rate)


def test_same_seed_draws_the_same_in_order_of_time() -> None:
    faults = draw()

    assert faults == draw()
    assert faults != draw(seed=2)
    assert [fault.at_s for fault in faults] == sorted(fault.at_s for fault in faults)
    assert all(0.0 <= fault.at_s < HOUR for fault in faults)


def test_more_nodes_and_kinds_change_nothing_for_the_others() -> None:
    own = [fault for fault in draw() if fault.node == 1 and fault.kind == "power"]

    assert own
    assert [fault for fault in draw("power", nodes=50) if fault.node == 1] == own


def test_rate_is_that_of_each_kind_for_each_node_and_hour() -> None:
    faults = draw("power", "clock", nodes=200)

    # 2 kinds * 200 nodes * 6; less what the time of a power cut takes: some 15 s of 600.
    assert 2200 < len(faults) < 2600


def test_router_has_faults_of_its_own() -> None:
    faults = draw("router", nodes=100, rate=60.0)

    assert 30 < len(faults) < 90
    assert {fault.node for fault in faults} == {-1}


def test_what_was_written_is_read_again(tmp_path: Path) -> None:
    faults = draw(rate=30.0)
    assert {fault.kind for fault in faults} == {
        "reset", "stall", "ghost", "power", "clock", "router"
    }  # fmt: skip

    write_faults(tmp_path / "log", faults)

    assert read_faults(tmp_path / "log", nodes=3) == faults


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("{", ":1: no fault: "),
        ("[]", "must be an object, got []"),
        ('{"at": 1, "kind": "fire", "node": 0}', "kind must be one of reset, stall, ghost, power,"),
        ('{"at": 1, "kind": "power", "node": 3}', "node must be 0..2, got 3"),
        ('{"at": 1, "kind": "power"}', "node must be 0..2, got -1"),
        ('{"at": 1, "kind": "power", "node": true}', "node must be 0..2, got True"),
        ('{"at": 1, "kind": "router", "node": 0}', "a router has no node, got 0"),
        ('{"at": -1, "kind": "power", "node": 0}', "at must be a number from 0 to 1e9, got -1"),
        ('{"at": NaN, "kind": "power", "node": 0}', "at must be a number"),
        ('{"at": 1, "kind": "power", "node": 0, "four": 2}', "unknown key four"),
    ],
)
def test_line_that_is_no_fault_is_named(tmp_path: Path, line: str, text: str) -> None:
    (tmp_path / "log").write_text(line)

    with pytest.raises(ConfigError) as caught:
        read_faults(tmp_path / "log", nodes=3)

    assert text in str(caught.value)
    assert "log:1: " in str(caught.value)


def test_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"cannot read .*/none: "):
        read_faults(tmp_path / "none", nodes=3)


@pytest.mark.parametrize(
    ("fault", "text"),
    [
        (Fault(1.5, "power", 2, for_s=3.0), "    1.500 s  node 2: power for 3.000 s"),
        (Fault(1.5, "router", for_s=3.0), "    1.500 s  the router: is killed for 3.000 s"),
        (Fault(2.0, "clock", 0, step_s=-7.0), "    2.000 s  clock of node 0 jumps by -7.000 s"),
    ],
)
def test_fault_is_told_in_words(fault: Fault, text: str) -> None:
    assert str(fault) == text
