"""Orders with a deadline and a key, at a valve that takes three seconds to move."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from tests.runtime.rig import Bench, RecordedWatcher, device_config, on_bench
from tests.support.turns import turns
from wampedge.client import CallDetails
from wampedge.devices.driver import Driver, command, setting
from wampedge.devices.fields import Number
from wampedge.errors import (
    ApplicationError,
    BusError,
    DeviceError,
    ExpiredError,
    InvalidValueError,
    NotReadyError,
)
from wampedge.runtime import command_answers
from wampedge.runtime.commands import Commands
from wampedge.runtime.device import DeviceRunner
from wampedge.runtime.procedures import device_procedures
from wampedge.runtime.punctuality import Ticket
from wampedge.wamp.payload import Payload
from wampedge_simulator.clock import EPOCH_S

MOVES_S = 3.0


class SlowValve(Driver, deadline_s=10.0):
    """Takes its time, and fails as it is told.

    Attributes:
        moved: where it was moved to, with the virtual time at which that began.
        failure: what the next move ends with.
    """

    position = setting(Number(minimum=0.0, maximum=1.0))

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.moved: list[tuple[float, float]] = []
        self.failure: Exception | None = None

    async def set_position(self, value: float) -> None:
        self.moved.append((asyncio.get_running_loop().time(), value))
        await self.context.sleep(MOVES_S)
        if self.failure is not None:
            raise self.failure

    @command()
    async def shut(self) -> str:
        """Close it."""
        await self.set_position(0.0)
        return f"shut {len(self.moved)}"


class Desk:
    """Calls what writes, as clients do."""

    def __init__(self, runner: DeviceRunner, bench: Bench) -> None:
        self.clock = bench.clock
        self.commands = Commands(bench.clock)
        self.valve: Any = runner.driver
        self._table = device_procedures(runner, "edge.n1", as_command=self.commands.endpoint)

    def call(self, name: str, *args: Any, who: str | None = "anna", **kwargs: Any) -> Any:
        """Call a procedure in a task of its own."""
        options = {"caller": 7} if who is None else {"caller": 7, "caller_authid": who}
        details = CallDetails(f"edge.n1.part.{name}", Payload(), options, False, lambda _: None)
        endpoint = self._table[f"edge.n1.part.{name}"]
        return asyncio.ensure_future(endpoint(*args, details=details, **kwargs))


def at_desk(act: Callable[[Desk], Coroutine[Any, Any, None]]) -> None:
    """Run *act* beside the valve, in virtual time."""

    async def run(runner: DeviceRunner, watcher: RecordedWatcher, bench: Bench) -> None:
        await act(Desk(runner, bench))

    on_bench(device_config(SlowValve), run)


def test_order_in_time_is_carried_out() -> None:
    async def act(desk: Desk) -> None:
        assert await desk.call("set", 0.5, by_="1s") == 0.5
        assert await desk.call("set", 0.6, by_=EPOCH_S + 3.5) == 0.6
        assert await desk.call("shut", by_="1s") == "shut 3"

    at_desk(act)


def test_order_that_waits_past_its_deadline_is_not_carried_out() -> None:
    async def act(desk: Desk) -> None:
        first = desk.call("set", 0.1)
        late = [desk.call("set", 0.2, by_="2s"), desk.call("shut", by_=EPOCH_S + 2.9)]
        in_time = desk.call("set", 0.3, by_="3.1s")

        outcomes = await asyncio.gather(first, *late, in_time, return_exceptions=True)

        assert desk.valve.moved == [(0, 0.1), (3, 0.3)]
        assert (outcomes[0], outcomes[3]) == (0.1, 0.3)
        for outcome, late_by_s in zip(outcomes[1:3], (1.0, 0.1), strict=True):
            assert isinstance(outcome, ExpiredError)
            assert outcome.why == "late"
            assert outcome.late_by_s == pytest.approx(late_by_s)

    at_desk(act)


def test_order_that_comes_late_is_not_even_looked_at() -> None:
    async def act(desk: Desk) -> None:
        with pytest.raises(ExpiredError, match=r"the deadline of the order passed 5 s ago"):
            await desk.call("set", 0.1, by_=EPOCH_S - 5)

        assert desk.valve.moved == []

    at_desk(act)


def test_clock_that_is_not_set_knows_no_absolute_deadline() -> None:
    async def act(desk: Desk) -> None:
        desk.commands.is_synced = lambda: False

        with pytest.raises(ExpiredError) as caught:
            await desk.call("set", 0.1, by_=EPOCH_S + 3600)
        assert await desk.call("set", 0.2, by_="1s") == 0.2

        assert (caught.value.why, caught.value.late_by_s) == ("unsynced", None)
        assert [where for _, where in desk.valve.moved] == [0.2]

    at_desk(act)


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("by_", True),
        ("by_", float("nan")),
        ("by_", -1),
        ("by_", 1_767_225_600_000),
        ("by_", "soon"),
        ("by_", [1]),
        ("key_", ""),
        ("key_", "x" * 65),
        ("key_", 5),
    ],
)
def test_wrong_option_is_refused_by_its_name(option: str, value: Any) -> None:
    async def act(desk: Desk) -> None:
        with pytest.raises(InvalidValueError) as caught:
            await desk.call("set", 0.1, **{option: value})

        assert caught.value.field == option
        assert desk.valve.moved == []

    at_desk(act)


def test_way_back_of_an_order_has_no_deadline() -> None:
    async def act(desk: Desk) -> None:
        await desk.call("set", 0.1)
        await desk.call("set", 0.9, for_="10s", by_="1s", key_="a")
        await asyncio.sleep(20)

        assert desk.valve.moved == [(0, 0.1), (3, 0.9), (16, 0.1)]

    at_desk(act)


def test_same_key_again_gets_the_first_answer_and_moves_nothing() -> None:
    async def act(desk: Desk) -> None:
        running = desk.call("shut", key_="a")
        await asyncio.sleep(1)
        meanwhile = desk.call("shut", key_="a")
        answers = [await running, await meanwhile]
        await asyncio.sleep(599)
        answers.append(await desk.call("shut", key_="a", by_=EPOCH_S))
        assert answers == ["shut 1"] * 3

        await asyncio.sleep(2)
        assert await desk.call("shut", key_="a") == "shut 2"

    at_desk(act)


def test_keys_are_those_of_one_caller_and_one_procedure() -> None:
    async def act(desk: Desk) -> None:
        for who in ("anna", "ben", None):
            await desk.call("shut", who=who, key_="a")
        await desk.call("set", 0.5, key_="a")
        await desk.call("shut", who=None, key_="a")

        assert len(desk.valve.moved) == 4

    at_desk(act)


def test_key_of_another_order_is_refused() -> None:
    async def act(desk: Desk) -> None:
        await desk.call("set", 0.5, key_="a")

        with pytest.raises(InvalidValueError, match="key_: was given with another order already"):
            await desk.call("set", 0.6, key_="a")
        assert await desk.call("set", 0.5, key_="a") == 0.5
        assert len(desk.valve.moved) == 1

    at_desk(act)


def test_failure_of_a_part_that_was_touched_is_the_answer() -> None:
    async def act(desk: Desk) -> None:
        desk.valve.failure = BusError("no answer")
        for _ in range(2):
            with pytest.raises(ApplicationError, match="no answer") as caught:
                await desk.call("shut", key_="a")
            assert caught.value.uri == "wampedge.error.bus"

        assert len(desk.valve.moved) == 1

    at_desk(act)


@pytest.mark.parametrize(
    "failure", [NotReadyError("in motion"), InvalidValueError("too far", field="x")]
)
def test_refusal_that_touched_nothing_may_be_tried_again_with_the_same_key(
    failure: DeviceError,
) -> None:
    async def act(desk: Desk) -> None:
        desk.valve.failure = failure
        with pytest.raises(ApplicationError):
            await desk.call("shut", key_="a")
        desk.valve.failure = None

        assert await desk.call("shut", key_="a") == "shut 2"
        assert len(desk.commands.answers) == 1

    at_desk(act)


def test_order_that_expired_may_be_given_again_with_the_same_key() -> None:
    async def act(desk: Desk) -> None:
        first = desk.call("set", 0.1)
        with pytest.raises(ApplicationError) as caught:
            await desk.call("shut", by_="1s", key_="a")
        assert caught.value.uri == "wampedge.error.expired"
        assert caught.value.keywords["reason"] == "late"
        assert caught.value.keywords["late_by"] == pytest.approx(2.0)

        await first
        assert await desk.call("shut", by_="1s", key_="a") == "shut 2"

    at_desk(act)


@pytest.mark.parametrize("options", [{}, {"by_": "1m"}, {"key_": "a"}, {"by_": "1m", "key_": "a"}])
def test_order_whose_caller_has_gone_while_it_waited_is_not_carried_out(
    options: dict[str, Any],
) -> None:
    async def act(desk: Desk) -> None:
        first = desk.call("set", 0.1)
        waiting = desk.call("set", 0.2, **options)
        await asyncio.sleep(1)
        waiting.cancel()
        await asyncio.wait([first, waiting])
        await asyncio.sleep(10)

        assert waiting.cancelled()
        assert desk.valve.moved == [(0, 0.1)]
        assert len(desk.commands.answers) == 0

    at_desk(act)


def test_order_with_a_key_that_has_begun_outlives_its_caller_who_hears_of_it_later() -> None:
    async def act(desk: Desk) -> None:
        caller = desk.call("shut", key_="a")
        await asyncio.sleep(1)
        caller.cancel()
        await asyncio.sleep(1)
        assert caller.cancelled()

        assert await desk.call("shut", key_="a") == "shut 1"

    at_desk(act)


def test_order_waits_on_while_one_of_its_callers_is_there() -> None:
    async def act(desk: Desk) -> None:
        first = desk.call("set", 0.1)
        gone, stays = desk.call("shut", key_="a"), desk.call("shut", key_="a")
        await asyncio.sleep(1)
        gone.cancel()

        assert await stays == "shut 2"
        assert first.done()

    at_desk(act)


def test_order_withdrawn_may_be_given_again_at_once() -> None:
    async def act(desk: Desk) -> None:
        first = desk.call("set", 0.1)
        gone = desk.call("shut", key_="a")
        await asyncio.sleep(1)
        gone.cancel()
        await asyncio.sleep(0)
        again = desk.call("shut", key_="a")

        assert await again == "shut 2"
        assert first.done()

    at_desk(act)


def test_bug_is_told_once_in_full_and_then_by_its_name() -> None:
    async def act(desk: Desk) -> None:
        async def broken(*, details: CallDetails) -> None:
            raise ZeroDivisionError

        endpoint: Any = desk.commands.endpoint("edge.n1.part.broken", broken)
        details = CallDetails("edge.n1.part.broken", Payload(), {}, False, lambda _: None)
        first, second = (endpoint(details=details, key_="a") for _ in range(2))
        outcomes = await asyncio.gather(first, second, return_exceptions=True)

        assert isinstance(outcomes[0], ZeroDivisionError)
        assert isinstance(outcomes[1], ApplicationError)
        assert outcomes[1].arguments == ["failed with ZeroDivisionError"]

    at_desk(act)


def test_answers_are_bounded_for_each_caller_and_in_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command_answers, "MAX_KEYS_EACH", 3)
    monkeypatch.setattr(command_answers, "MAX_KEYS", 5)

    async def act(desk: Desk) -> None:
        for number in range(5):
            await desk.call("shut", key_=str(number))
        assert len(desk.commands.answers) == 3
        for who in ("ben", "carl", "dora"):
            await desk.call("shut", who=who, key_="x")
        assert len(desk.commands.answers) == 5

        assert await desk.call("shut", who="ben", key_="x") == "shut 6"
        assert await desk.call("shut", key_="2") == "shut 9"

    at_desk(act)


def test_long_answers_make_room_sooner(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command_answers, "MAX_TOTAL_CHARACTERS", 30)

    async def act(desk: Desk) -> None:
        for number in range(5):
            await desk.call("shut", key_=str(number))

        # Each answer is written 'shut N' and None, 12 characters; the newest was not counted yet.
        assert len(desk.commands.answers) == 3

    at_desk(act)


def test_order_that_has_lost_its_caller_ends_with_the_node() -> None:
    async def act(desk: Desk) -> None:
        caller = desk.call("shut", key_="a")
        await asyncio.sleep(1)
        caller.cancel()
        await asyncio.sleep(0)

        desk.commands.answers.close()
        await asyncio.sleep(0)

        assert len(desk.commands.answers) == 0

    at_desk(act)


def test_order_given_up_before_its_first_step_leaves_no_coroutine_behind() -> None:
    async def give_up(desk: Desk) -> None:
        answer = command_answers.Answer("", Ticket(desk.clock))
        work = desk.valve.shut()

        answer.start(work, lambda is_kept: None)
        answer.give_up()
        await turns()

        assert inspect.getcoroutinestate(work) == inspect.CORO_CLOSED

    at_desk(give_up)
