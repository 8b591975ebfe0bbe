"""``on_disconnect``: when the time without a link is over."""

from __future__ import annotations

import asyncio

from wampedge.devices.output_policy import OnDisconnect
from wampedge.runtime.outputs.link_watch import LinkWatch
from wampedge_simulator.clock import SimulatedClock, run_virtual

OFF_LATER = OnDisconnect(10.0, "off")


class _Watched:
    """A watch, and when each device was due."""

    def __init__(self) -> None:
        self.due: list[tuple[str, float]] = []
        self.watch = LinkWatch(SimulatedClock(), self._on_due)

    def _on_due(self, device: str, wish: OnDisconnect) -> None:
        self.due.append((device, asyncio.get_running_loop().time()))


def test_device_is_due_once_a_loss() -> None:
    async def act() -> None:
        watched = _Watched()
        watched.watch.configure({"k1": OFF_LATER})
        for _ in range(2):
            watched.watch.tell(is_up=False)
            await asyncio.sleep(4.0)
            watched.watch.tell(is_up=False)
            await asyncio.sleep(96.0)
            watched.watch.tell(is_up=True)

        assert watched.due == [("k1", 10.0), ("k1", 110.0)]

    run_virtual(act())


def test_link_that_is_back_in_time_stops_the_clock() -> None:
    async def act() -> None:
        watched = _Watched()
        watched.watch.configure({"k1": OFF_LATER})
        for _ in range(3):
            watched.watch.tell(is_up=False)
            await asyncio.sleep(9.9)
            watched.watch.tell(is_up=True)
        await asyncio.sleep(20.0)

        assert watched.due == []
        assert not watched.watch.is_lost

    run_virtual(act())


def test_changed_wish_counts_from_the_loss_and_an_unchanged_one_goes_on() -> None:
    async def act() -> None:
        watched = _Watched()
        watched.watch.configure({"k1": OFF_LATER, "k2": OFF_LATER})
        watched.watch.tell(is_up=False)
        await asyncio.sleep(5.0)
        watched.watch.configure({"k1": OFF_LATER, "k2": OnDisconnect(3.0, "off")})
        await asyncio.sleep(20.0)
        watched.watch.configure({"k1": OFF_LATER})
        await asyncio.sleep(20.0)

        assert watched.due == [("k2", 5.0), ("k1", 10.0)]

    run_virtual(act())
