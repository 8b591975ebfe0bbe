"""Find out which device holds up the event loop: a driver without a bus that blocks in its code.

Nothing else runs while it does. Its steps are timed one by one, which costs about a microsecond
each, so that the log names the device instead of leaving a slow node to be guessed at.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable, Coroutine, Generator
from typing import Any, Final, Generic, TypeVar

__all__ = ["PATIENCE_S", "LoopPatience"]

log = logging.getLogger(__name__)
Result = TypeVar("Result")

PATIENCE_S: Final = 0.2
"""How long one step of a driver may hold up the event loop before it is told."""


class LoopPatience:
    """Times what one device does on the event loop.

    Args:
        device: its name, for the log.
        timer: seconds of the wall that nobody sets; tests have their own.

    Attributes:
        exceeded: how often one of its steps took longer than ``PATIENCE_S``.
    """

    def __init__(self, device: str, timer: Callable[[], float] = time.perf_counter) -> None:
        self.exceeded = 0
        self._device = device
        self._timer = timer

    async def watch(self, unit: Coroutine[Any, Any, Result]) -> Result:
        """Await *unit*, timing each step of it; raises what it raises."""
        return await _Steps(unit, self)

    def call(self, callback: Callable[..., Any], *args: Any) -> None:
        """Call *callback*, which is one step; raises what it raises."""
        began = self._timer()
        try:
            callback(*args)
        finally:
            self.note(began)

    def now(self) -> float:
        """Return the time a step begins."""
        return self._timer()

    def note(self, began: float) -> None:
        """Note that the step that began at *began* is over."""
        took_s = self._timer() - began
        if took_s <= PATIENCE_S:
            return
        self.exceeded += 1
        if self.exceeded == 1:
            text = "%s: its driver held up the whole node for %.2g s; move what blocks into self.thread(...) or declare place='thread'"  # noqa: E501 # one text
            log.warning(text, self._device, took_s)


class _Steps(Awaitable[Result], Generic[Result]):
    """Runs a coroutine step by step."""

    def __init__(self, unit: Coroutine[Any, Any, Result], patience: LoopPatience) -> None:
        self._unit = unit
        self._patience = patience

    def __await__(self) -> Generator[Any, Any, Result]:
        unit, patience = self._unit, self._patience
        step: Callable[[Any], Any] = unit.send
        argument: Any = None
        while True:
            began = patience.now()
            try:
                awaited = step(argument)
            except StopIteration as end:
                result: Result = end.value
                return result
            finally:
                patience.note(began)
            try:
                step, argument = unit.send, (yield awaited)
            except GeneratorExit:
                unit.close()
                raise
            except BaseException as error:  # noqa: BLE001 # cancellation too: the unit takes it
                step, argument = unit.throw, error
