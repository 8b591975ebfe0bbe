"""Steps at their times: chains of them run beside each other, those of one chain in order.

Steps that are due at the same instant are done in the order of the file, and after all that the
node does at that instant by itself: each is a nanosecond later than the one before it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Final

from wampedge.client import CallResult
from wampedge.simulation.scenario.actions import ActionError, Actions, needs_node, result_item
from wampedge.simulation.scenario.comparing import value_text
from wampedge.simulation.scenario.conditions import Condition
from wampedge.simulation.scenario.model import Chain, Expectation, Scenario, Step
from wampedge.simulation.scenario.verdicts import Verdicts
from wampedge.simulation.scenario.watching import (
    EventCounter,
    Scene,
    SignalWatch,
    got_text,
    is_about_event,
)

__all__ = ["Chains"]

_NS: Final = 1e-9
_MAX_ROUNDS: Final = 1000
"""Rounds of one chain that may be under way at once."""
_LOOKS: Final = 100
"""How often a signal that nobody tells of is looked at, in the time it has."""


class Chains:
    """Runs all chains of a scenario.

    Args:
        scenario: what is done.
        scene: where.
        verdicts: gets what was missed.
    """

    def __init__(self, scenario: Scenario, scene: Scene, verdicts: Verdicts) -> None:
        self._scenario = scenario
        self._scene = scene
        self._verdicts = verdicts
        self._actions = Actions(scenario, scene.stage)
        self._tasks: set[asyncio.Task[None]] = set()
        self._under_way: dict[int, Step] = {}

    def start(self) -> None:
        """Begin every chain at its time."""
        for chain in self._scenario.chains:
            self._begin(self._repeated(chain) if chain.every_s else self._run(chain))

    async def finish(self) -> None:
        """Wait until every chain has come to its end; raises what no step may raise."""
        while self._tasks:
            done, _ = await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)
            self._collect(done)

    async def close(self) -> None:
        """End what is still under way, and tell of it."""
        for step in self._under_way.values():
            text = step.when.text() if step.when is not None else "the step ends"
            got = "it was not over at the end"
            if step.when is not None and not is_about_event(step.when):
                got = f"never; at the end {got_text(step.when, self._scene)}"
            about = () if step.when is None else (step.when,)
            self._verdicts.miss(step.place.but(text=text), got, about=about)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._actions.close()

    def _begin(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)

    def _collect(self, done: set[asyncio.Task[None]]) -> None:
        self._tasks -= done
        for task in done:
            # What breaks a run off has left the loop already; raised again it would end the end.
            if not isinstance(task.exception(), KeyboardInterrupt):
                task.result()

    async def _repeated(self, chain: Chain) -> None:
        assert chain.every_s is not None, "only chains that repeat"
        last_s = self._scenario.duration_s if chain.until_s is None else chain.until_s
        count = 0
        while (due_s := chain.at_s + count * chain.every_s) <= last_s + _NS:
            await _sleep_until(due_s, chain.order + 1)
            if len(self._tasks) < _MAX_ROUNDS:
                self._begin(self._run(chain))
            count += 1

    async def _run(self, chain: Chain) -> None:
        """Do the steps of *chain* once."""
        stage, key = self._scene.stage, id(asyncio.current_task())
        if chain.at_s > 0 and not chain.every_s:
            await _sleep_until(chain.at_s, chain.order + 1)
        counters: dict[int, EventCounter] = {}
        for index, step in enumerate(chain.steps):
            if index > 0:
                # What came since the step before counts.
                counters = self._counters(step)
                await _sleep_until(stage.now() + step.after_s, 1)
            if needs_node(step.action) or step.when is not None:
                await stage.ready.wait()
            self._under_way[key] = step
            if step.when is None or await self._comes_true(step, step.when):
                await self._do(step, counters or self._counters(step))
                del self._under_way[key]
            else:
                del self._under_way[key]
                return

    def _counters(self, step: Step) -> dict[int, EventCounter]:
        """Begin to count the events that *step* expects."""
        return {
            index: EventCounter(each.condition, self._scene.stage)
            for index, each in enumerate(step.expects)
            if is_about_event(each.condition)
        }

    async def _do(self, step: Step, counters: dict[int, EventCounter]) -> None:
        """Do one step and look whether it is as expected."""
        stage, result, expects = self._scene.stage, None, [*enumerate(step.expects)]
        if step.action is not None:
            try:
                result = await self._actions.do(step.action)
            except ActionError as error:
                self._verdicts.miss(step.place.but(text=error.wanted), error.got)
                expects = [(i, each) for i, each in expects if each.condition.result is None]
        if expects:
            await stage.ready.wait()
            await _sleep_until(stage.now(), 1)  # what it set off at this instant is done
            await asyncio.gather(
                *(self._expect(each, counters.get(index), result) for index, each in expects)
            )
        for counter in counters.values():
            counter.close()

    async def _expect(
        self, wanted: Expectation, counter: EventCounter | None, result: CallResult | None
    ) -> None:
        """Look whether one expectation holds in time."""
        condition = wanted.condition
        if condition.result is not None:
            item = result_item(result, condition.result)
            if not condition.holds(item):
                self._verdicts.miss(wanted.place, value_text(item), wanted.why)
        elif counter is not None:
            await self._expect_events(wanted, counter)
        elif not await self._holds_within(condition, wanted.within_s):
            got = got_text(condition, self._scene)
            self._verdicts.miss(wanted.place, got, wanted.why, about=(condition,))

    async def _expect_events(self, wanted: Expectation, counter: EventCounter) -> None:
        """Wait until enough events came; where there must not be more, all of the time."""
        count = wanted.condition.count
        due_s = self._scene.stage.now() + wanted.within_s
        if count is None or count.most is None:
            await counter.wait(wanted.within_s)
        else:
            await _sleep_until(due_s, 0)
        if not counter.is_enough:
            self._verdicts.miss(wanted.place, counter.got(), wanted.why)

    async def _holds_within(self, condition: Condition, within_s: float) -> bool:
        if self._scene.holds(condition):
            return True
        if within_s <= 0:
            return False
        came: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def tell(is_true: bool) -> None:
            if is_true and not came.done():
                came.set_result(None)

        watch = SignalWatch(condition, self._scene, tell, max(within_s / _LOOKS, 0.001))
        try:
            async with asyncio.timeout(within_s):
                await came
        except TimeoutError:
            return False
        finally:
            watch.close()
        return True

    async def _comes_true(self, step: Step, condition: Condition) -> bool:
        """Wait for ``when``; return whether it came."""
        within_s = step.within_s
        if is_about_event(condition):
            counter = EventCounter(condition, self._scene.stage)
            came = await counter.wait(within_s)
            counter.close()  # the next one is another matter
            got = counter.got()
        else:
            longest_s = self._scenario.duration_s if within_s is None else within_s
            came = await self._holds_within(condition, max(longest_s, 1.0))
            got = got_text(condition, self._scene)
        if not came:
            place = step.place.but(text=condition.text())
            self._verdicts.miss(place, f"never; at last {got}", about=(condition,))
        return came


async def _sleep_until(at_s: float, order: int) -> None:
    """Wait until *at_s*, and *order* nanoseconds more; that may be past."""
    loop = asyncio.get_running_loop()
    due: asyncio.Future[None] = loop.create_future()
    timer = loop.call_at(at_s + order * _NS, due.set_result, None)
    try:
        await due
    finally:
        timer.cancel()
