"""What it costs a node to sample 50 devices, by thread: with simulated chips, and without them.

    python -m tests.bench.sampling [--devices 50] [--every 1s] [--mixed] [--seconds 10] [--goals]

The simulated chips answer within the process. So each file is served twice, in processes of their
own: with whole chips, and with I2C buses that give the answers of the chips out of a table, by what
was asked. Beneath smbus2 everything else stays; what remains is the node's own. CPU time is that
of the kernel's scheduler, to the nanosecond. Goal: the node's own less than 1 % of a core.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import sys
import tempfile
import threading
from collections.abc import Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from tests.bench.sites import device_file, mixed_device_file

__all__ = ["Share", "measure"]

GOAL_PERCENT = 1.0
SETTLE_S = 2.5
"""Until every device was sampled once in step, and the table has an answer to all."""

Share = dict[str, tuple[float, float]]
"""By thread: per cent of a core, wake-ups a second."""


class AnswerTable:
    """Notes what the chips of a bus answer, then answers in their place."""

    def __init__(self) -> None:
        self.is_learnt = False
        self._answers: dict[Any, list[bytes]] = {}
        self._last_written: dict[int, bytes] = {}

    def transfer(self, messages: Sequence[tuple[int, bytes | int]], chips: Any) -> list[bytes]:
        """Answer *messages*; *chips* does so while there is no answer to them yet."""
        address, content = messages[0]
        key = (self._last_written.get(address), *messages)
        if len(messages) == 1 and isinstance(content, bytes):
            self._last_written[address] = content
        answer = self._answers.get(key) if self.is_learnt else None
        if answer is None:
            answer = self._answers[key] = chips(messages)
        return answer


def serve(path: str, has_chips: bool, seconds: float, pipe: Connection) -> None:
    """Serve the file at *path* for so many *seconds*; send what each thread took."""
    asyncio.run(_serve(Path(path), seconds, pipe, has_chips=has_chips))


async def _serve(path: Path, seconds: float, pipe: Connection, *, has_chips: bool) -> None:
    from wampedge.config.checking import load  # in this process only
    from wampedge.runtime.garbage import settle  # likewise
    from wampedge.runtime.ground import wiring_of  # likewise
    from wampedge.runtime.node import Node  # likewise
    from wampedge_simulator.clock import SimulatedClock  # likewise
    from wampedge_simulator.substrate import SimulatedSubstrate  # likewise

    tables = [] if has_chips else _answer_from_tables()
    config = load(path)
    node = Node(config, SimulatedSubstrate(wiring_of(config)), clock=SimulatedClock())
    await node.start()
    settle()
    await asyncio.sleep(SETTLE_S)
    for table in tables:
        table.is_learnt = True
    before = _threads()
    await asyncio.sleep(seconds)
    after = _threads()
    pipe.send(
        {
            name: (
                (after[name][0] - ns) / seconds / 1e7,
                (after[name][1] - wake_ups) / seconds,
            )
            for name, (ns, wake_ups) in before.items()
            if name in after
        }
    )
    await node.stop()


def _answer_from_tables() -> list[AnswerTable]:
    """Put a table before each simulated I2C bus of this process; return them as they are made."""
    from wampedge_simulator.i2c.bus import SimulatedI2cBus  # in this process only

    chips: Any = SimulatedI2cBus.transfer
    table_by_path: dict[str, AnswerTable] = {}
    tables: list[AnswerTable] = []

    def transfer(bus: SimulatedI2cBus, messages: Sequence[Any]) -> list[bytes]:
        table = table_by_path.get(bus.path)
        if table is None:
            table = table_by_path[bus.path] = AnswerTable()
            tables.append(table)
        return table.transfer(messages, lambda asked: chips(bus, asked))

    setattr(SimulatedI2cBus, "transfer", transfer)  # noqa: B010 # the seam of this benchmark
    return tables


def _threads() -> dict[str, tuple[int, int]]:
    """Return nanoseconds of CPU time and wake-ups of each thread so far, by its name."""
    names = {thread.native_id: thread.name for thread in threading.enumerate()}
    found = {}
    for folder in Path("/proc/self/task").iterdir():
        name = names.get(int(folder.name), folder.name)
        spent_ns = int((folder / "schedstat").read_text().split()[0])
        lines = (folder / "status").read_text().splitlines()
        wake_ups = next(line for line in lines if line.startswith("voluntary_ctxt_switches"))
        found["event loop" if name == "MainThread" else name] = spent_ns, int(wake_ups.split()[1])
    return found


def measure(text: str, *, has_chips: bool, seconds: float) -> Share:
    """Serve the device file *text* in a process of its own; return what its threads took."""
    ours, theirs = multiprocessing.Pipe()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "devices.toml"
        path.write_text(f'{text}\n[router]\nlisten = ["unix:{folder}/node.sock"]\n')
        process = multiprocessing.get_context("spawn").Process(
            target=serve, args=(str(path), has_chips, seconds, theirs)
        )
        process.start()
        theirs.close()
        try:
            share: Share = ours.recv()
        finally:
            process.join(10)
            if process.is_alive():
                process.terminate()
    return share


def total(share: Share) -> float:
    """Return what all threads took together, in per cent of a core."""
    return sum(percent for percent, _ in share.values())


def main() -> int:
    """Print both, by thread; 1 when the goal is missed with ``--goals``."""
    parser = argparse.ArgumentParser(description="cost of sampling, by thread")
    parser.add_argument("--devices", type=int, default=50)
    parser.add_argument("--every", default="1s", help="how often each device is sampled")
    parser.add_argument("--mixed", action="store_true", help="parts of all kinds, some filtered")
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--goals", action="store_true", help="fail when the goal is missed")
    options = parser.parse_args()
    text = (mixed_device_file if options.mixed else device_file)(
        options.devices, every=options.every
    )
    chips = measure(text, has_chips=True, seconds=options.seconds)
    table = measure(text, has_chips=False, seconds=options.seconds)
    print("| thread | % with chips | % with tables | wake-ups a second |")
    print("|---|---|---|---|")
    for name in sorted(chips):
        with_chips, own = chips[name], table.get(name, (0.0, 0.0))
        print(f"| {name} | {with_chips[0]:.2f} | {own[0]:.2f} | {own[1]:.0f} |")
    print(f"| all | {total(chips):.2f} | {total(table):.2f} | |")
    missed = total(table) > GOAL_PERCENT
    print(f"\ngoal: {GOAL_PERCENT:g} % with tables: {'MISSED' if missed else 'met'}")
    return int(options.goals and missed)


if __name__ == "__main__":
    sys.exit(main())
