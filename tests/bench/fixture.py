"""How long the test router takes: to be imported, to start, to restart and to stop.

``python -m tests.bench.fixture``; the goal is less than 100 ms until a router serves.
"""

from __future__ import annotations

import time
from collections.abc import Callable

__all__ = ["main"]

_ROUNDS = 20


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """Return wall and CPU time of *work*, in milliseconds."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return (time.perf_counter() - wall) * 1000, (time.process_time() - cpu) * 1000


def main() -> None:
    """Print the table."""

    def load() -> None:
        from wampedge.testing.router import TestRouter

        routers.append(TestRouter())

    routers: list[object] = []
    rows = {"import": timed(load)}
    from wampedge.testing import TestRouter

    best: dict[str, list[tuple[float, float]]] = {"start": [], "restart": [], "stop": []}
    for _ in range(_ROUNDS):
        router = TestRouter()
        best["start"].append(timed(router.start))
        best["restart"].append(timed(router.restart))
        best["stop"].append(timed(router.close))
    rows |= {name: sorted(times)[_ROUNDS // 2] for name, times in best.items()}
    print("| step | wall ms | CPU ms |\n|---|---|---|")
    for name, (wall, cpu) in rows.items():
        print(f"| {name} | {wall:.1f} | {cpu:.1f} |")


if __name__ == "__main__":
    main()
