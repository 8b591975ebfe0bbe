"""A unit that does not answer is left out for a while."""

from __future__ import annotations

import pytest

from wampedge.devices.modbus.offline import Attendance, OfflinePolicy
from wampedge.errors import BusTimeoutError


def silent(attendance: Attendance, unit_id: int, times: int, now: float = 10.0) -> None:
    for _ in range(times):
        attendance.note_silence(unit_id, now)


def test_a_unit_is_asked_until_it_has_missed_enough_requests() -> None:
    attendance = Attendance(OfflinePolicy(after=3, retry_s=30.0))

    silent(attendance, 5, times=2)
    attendance.admit(5, 10.0)
    silent(attendance, 5, times=1)

    with pytest.raises(BusTimeoutError, match=r"unit 5 is offline and is tried again in 25\.0 s"):
        attendance.admit(5, 15.0)
    attendance.admit(6, 15.0)
    assert attendance.offline_units() == [5]


def test_one_request_is_tried_after_the_pause_and_its_failure_starts_the_next() -> None:
    attendance = Attendance(OfflinePolicy(after=1, retry_s=30.0))
    silent(attendance, 5, times=1)

    attendance.admit(5, 40.0)
    attendance.note_silence(5, 40.5)

    with pytest.raises(BusTimeoutError):
        attendance.admit(5, 70.0)
    attendance.admit(5, 70.5)


def test_an_answer_makes_good_what_was_missed() -> None:
    attendance = Attendance(OfflinePolicy(after=2, retry_s=30.0))

    silent(attendance, 5, times=1)
    attendance.note_answer(5)
    silent(attendance, 5, times=1)

    attendance.admit(5, 10.0)
    assert attendance.offline_units() == []
