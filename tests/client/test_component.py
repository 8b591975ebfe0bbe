"""Components: functions and objects that say what they are for."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from typing import Any

import pytest

from wampedge.client import (
    CallDetails,
    CallInput,
    Component,
    Session,
    on_join,
    on_leave,
    procedure,
    topic,
)
from wampedge.errors import ApplicationError, ConfigError, ConnectionLostError
from wampedge.testing import TestRouter
from wampedge.wamp.auth import ANONYMOUS

pytest_plugins = ["wampedge.testing.pytest"]


class Running:
    """A component that runs in a task for the time of an ``async with``."""

    def __init__(self, component: Component, router: TestRouter) -> None:
        self.component = component
        self._run = component.run(router.url, router.realm, ANONYMOUS)

    async def __aenter__(self) -> Component:
        self.task = asyncio.create_task(self._run)
        return self.component

    async def __aexit__(self, *error: object) -> None:
        self.component.stop()
        await self.task


async def registered(session: Session, uri: str, *args: Any) -> Any:
    """Call *uri* as soon as somebody offers it."""
    while True:
        try:
            return (await session.call(uri, *args)).value
        except ApplicationError as error:
            if error.uri != "wamp.error.no_such_procedure":
                raise


async def published(session: Session, uri: str, heard: asyncio.Queue[Any]) -> Any:
    """Publish to *uri* until somebody has heard it; forget what was heard twice."""
    while heard.empty():
        await session.publish(uri, "sun", acknowledge=True)
    found = await heard.get()
    while not heard.empty():
        heard.get_nowait()
    return found


async def test_functions_of_a_module_become_procedures_and_subscribers(router: TestRouter) -> None:
    component = Component(prefix="home.")
    heard: asyncio.Queue[Any] = asyncio.Queue()

    @component.register("add")
    def add(x: int, y: int = 1) -> int:
        return x + y

    @component.register("who", wants_details=True, options={"match": "prefix"})
    def who(*, details: CallDetails) -> str:
        return details.procedure

    @component.register("sum", takes_input=True)
    async def total(numbers: CallInput) -> int:
        return sum([part.value async for part in numbers])

    @component.subscribe("news.", match="prefix", wants_details=True)
    def on_news(text: str, *, details: Any) -> None:
        heard.put_nowait((details.topic, text))

    @component.subscribe("plain")
    async def on_plain(text: str) -> None:
        heard.put_nowait(text)

    assert add(1) == 2
    async with Running(component, router), await router.join() as session:
        assert await registered(session, "home.add", 2) == 3
        assert await registered(session, "home.who.am.i") == "home.who.am.i"
        assert await registered(session, "home.sum", 4) == 4
        assert await published(session, "home.news.today", heard) == ("home.news.today", "sun")
        assert await published(session, "home.plain", heard) == "sun"


class Thermostat:
    """A part whose methods say what they are for."""

    def __init__(self) -> None:
        self.target = 20.0
        self.seen: list[Any] = []
        self.joined = asyncio.Event()

    @property
    def broken(self) -> float:
        raise AssertionError("nobody asks a property")

    @procedure("target.get")
    @procedure("target.read")
    def get(self) -> float:
        return self.target

    @procedure("target.set", wants_details=True)
    async def set(self, target: float, *, details: CallDetails) -> None:
        self.target = target

    @topic("shutdown")
    def on_shutdown(self) -> None:
        self.target = 5.0

    @on_join
    async def joined_now(self, session: Session) -> None:
        self.seen.append(session.session_id)
        self.joined.set()
        await asyncio.Event().wait()

    @on_leave
    def left(self, error: Exception | None) -> None:
        self.seen.append(type(error))


async def test_methods_of_an_object_serve_for_that_object(router: TestRouter) -> None:
    thermostat = Thermostat()
    async with (
        Running(Component(thermostat, prefix="attic."), router),
        await router.join() as session,
    ):
        await registered(session, "attic.target.set", 21.5)
        assert await registered(session, "attic.target.get") == 21.5
        assert await registered(session, "attic.target.read") == 21.5


async def test_joins_and_leaves_are_told_over_an_outage(router: TestRouter) -> None:
    thermostat = Thermostat()
    async with Running(Component(thermostat), router):
        await thermostat.joined.wait()
        thermostat.joined.clear()
        router.cut()
        await thermostat.joined.wait()

    first, error, second, end = thermostat.seen
    assert first != second
    assert (error, end) == (ConnectionLostError, type(None))


async def test_decorators_of_a_component_tell_of_joins_and_leaves(
    router: TestRouter, caplog: pytest.LogCaptureFixture
) -> None:
    component = Component()
    seen: list[str] = []

    @component.on_join
    def joined(session: Session) -> None:
        seen.append("joined")
        component.stop()

    @component.on_join
    def broken(session: Session) -> None:
        raise ZeroDivisionError

    @component.on_leave
    async def left(error: Exception | None) -> None:
        await asyncio.sleep(0)
        seen.append("left")

    await component.run(router.url, router.realm)

    assert seen == ["joined", "left"]
    assert "broken failed" in caplog.text


def test_component_that_does_not_run_can_be_stopped() -> None:
    Component().stop()


def test_object_that_declares_nothing_is_refused() -> None:
    with pytest.raises(ConfigError, match="object has no method with @procedure"):
        Component(object())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_program_ends_politely_at_a_signal(router: TestRouter, number: signal.Signals) -> None:
    component = Component()
    seen: list[str] = []

    @component.on_join
    def joined(session: Session) -> None:
        threading.Thread(target=os.kill, args=(os.getpid(), number)).start()

    @component.on_leave
    def left(error: Exception | None) -> None:
        seen.append("left")

    component.main(router.url, router.realm)

    assert seen == ["left"]
    router.wait_for(lambda router: not router.sessions)
