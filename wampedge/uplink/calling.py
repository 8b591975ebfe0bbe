"""What is called upstream: one registration at the local router for all links of a node.

::

    caller ──▶ local router ── x_fallback ──▶ DownCalls ──▶ the first link that can
                                                       └──▶ the next one

Where the rules of several links bring the same procedure down, they are asked in the order of the
device file: the first whose link is up, and the next when its router says that nobody offers it.
A call that was answered in any other way is never made again, nor one that comes in parts.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable
from functools import partial
from typing import Final, Protocol

from wampedge.client import CallInput, CallResult, Registration, Session
from wampedge.errors import ApplicationError, WampedgeError
from wampedge.uplink.names import Pattern

__all__ = ["DownCalls", "Taker", "let_go"]

log = logging.getLogger(__name__)

_NO_SUCH_PROCEDURE: Final = "wamp.error.no_such_procedure"


class Taker(Protocol):
    """One link, as far as procedures are called there."""

    @property
    def rank(self) -> int:
        """Its place among the links; a lower one is asked earlier."""
        ...

    @property
    def is_joined(self) -> bool:
        """Whether the link is up."""
        ...

    def covers(self, procedure: str) -> bool:
        """Tell whether its rules bring *procedure* down, as it is called here."""
        ...

    async def call(self, call_input: CallInput) -> CallResult:
        """Call there; raises what it raises."""
        ...


class DownCalls:
    """Owned by the links of a node."""

    def __init__(self) -> None:
        self._takers_by_pattern: dict[Pattern, list[Taker]] = {}
        self._registration_by_pattern: dict[Pattern, Registration] = {}
        self._switching = asyncio.Lock()

    async def add(self, local: Session, pattern: Pattern, taker: Taker) -> None:
        """Let *taker* have calls of *pattern*, before any other of its rank.

        Raises:
            WampedgeError: the local router is gone.
        """
        async with self._switching:
            self._takers_by_pattern.setdefault(pattern, []).insert(0, taker)
            if pattern in self._registration_by_pattern:
                return
            options = {**pattern.options, "x_fallback": True}
            try:
                self._registration_by_pattern[pattern] = await local.register(
                    pattern.uri, partial(self._call, pattern), options=options, takes_input=True
                )
            except ApplicationError as error:
                log.warning("%s is not called upstream: %s", pattern.uri, error)

    async def remove(self, taker: Taker) -> None:
        """Let *taker* have no calls any more."""
        async with self._switching:
            for pattern, takers in list(self._takers_by_pattern.items()):
                if taker in takers:
                    takers.remove(taker)
                if takers:
                    continue
                del self._takers_by_pattern[pattern]
                registration = self._registration_by_pattern.pop(pattern, None)
                if registration is not None:
                    await let_go(registration.unregister())

    async def _call(self, pattern: Pattern, call_input: CallInput) -> CallResult:
        procedure = call_input.details.procedure
        takers = self._takers(pattern, procedure)
        if not takers:
            raise ApplicationError(_NO_SUCH_PROCEDURE, [f"nobody offers {procedure}"])
        *earlier, last = takers if call_input.is_whole else takers[:1]
        for taker in earlier:
            try:
                return await taker.call(call_input)
            except ApplicationError as error:
                if error.uri != _NO_SUCH_PROCEDURE:
                    raise
        return await last.call(call_input)

    def _takers(self, pattern: Pattern, procedure: str) -> list[Taker]:
        """Return who is to be asked: those that are up; one of the others where none is."""
        own = self._takers_by_pattern.get(pattern, [])
        others = [each for takers in self._takers_by_pattern.values() for each in takers]
        ranked = [*sorted(own, key=_rank), *sorted(others, key=_rank)]
        found = [taker for taker in dict.fromkeys(ranked) if taker.covers(procedure)]
        return [taker for taker in found if taker.is_joined] or found[:1]


async def let_go(ending: Awaitable[None]) -> None:
    """Wait for the end of something at the local router, which may be gone."""
    try:
        await ending
    except WampedgeError as error:
        log.debug("the local router did not let go: %s", error)


def _rank(taker: Taker) -> int:
    return taker.rank
