"""CPU time of one I2C transaction with and without a recorder: ``python -m tests.bench.recording``.

The bus beneath is an empty function, so what remains is what the recorder itself costs: JSON and
one write to the file of the trace.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from wampedge.devices.seams import at_seam
from wampedge.hardware.board import Linux
from wampedge.hardware.recording.substrate import recorded
from wampedge.runtime.system_clock import SystemClock

__all__: list[str] = []

ROUNDS, TRANSACTIONS = 5, 50_000
MESSAGES = (b"\xf7", 8)
ANSWER = [bytes.fromhex("5a80001234567890")]


class _Bus:
    """Answers at once."""

    def transfer(self, address: int, messages: Sequence[bytes | int]) -> list[bytes]:
        """Return eight bytes."""
        return ANSWER


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        trace = Path(folder) / "trace.jsonl"
        over = recorded(
            Linux(), trace, SystemClock(), node="bench", file=Path(__file__), limit_bytes=1 << 30
        )
        off = at_seam(Linux(), "i2c", "/dev/i2c-1", _Bus)
        on = at_seam(over, "i2c", "/dev/i2c-1", _Bus)
        print(f"off {_cost_us(off.transfer):.2f} us, on {_cost_us(on.transfer):.2f} us")
        over.stop()


def _cost_us(transfer: Callable[..., Any]) -> float:
    """Return the least CPU time of one transaction."""
    costs = []
    for _ in range(ROUNDS):
        begun = time.process_time()
        for _ in range(TRANSACTIONS):
            transfer(0x76, MESSAGES)
        costs.append(time.process_time() - begun)
    return min(costs) / TRANSACTIONS * 1e6


if __name__ == "__main__":
    main()
