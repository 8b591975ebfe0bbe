from __future__ import annotations

from typing import Any

import pytest

from tests.simulator.physics.lone_model import LoneModel, RecordedContact
from wampedge_simulator.physics.door import Door


def door(**changes: Any) -> tuple[LoneModel, RecordedContact]:
    lone = LoneModel(Door, {"driven_by": 0.0, "passed_by": 0.0}, open_for="15s", **changes)
    contact = RecordedContact(lone)
    return lone.begin(contact=contact), contact


def test_who_comes_and_who_leaves_opens_the_door_for_a_while() -> None:
    lone, contact = door()
    lone.run(100.0)
    lone.drive("passed_by", level=1.0)
    lone.run(200.0)
    lone.drive("passed_by", level=0.0)

    lone.run(300.0)

    expected: list[Any] = [
        (0.0, True),
        (100.0, False),
        (115.0, True),
        (200.0, False),
        (215.0, True),
    ]
    moves: list[Any] = [(pytest.approx(time_s), closed) for time_s, closed in expected]
    assert contact.moves == moves


def test_an_opener_holds_it_open() -> None:
    lone, contact = door(contact_closed="while_open")
    lone.run(10.0)
    lone.drive(level=1.0)
    lone.run(70.0)
    lone.drive(level=0.0)

    assert contact.moves == [(10.0, True), (70.0, False)]
    assert lone.model.power == 0.0


def test_what_the_door_drives_is_told_of_each_change() -> None:
    lone, _ = door()
    told: list[float] = []
    lone.model.watch_power(lambda: told.append(lone.model.power))

    lone.drive("passed_by", level=1.0)
    lone.run(60.0)

    assert told == [1.0, 0.0]
