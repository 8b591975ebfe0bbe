"""The power fails at any moment: nothing that was called safe is lost, changed, twice or invented.

The real store works on a file system that writes down everything done to it; then the disk is put
together as it may be after each operation, and a store is started on it. ``POWER_CUT_STATES`` says
how many states are tried, 1,000 unless it is set. Stores that are wrong on purpose have to fail.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.faults.power_cuts.ops import Op
from tests.faults.power_cuts.recording import recorded, why_not
from tests.faults.power_cuts.recovery import check_states, states_of
from tests.faults.power_cuts.workload import BROKEN

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(why_not() is not None, reason=why_not() or ""),
]

STATES = int(os.environ.get("POWER_CUT_STATES", "1000"))
SEED = 1


@pytest.fixture(scope="module")
def trace(tmp_path_factory: pytest.TempPathFactory) -> list[Op]:
    """What a store that is right does to its disk."""
    return recorded(tmp_path_factory.mktemp("right"), SEED)


def test_nothing_that_is_safe_is_lost_damaged_reordered_or_invented(trace: list[Op]) -> None:
    verdict = check_states(states_of(trace, STATES, SEED))

    assert verdict.faults == []
    assert verdict.states >= STATES


@pytest.mark.parametrize("broken", BROKEN)
def test_a_store_that_is_wrong_is_found_out(broken: str, tmp_path: Path) -> None:
    trace = recorded(tmp_path, SEED, broken)

    assert check_states(states_of(trace, 1000, SEED), most_faults=1).faults


def test_the_trace_is_worth_the_trial(trace: list[Op]) -> None:
    """Events, values, checkpoints, and acknowledgements are all in it."""
    marks = [op.data.decode().split()[0] for op in trace if op.kind == "mark"]

    assert marks.count("safe") > 200
    assert marks.count("sent") > 10
    assert marks.count("kept") > 10
    assert sum(op.kind == "fsync" for op in trace) > 50
    assert any(op.path.endswith(".db") and op.kind == "write" for op in trace)
