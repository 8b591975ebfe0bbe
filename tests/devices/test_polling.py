"""One timer for all polls, in virtual time."""

import asyncio
from collections.abc import Callable

from wampedge.devices.polling import Poller
from wampedge_simulator.clock import run_virtual

Plan = Callable[[Poller, float], None]


def due_times(plan: Plan, *, until_s: float) -> list[tuple[float, list[str]]]:
    """Return (seconds since the start, names) of each time the poller handed out names."""

    async def main() -> list[tuple[float, list[str]]]:
        loop = asyncio.get_running_loop()
        start = loop.time()
        handed: list[tuple[float, list[str]]] = []
        poller = Poller(lambda names: handed.append((round(loop.time() - start, 6), names)))
        plan(poller, start)
        await asyncio.sleep(until_s)
        poller.close()
        return handed

    return run_virtual(main())


def test_names_are_due_at_their_time_and_only_once() -> None:
    def plan(poller: Poller, start: float) -> None:
        poller.schedule("late", start + 2.0)
        poller.schedule("soon", start + 1.0)

    assert due_times(plan, until_s=10.0) == [(1.0, ["soon"]), (2.0, ["late"])]


def test_names_due_together_are_handed_out_together() -> None:
    def plan(poller: Poller, start: float) -> None:
        for name in ("a", "b", "c"):
            poller.schedule(name, start + 1.0)

    assert due_times(plan, until_s=10.0) == [(1.0, ["a", "b", "c"])]


def test_new_plan_replaces_the_old_one() -> None:
    def plan(poller: Poller, start: float) -> None:
        poller.schedule("a", start + 1.0)
        poller.schedule("a", start + 3.0)

    assert due_times(plan, until_s=10.0) == [(3.0, ["a"])]


def test_cancelled_name_is_never_due() -> None:
    def plan(poller: Poller, start: float) -> None:
        poller.schedule("a", start + 1.0)
        poller.schedule("b", start + 1.0)
        poller.cancel("a")
        poller.cancel("unknown")

    assert due_times(plan, until_s=10.0) == [(1.0, ["b"])]


def test_closed_poller_hands_out_nothing() -> None:
    def plan(poller: Poller, start: float) -> None:
        poller.schedule("a", start + 1.0)
        poller.close()

    assert due_times(plan, until_s=10.0) == []
