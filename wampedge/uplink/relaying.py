"""Calls and events that pass a node: verbatim, with their way, and never in a circle.

Arguments, results, progressive ones of both and errors pass as they are, undecoded where both sides
use the same serializer; so do the options of sealed payloads. A caller that gives up or is gone is
felt on the other side: the task here is cancelled, and its call with it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from wampedge.client import CallDetails, CallResult, EventDetails, Session
from wampedge.client.call_input import CallInput
from wampedge.client.passthru import Passthru
from wampedge.client.streams import OpenCall
from wampedge.errors import ApplicationError
from wampedge.wamp.hops import FORWARD_OPTION, Speaker, forwarded, way_of

__all__ = ["LOOP", "Relay"]

LOOP = "wampedge.error.loop"
"""Error of a call that came back to a node it had passed, or passed too many."""


class Relay:
    """What one node does to all that passes it.

    Args:
        node: a number of its own, told to those further on.
        max_hops: nodes that something may pass.

    Attributes:
        loops: events and calls that went no further.
    """

    def __init__(self, node: str, max_hops: int) -> None:
        self.loops = 0
        self._node, self._max_hops = node, max_hops

    def call_options(self, details: CallDetails, *, knows_ways: bool) -> dict[str, Any]:
        """Return the options of a CALL that passes *details* on.

        Args:
            details: of the call that came.
            knows_ways: the router it goes to does something with its way.

        Raises:
            ApplicationError: it goes in a circle.
        """
        way = self._next_way(details.options)
        if way is None:
            text = f"{details.procedure} goes in a circle, or over more than {self._max_hops} nodes"
            raise ApplicationError(LOOP, [text])
        speaker = Speaker(details.caller, details.caller_authid, details.caller_authrole)
        options = _seal(details.passthru) | _hops(speaker, way, knows_ways=knows_ways)
        if "timeout" in details.options:
            options["timeout"] = details.options["timeout"]
        return options

    def event_options(self, details: EventDetails, *, knows_ways: bool) -> dict[str, Any] | None:
        """Return the options of a PUBLISH that passes *details* on; None: it goes in a circle."""
        way = self._next_way(details.options)
        if way is None:
            return None
        speaker = Speaker(details.publisher, details.publisher_authid, details.publisher_authrole)
        return _seal(details.passthru) | _hops(speaker, way, knows_ways=knows_ways)

    def asking_options(
        self, options: Mapping[str, Any], *, knows_ways: bool
    ) -> dict[str, Any] | None:
        """Return the options of a SUBSCRIBE that asks on for retained events; None: a circle."""
        way = self._next_way(options)
        if way is None:
            return None
        return {FORWARD_OPTION: forwarded(None, way)} if knows_ways else {}

    async def call(
        self, session: Session, procedure: str, call_input: CallInput, *, knows_ways: bool
    ) -> CallResult:
        """Call *procedure* on *session* for whoever called here; raises what it raises."""
        details = call_input.details
        options = self.call_options(details, knows_ways=knows_ways)

        def pass_back(part: CallResult) -> None:
            details.send_progress(part.payload, _seal(part.passthru))

        if call_input.is_whole:
            on_progress = pass_back if details.wants_progress else None
            return await session.call_payload(
                procedure, details.payload, options=options, on_progress=on_progress
            )
        call = session.open_call(procedure, options=options, wants_progress=details.wants_progress)
        async with call:
            first, is_last = await call_input.next_part()
            call.pass_on(first, is_last=is_last)
            feeding = asyncio.ensure_future(_feed(call, call_input))
            try:
                async for part in call.results:
                    pass_back(part)
                return call.results.result
            finally:
                feeding.cancel()

    def _next_way(self, options: Mapping[str, Any]) -> list[str] | None:
        """Return the way with this node at its end; None where it may not go on."""
        way = way_of(options)
        if self._node in way or len(way) >= self._max_hops:
            self.loops += 1
            return None
        return [*way, self._node]


async def _feed(call: OpenCall, call_input: CallInput) -> None:
    """Pass on the parts of the input after the first, until nobody wants more."""
    is_last = False
    while not is_last:
        part, is_last = await call_input.next_part()
        if not call.pass_on(part, is_last=is_last):
            return
        await call.wait_writable()


def _hops(speaker: Speaker, way: list[str], *, knows_ways: bool) -> dict[str, Any]:
    """Return the way as an option; a router that knows none is told who speaks, or nothing."""
    is_known = any(each is not None for each in speaker)
    if not (knows_ways or is_known):
        return {}
    return {FORWARD_OPTION: forwarded(speaker if is_known else None, way)}


def _seal(passthru: Passthru | None) -> dict[str, Any]:
    return {} if passthru is None else dict(passthru.options)
