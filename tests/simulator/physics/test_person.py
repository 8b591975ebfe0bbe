from __future__ import annotations

from itertools import pairwise

from tests.simulator.physics.lone_model import LoneModel, RecordedContact
from wampedge_simulator.physics.person import Person

DAY_S = 86_400.0


def test_the_motion_contact_moves_only_while_the_person_is_there() -> None:
    lone = LoneModel(Person, visits=2, stay="30m")
    contact = RecordedContact(lone)
    lone.begin(motion=contact)

    lone.run(3 * DAY_S)

    assert len(contact.moves) > 12
    for (begin_s, is_closed), (end_s, _) in pairwise(contact.moves):
        if is_closed:
            assert lone.gives("presence", (begin_s + end_s) / 2) == 1.0


def test_presence_is_told_to_what_the_person_drives() -> None:
    """Two visits a day for three days: twelve changes, unless two visits overlap."""
    lone = LoneModel(Person, visits=2, stay="1m")
    lone.begin()
    told: list[float] = []
    lone.model.watch_power(lambda: told.append(lone.model.power))

    lone.run(3 * DAY_S)

    assert told == [1.0, 0.0] * 6


def test_who_sits_still_closes_no_contact() -> None:
    lone = LoneModel(Person, visits=2, activity=0.0)
    contact = RecordedContact(lone)
    lone.begin(motion=contact)

    lone.run(DAY_S)

    assert contact.moves == []


def test_a_day_cannot_end_before_it_begins() -> None:
    assert [e.path for e in Person.check({"from": 3600.0, "until": 3600.0})] == [("until",)]
