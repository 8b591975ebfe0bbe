"""What the steps of a scenario do, one function a kind of action."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from wampedge.client import CallResult
from wampedge.errors import ApplicationError, WampedgeError
from wampedge.simulation.scenario.fields import BENCH_ACTIONS
from wampedge.simulation.scenario.model import Action, Scenario
from wampedge.simulation.scenario.stage import Stage
from wampedge.simulation.scenario.trial import act_on_bench

__all__ = ["ActionError", "Actions", "needs_node", "result_item"]


class ActionError(WampedgeError):
    """A step did not go as the file wants it.

    Args:
        wanted: what was wanted.
        got: what came instead.
    """

    def __init__(self, wanted: str, got: str) -> None:
        super().__init__(f"{wanted}, got {got}")
        self.wanted = wanted
        self.got = got


def needs_node(action: Action | None) -> bool:
    """Say whether a step that does *action* needs a node; hands at the bench do not."""
    if action is not None and action.kind in ("board_fault", "board_clear"):
        return bool(action.arguments["board"] == "power_cut")
    return action is None or action.kind not in BENCH_ACTIONS


class Actions:
    """Does what steps say; what goes on after a step is cancelled with ``close``.

    Args:
        scenario: has the device files to go over to.
        stage: where it is done.
    """

    def __init__(self, scenario: Scenario, stage: Stage) -> None:
        self._scenario = scenario
        self._stage = stage
        self._timers: list[asyncio.TimerHandle] = []

    async def do(self, action: Action) -> CallResult | None:
        """Do *action*; return what a call gave; raises ActionError."""
        if action.kind in BENCH_ACTIONS:
            self._at_bench(action.kind, action.arguments)
            return None
        try:
            result: CallResult | None = await _DOERS[action.kind](self, action.arguments)
        except (WampedgeError, OSError) as error:  # the latter where descriptors are used up
            if isinstance(error, ActionError):
                raise
            raise ActionError(f"{action.key} succeeds", str(error)) from error
        return result

    def close(self) -> None:
        """End nothing by itself any more."""
        for timer in self._timers:
            timer.cancel()

    def _at_bench(self, kind: str, arguments: Mapping[str, Any]) -> None:
        board, device = self._stage.board, arguments["device"]
        try:
            act_on_bench(board, kind, arguments)
        except WampedgeError as error:  # possible at the trial, and not now: another world
            raise ActionError(f"{kind} succeeds", str(error)) from error
        for_s = arguments.get("for")
        if for_s is not None and kind == "fault":
            self._later(for_s, lambda: board.clear(device, arguments["kind"]))
        elif for_s is not None:
            self._later(for_s, lambda: board.let_go(device))

    def _later(self, seconds: float, act: Callable[[], None]) -> None:
        loop = asyncio.get_running_loop()
        self._timers = [t for t in self._timers if t.when() > loop.time() and not t.cancelled()]
        self._timers.append(loop.call_later(seconds, act))

    async def _call(self, arguments: Mapping[str, Any]) -> CallResult | None:
        procedure, wanted = arguments["procedure"], arguments["expect_error"]
        timeout_s, kwargs = arguments["timeout"], arguments["kwargs"] or {}
        try:
            result = await self._stage.call(
                arguments["session"], procedure, arguments["args"], kwargs, timeout_s
            )
        except TimeoutError:
            text = f"no answer within {timeout_s:g} s of virtual time"
            raise ActionError(f"{procedure} answers", text) from None
        except ApplicationError as error:
            if wanted == error.uri:
                return None
            raise ActionError(f"{procedure} {_wanted(wanted)}", str(error)) from error
        except WampedgeError as error:
            raise ActionError(f"{procedure} {_wanted(wanted)}", str(error)) from error
        if wanted is not None:
            raise ActionError(f"{procedure} {_wanted(wanted)}", "a result")
        return result

    async def _publish(self, arguments: Mapping[str, Any]) -> None:
        kwargs = arguments["kwargs"] or {}
        await self._stage.publish(
            arguments["session"], arguments["topic"], arguments["args"], kwargs
        )

    async def _hang_up(self, arguments: Mapping[str, Any]) -> None:
        self._stage.hang_up(arguments["session"])

    async def _link(self, arguments: Mapping[str, Any]) -> None:
        await self._stage.link(arguments["state"], arguments["name"])

    async def _reload(self, arguments: Mapping[str, Any]) -> None:
        await self._stage.reload(self._scenario.reloads[arguments["devices"]])

    async def _restart(self, arguments: Mapping[str, Any]) -> None:
        await self._stage.restart(arguments["for"])

    async def _power_cycle(self, arguments: Mapping[str, Any]) -> None:
        await self._stage.cut_power(arguments["for"])

    async def _board_fault(self, arguments: Mapping[str, Any]) -> None:
        kind, for_s, by_s = arguments["board"], arguments["for"], arguments["by"] or 0.0
        if kind == "power_cut":
            await self._stage.cut_power(1.0 if for_s is None else for_s)
            return
        computer = self._stage.computer
        computer.begin(kind, by_s=by_s, for_s=for_s or 0.0)
        if for_s is not None:
            self._later(for_s, lambda: computer.end(kind, by_s=by_s))

    async def _board_clear(self, arguments: Mapping[str, Any]) -> None:
        if arguments["board"] != "power_cut":
            self._stage.computer.end(arguments["board"])


_DOERS: Final[Mapping[str, Callable[[Actions, Mapping[str, Any]], Awaitable[Any]]]] = {
    "call": Actions._call,
    "publish": Actions._publish,
    "hang_up": Actions._hang_up,
    "link": Actions._link,
    "reload": Actions._reload,
    "restart": Actions._restart,
    "power_cycle": Actions._power_cycle,
    "board_fault": Actions._board_fault,
    "board_clear": Actions._board_clear,
}


def result_item(result: CallResult | None, path: str) -> Any:
    """Return what *path* leads to in the result of a call: ``value``, ``unit``, ``value.a.0``."""
    if result is None:
        return None
    first, *rest = path.split(".")
    item = result.value if first == "value" else result.kwargs.get(first)
    for key in rest:
        if isinstance(item, Mapping):
            item = item.get(key)
        elif isinstance(item, list | tuple) and key.isdecimal() and int(key) < len(item):
            item = item[int(key)]
        else:
            return None
    return item


def _wanted(error: str | None) -> str:
    return "succeeds" if error is None else f"ends with {error}"
