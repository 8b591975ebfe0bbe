"""The run of ``tests.bench.slow_reader``: what happens in real processes when one reader stalls."""

from __future__ import annotations

import pytest

from tests.bench.slow_reader import measure
from wampedge.wamp.overflow import DISCONNECT, OVERFLOW_POLICIES


@pytest.mark.parametrize("policy", OVERFLOW_POLICIES)
@pytest.mark.parametrize("events", [20_000, pytest.param(1_000_000, marks=pytest.mark.slow)])
def test_a_stalled_reader_costs_no_memory_and_no_event_of_a_healthy_one(
    events: int, policy: str
) -> None:
    outcome = measure(policy, events=events)

    assert outcome.growth_mib <= 8
    assert outcome.healthy_lost == 0
    if policy == DISCONNECT:
        assert (outcome.sessions_cut, outcome.counted) == (1, 0)
        assert 0 < outcome.stalled_received < events
    else:
        assert outcome.sessions_cut == 0
        assert outcome.stalled_told == outcome.counted == events - outcome.stalled_received > 0
