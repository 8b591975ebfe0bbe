"""Whatever happens to an outbox: what arrives and what gaps count is all that was published."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import tempfile
from collections.abc import Iterator
from functools import partial
from itertools import pairwise
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.store.outbox_rig import Site
from wampedge.config.buffering_model import StorePolicy
from wampedge.store.outbox import OutboxLimits
from wampedge_simulator.clock import run_virtual

POLICIES = (
    StorePolicy(rule="all", max_bytes=1_000),
    StorePolicy(rule="newest", max_bytes=800, drop="newest"),
    StorePolicy(rule="refuse", max_bytes=500, drop="refuse"),
    StorePolicy(rule="per.topic", max_bytes=900, drop="latest_per_topic"),
    StorePolicy(rule="latest", keep="latest"),
    StorePolicy(rule="sample", keep="sample", sample_s=5.0),
    StorePolicy(rule="memory", store="memory", max_bytes=600),
    StorePolicy(rule="young", max_age_s=20.0),
    StorePolicy(rule="quick", overtake=True, commit_s=0.1),
)
LIMITS = OutboxLimits(
    max_bytes=4_000,
    max_entries=60,
    memory_bytes=2_500,
    cached_bytes=300,
    max_window=4,
    max_unwritten_acks=3,
    policies=POLICIES,
)

PUBLISH = st.tuples(st.just("publish"), st.integers(0, len(POLICIES) * 3 - 1), st.integers(1, 12))
STEPS = st.lists(
    st.one_of(
        PUBLISH,
        PUBLISH,
        st.tuples(st.just("send"), st.integers(1, 4)),
        st.tuples(st.just("give_up"), st.just(1)),
        st.tuples(st.just("acknowledge")),
        st.tuples(st.just("cut")),
        st.tuples(st.just("wait"), st.sampled_from([0.01, 0.5, 1.5, 6.0, 30.0])),
        st.tuples(st.just("disk"), st.sampled_from(["fine", "fine", "full", "lost"])),
        st.tuples(st.just("restart")),
        st.tuples(st.just("crash")),
    ),
    max_size=40,
)


class Story:
    """Runs steps, and knows what must not be lost."""

    def __init__(self, folder: Path) -> None:
        self.site = Site(folder, LIMITS)
        self.safe: list[int] = []
        self.has_lost = False

    async def run(self, steps: list[tuple[object, ...]]) -> None:
        self.site.begin()
        for name, *arguments in steps:
            await getattr(self, f"_{name}")(*arguments)
        self.site.disk.mood = "fine"
        await asyncio.sleep(200.0)
        await self.site.drain()
        await self.site.end()

    async def _publish(self, which: int, count: int) -> None:
        policy = POLICIES[which // 3]
        for place in range(count):
            entry = self.site.publish(f"{policy.rule}.{(which + place) % 3}", policy)
            if entry is None:
                continue
            future = self.site.outbox.when_safe(entry)
            assert future is not None, "nothing is safe at once"
            future.add_done_callback(partial(self._note, self.site.published))

    async def _send(self, count: int) -> None:
        await self.site.send(count)

    async def _give_up(self, count: int) -> None:
        await self.site.send(count, gives_up=True)

    async def _acknowledge(self) -> None:
        self.site.acknowledge()

    async def _cut(self) -> None:
        self.site.cut()

    async def _wait(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    async def _disk(self, mood: str) -> None:
        self.site.disk.mood = mood

    async def _restart(self) -> None:
        if self.site.disk.mood == "full":
            return
        self.has_lost = True  # what was in memory only
        await self.site.end()
        self.site.begin()

    async def _crash(self) -> None:
        self.has_lost = True
        await self.site.crash()

    def _note(self, number: int, future: asyncio.Future[bool]) -> None:
        if future.result():
            self.safe.append(number)


@contextlib.contextmanager
def _quiet_store() -> Iterator[None]:
    """Log nothing of disks, which fail all the time here."""
    log = logging.getLogger("wampedge.store.store")
    log.disabled = True
    try:
        yield
    finally:
        log.disabled = False


@settings(max_examples=60, deadline=None)
@given(steps=STEPS)
def test_what_arrives_and_what_gaps_count_is_all_that_was_published(
    steps: list[tuple[object, ...]],
) -> None:
    with tempfile.TemporaryDirectory() as folder, _quiet_store():
        story = Story(Path(folder))

        run_virtual(story.run(steps))

        hub, published = story.site.hub, story.site.published
        assert all(a < b for lane in hub.numbers_by_lane for a, b in pairwise(lane))
        assert len(hub.numbers) + hub.missed <= published
        lost = set(story.safe) - set(hub.numbers)
        assert len(lost) <= hub.missed
        if not story.has_lost:
            assert len(hub.numbers) + hub.missed == published
