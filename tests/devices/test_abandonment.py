"""A unit that was given up ends before it touches its bus."""

from __future__ import annotations

import threading
from types import SimpleNamespace

import pytest

from wampedge.devices.abandonment import runs_steps, stop_if_abandoned
from wampedge.errors import BusTimeoutError


def test_outside_of_a_worker_nothing_is_abandoned() -> None:
    stop_if_abandoned()


def test_only_the_thread_that_was_given_up_is_stopped() -> None:
    steps = SimpleNamespace(is_abandoned=False)
    outcome: list[str] = []

    def run() -> None:
        runs_steps(steps)
        stop_if_abandoned()
        steps.is_abandoned = True
        with pytest.raises(BusTimeoutError, match="was given up"):
            stop_if_abandoned()
        outcome.append("stopped")

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    stop_if_abandoned()

    assert outcome == ["stopped"]
