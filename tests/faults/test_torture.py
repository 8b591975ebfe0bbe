"""Each operation of the disk fails in its turn: nothing that was called safe is lost, and it heals.

The store works on the file system of ``power_cuts``, which lets one operation fail, or all from one
on. ``TORTURE_EVERY`` says which: every seventh, unless it is set.
"""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from tests.faults.power_cuts.ops import Op
from tests.faults.power_cuts.recording import recorded, why_not
from tests.faults.power_cuts.recovery import check_states, states_at_end

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(why_not() is not None, reason=why_not() or ""),
]

EVERY = int(os.environ.get("TORTURE_EVERY", "7"))
ROUNDS, SEED, FOR_GOOD = 6, 3, 10**9


def marks(trace: list[Op], kind: str) -> list[str]:
    return [
        words[-1] if kind == "safe" else words[3]
        for op in trace
        if op.kind == "mark" and (words := op.data.decode().split())[0] == kind
    ]


def operations(tmp_path: Path) -> int:
    """Return how many operations the work takes when nothing fails."""
    folder = tmp_path / "right"
    folder.mkdir()
    trace = recorded(folder, SEED, "virtual", rounds=ROUNDS)
    return sum(op.kind != "mark" for op in trace)


@pytest.mark.parametrize("number", [errno.EIO, errno.ENOSPC], ids=errno.errorcode.get)
def test_one_operation_that_fails_loses_nothing_and_is_made_good(
    number: int, tmp_path: Path
) -> None:
    count = operations(tmp_path)
    for turn in range(1, count, EVERY):
        folder = tmp_path / str(turn)
        folder.mkdir()
        trace = recorded(folder, SEED, "virtual", rounds=ROUNDS, fails=(turn, turn, number))

        assert marks(trace, "safe") == marks(trace, "new"), f"operation {turn} of {count}"
        assert check_states(states_at_end(trace)).faults == [], f"operation {turn} of {count}"


@pytest.mark.parametrize("number", [errno.EROFS, errno.ENOSPC], ids=errno.errorcode.get)
def test_a_disk_that_fails_for_good_takes_nothing_with_it(number: int, tmp_path: Path) -> None:
    count = operations(tmp_path)
    for turn in range(1, count, 4 * EVERY):
        folder = tmp_path / str(turn)
        folder.mkdir()
        trace = recorded(folder, SEED, "virtual", rounds=ROUNDS, fails=(turn, FOR_GOOD, number))

        if turn == 1:
            assert marks(trace, "safe") == []
        assert check_states(states_at_end(trace)).faults == [], f"from operation {turn} on"
