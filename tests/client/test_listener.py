"""Events on their way to one subscriber's function."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.support.turns import turns
from tests.support.virtual import virtual
from wampedge.client.callbacks import Shape
from wampedge.client.listener import MAX_WAITING_EVENTS, Listener
from wampedge.wamp.messages import Event
from wampedge.wamp.payload import Payload


def event(value: Any) -> Event:
    return Event(600, 1, {}, Payload((value,)))


@virtual
async def test_async_function_gets_its_events_one_after_the_other() -> None:
    steps: list[str] = []

    async def on_event(value: int) -> None:
        steps.append(f"begin {value}")
        await asyncio.sleep(10 - value)
        steps.append(f"end {value}")

    listener = Listener("a.b", on_event, Shape())
    listener.deliver(event(1))
    listener.deliver(event(2))
    await asyncio.sleep(20)

    assert steps == ["begin 1", "end 1", "begin 2", "end 2"]
    await listener.close()


@virtual
async def test_queue_is_bounded_and_drops_the_newest(caplog: pytest.LogCaptureFixture) -> None:
    heard: list[int] = []

    async def on_event(value: int) -> None:
        heard.append(value)

    listener = Listener("a.b", on_event, Shape())
    for value in range(MAX_WAITING_EVENTS + 3):
        listener.deliver(event(value))
    await asyncio.sleep(1)

    assert heard == list(range(MAX_WAITING_EVENTS))
    assert listener.dropped == 3
    assert caplog.text.count("too slow") == 1
    await listener.close()


@pytest.mark.parametrize("bug", [ZeroDivisionError(), SystemExit(3), asyncio.CancelledError()])
@pytest.mark.parametrize("is_async", [False, True])
@virtual
async def test_failing_function_goes_on_getting_events(
    bug: BaseException, is_async: bool, caplog: pytest.LogCaptureFixture
) -> None:
    heard: list[int] = []

    def on_event(value: int) -> None:
        heard.append(value)
        raise bug

    async def on_event_later(value: int) -> None:
        on_event(value)

    listener = Listener("a.b", on_event_later if is_async else on_event, Shape())
    listener.deliver(event(1))
    listener.deliver(event(2))
    await turns()

    assert heard == [1, 2]
    assert f"subscriber of a.b raised {type(bug).__name__}" in caplog.text
    await listener.close()


@virtual
async def test_keyboard_interrupt_is_for_the_program() -> None:
    def on_event(value: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Listener("a.b", on_event, Shape()).deliver(event(1))


@virtual
async def test_closing_cancels_what_runs_and_forgets_what_waits() -> None:
    steps: list[str] = []

    async def on_event(value: int) -> None:
        steps.append(f"begin {value}")
        try:
            await asyncio.Event().wait()
        finally:
            steps.append("cleaned up")

    listener = Listener("a.b", on_event, Shape())
    listener.deliver(event(1))
    listener.deliver(event(2))
    await turns()
    await listener.close()
    listener.deliver(event(3))

    assert steps == ["begin 1", "cleaned up"]


@virtual
async def test_function_may_close_its_own_listener() -> None:
    heard: list[int] = []
    listeners: list[Listener] = []

    async def on_event(value: int) -> None:
        heard.append(value)
        await listeners[0].close()

    listeners.append(Listener("a.b", on_event, Shape()))
    listeners[0].deliver(event(1))
    listeners[0].deliver(event(2))
    await turns()

    assert heard == [1]


@virtual
async def test_function_may_return_a_future() -> None:
    futures = [asyncio.get_running_loop().create_future() for _ in range(3)]
    waiting = iter(futures)
    listener = Listener("a.b", lambda value: next(waiting), Shape())
    for value in range(3):
        listener.deliver(event(value))
    futures[0].set_result(None)
    await turns()

    await listener.close()

    assert futures[1].cancelled()
