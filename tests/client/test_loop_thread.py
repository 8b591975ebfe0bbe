"""The event loop in a thread of its own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator

import pytest

from wampedge.client.loop_thread import LoopThread


@pytest.fixture
def thread() -> Iterator[LoopThread]:
    thread = LoopThread("a loop")
    thread.start()
    yield thread
    thread.stop()


async def thread_name() -> str:
    return threading.current_thread().name


def test_work_is_done_in_the_thread_and_its_result_comes_back(thread: LoopThread) -> None:
    assert thread.run(thread_name()) == "a loop"
    assert thread.is_running


def test_error_of_the_work_comes_back(thread: LoopThread) -> None:
    async def fail() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        thread.run(fail())


def test_nobody_waits_for_the_loop_in_the_loop(thread: LoopThread) -> None:
    async def wait_for_oneself() -> None:
        thread.run(thread_name())

    with pytest.raises(RuntimeError, match="cannot wait in the loop"):
        thread.run(wait_for_oneself())


def test_interrupt_of_the_waiting_thread_cancels_the_work(
    thread: LoopThread, monkeypatch: pytest.MonkeyPatch
) -> None:
    cancelled = threading.Event()

    async def endless() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    started = threading.Event()

    def interrupted(future: object) -> None:
        started.wait()
        raise KeyboardInterrupt

    async def tell() -> None:
        started.set()

    monkeypatch.setattr("concurrent.futures.Future.result", interrupted)
    asyncio.run_coroutine_threadsafe(tell(), thread._loop)  # type: ignore[arg-type]  # it runs

    with pytest.raises(KeyboardInterrupt):
        thread.run(endless())
    assert cancelled.wait(5)


def test_stopped_loop_takes_no_work() -> None:
    thread = LoopThread("a loop")
    thread.start()

    thread.stop()
    thread.stop()

    assert not thread.is_running
    with pytest.raises(RuntimeError, match="has ended"):
        thread.run(thread_name())
