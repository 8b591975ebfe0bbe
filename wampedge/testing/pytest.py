"""Fixtures for pytest: a router, a simulated bench, or a whole simulated site for each test.

Switched on by ``pytest_plugins = ["wampedge.testing.pytest"]`` in ``conftest.py``. It is no
entry point on purpose: pytest would rewrite the assertions of all of wampedge in every project
that has it installed.

An ``async`` test that takes ``sim`` or ``site`` runs in virtual time, with no other plugin.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Coroutine, Generator, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from wampedge.simulation.site import SimulatedSite
    from wampedge.testing.router import TestRouter
    from wampedge.testing.simulation import Simulation

__all__ = [
    "VirtualTimeTest",
    "device_file",
    "pytest_pycollect_makeitem",
    "router",
    "router_options",
    "sim",
    "simulation_seed",
    "site",
]

_SIMULATED = ("sim", "site")
"""The fixtures that live in virtual time; started in this order."""


@pytest.fixture
def router_options() -> Mapping[str, Any]:
    """Return the arguments of ``TestRouter``; override it to set users, roles or the realm."""
    return {}


@pytest.fixture
def router(router_options: Mapping[str, Any]) -> Iterator[TestRouter]:
    """Serve a router of its own to the test: ``router.url``, ``router.realm``."""
    from wampedge.testing.router import TestRouter  # noqa: PLC0415 - only tests that use it pay

    with TestRouter(**router_options) as served:
        yield served


@pytest.fixture
def simulation_seed() -> int:
    """Return what makes the noise of simulated parts; override it for another world."""
    return 0


@pytest.fixture
def sim(request: pytest.FixtureRequest, simulation_seed: int) -> Simulation:
    """Give the test a bench: ``await sim.device("air", driver="bme280")``."""
    from wampedge.testing.simulation import Simulation  # noqa: PLC0415 - only its tests pay

    return Simulation(request.path.parent, seed=simulation_seed)


@pytest.fixture
def device_file() -> str | Path:
    """Return the device file of ``site``, seen from the folder of the test; override it."""
    return "devices.toml"


@pytest.fixture
def site(
    request: pytest.FixtureRequest, device_file: str | Path, simulation_seed: int
) -> SimulatedSite:
    """Run the node of ``device_file`` on simulated parts while the test runs."""
    from wampedge.config import load  # noqa: PLC0415 - only its tests pay
    from wampedge.simulation.site import SimulatedSite  # noqa: PLC0415 - only its tests pay

    return SimulatedSite(load(request.path.parent / device_file), seed=simulation_seed)


class VirtualTimeTest(pytest.Function):
    """An ``async`` test that runs in virtual time."""

    def runtest(self) -> None:
        """Start what is simulated, run the test, and stop it again."""
        self.obj = _in_virtual_time(self.obj, [name for name in _SIMULATED if _has(self, name)])
        super().runtest()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_pycollect_makeitem(obj: object) -> Generator[None, Any, Any]:
    """Take the ``async`` tests of simulated parts, whatever other plugins make of them."""
    found = yield
    if not inspect.iscoroutinefunction(obj) or found is None:
        return found
    items = found if isinstance(found, list) else [found]
    return [_taken(item) for item in items]


def _taken(item: Any) -> Any:
    if not isinstance(item, pytest.Function) or not any(_has(item, name) for name in _SIMULATED):
        return item
    return VirtualTimeTest.from_parent(
        item.parent,
        name=item.name,
        callspec=getattr(item, "callspec", None),
        callobj=item.obj,
        fixtureinfo=item._fixtureinfo,
        keywords=item.keywords,
        originalname=item.originalname,
    )


def _has(item: pytest.Function, name: str) -> bool:
    """Return whether a test takes our fixture *name*, not another of the same name."""
    found = item._fixtureinfo.name2fixturedefs.get(name, ())
    return bool(found) and getattr(found[-1].func, "__module__", "") == __name__


def _in_virtual_time(
    test: Callable[..., Coroutine[Any, Any, None]], simulated: Sequence[str]
) -> Callable[..., None]:
    @functools.wraps(test)
    def run(**arguments: Any) -> None:
        from wampedge_simulator.clock import run_virtual  # noqa: PLC0415 - only its tests pay

        run_virtual(_run(test, arguments, [arguments[name] for name in simulated]))

    return run


async def _run(
    test: Callable[..., Coroutine[Any, Any, None]],
    arguments: Mapping[str, Any],
    simulated: Sequence[AbstractAsyncContextManager[Any]],
) -> None:
    async with AsyncExitStack() as stack:
        for each in simulated:
            await stack.enter_async_context(each)
        await test(**arguments)
