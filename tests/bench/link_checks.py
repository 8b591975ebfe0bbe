"""What two routers with a link between them do in good times: the rows of the table but outages."""

from __future__ import annotations

import asyncio
import time
from statistics import median
from typing import Any

from tests.bench.link_rigs import Rig
from wampedge.client import CallDetails, Session
from wampedge.errors import ApplicationError, CallTimeoutError, WampedgeError

__all__ = ["APP", "authid", "error", "latency", "pattern", "progress", "served_after_s"]

APP = "edge.edge.app"
"""Below this, clients at the edge offer what the hub calls."""
_ERROR = "site.error.jammed"
_PATIENCE_S = 5.0


async def served_after_s(caller: Session, procedure: str, limit_s: float) -> float | None:
    """Return how long it takes until *procedure* answers, in seconds; None if not within limit."""
    started_s = time.monotonic()
    while (passed_s := time.monotonic() - started_s) < limit_s:
        try:
            await caller.call(procedure, timeout_s=min(1.0, limit_s - passed_s + 0.01))
        except (ApplicationError, CallTimeoutError):
            await asyncio.sleep(0.02)  # other programs restore it, at a moment they choose
        else:
            return time.monotonic() - started_s
    return None


async def error(rig: Rig) -> str:
    """Call what fails: does the error of the callee arrive?"""
    edge, hub = await rig.at_edge(), await rig.at_hub()

    def jam() -> None:
        raise ApplicationError(_ERROR, ["valve", 7], {"retry": False})

    await edge.register(f"{APP}.jam", jam)
    await _appear(hub, f"{APP}.jam")
    try:
        result = await hub.call(f"{APP}.jam", timeout_s=_PATIENCE_S)
    except ApplicationError as caught:
        is_whole = (caught.uri, caught.arguments) == (_ERROR, ["valve", 7])
        told = "delivered verbatim" if is_whole and caught.keywords else f"as {caught.uri}"
    else:
        told = f"arrives as **success({result.value})**"
    return await _leave(told, edge, hub)


async def progress(rig: Rig) -> str:
    """Call what answers in parts: how many of ten arrive?"""
    edge, hub = await rig.at_edge(), await rig.at_hub()

    async def count(*, details: CallDetails) -> str:
        for part in range(10):
            details.progress(part)
        return "done"

    await edge.register(f"{APP}.count", count, wants_details=True)
    await _appear(hub, f"{APP}.count")
    parts: list[Any] = []
    try:
        await hub.call(f"{APP}.count", on_progress=parts.append, timeout_s=_PATIENCE_S)
        told = f"{len(parts)} of 10"
    except WampedgeError as caught:
        told = f"{len(parts)} of 10, then {_short(caught)}"
    return await _leave(told, edge, hub)


async def pattern(rig: Rig, match: str, procedure: str, called: str) -> str:
    """Register a pattern at the edge: can the hub call below it, and is the link still there?"""
    edge, hub = await rig.at_edge(), await rig.at_hub()
    await edge.register(f"{APP}.{match}.before", lambda: 1)
    await _appear(hub, f"{APP}.{match}.before")
    await edge.register(procedure, lambda: 7, options={"match": match})
    crosses = await served_after_s(hub, called, _PATIENCE_S)
    told = "crosses" if crosses is not None else "does not cross"
    await edge.register(f"{APP}.{match}.after", lambda: 1)
    if await served_after_s(hub, f"{APP}.{match}.after", _PATIENCE_S) is None:
        told = f"{told}, and **nothing else crosses after it**"
    return await _leave(told, edge, hub)


async def latency(rig: Rig) -> str:
    """Compare calls over the link with calls within the hub, in turns."""
    edge, hub, neighbour = await rig.at_edge(), await rig.at_hub(), await rig.at_hub()
    await edge.register(f"{APP}.echo", lambda value=0: value)
    await neighbour.register("hub.near", lambda value=0: value)
    await _appear(hub, f"{APP}.echo")
    near_s: list[float] = []
    far_s: list[float] = []
    for turn in range(300):
        for procedure, times in (("hub.near", near_s), (f"{APP}.echo", far_s)):
            started_s = time.perf_counter()
            await hub.call(procedure, turn)
            times.append(time.perf_counter() - started_s)
    near, far = 1000 * median(near_s), 1000 * median(far_s)
    told = f"p50 {near:.2f} -> {far:.2f} ms ({far / near:.1f}x)"
    return await _leave(told, edge, hub, neighbour)


async def authid(rig: Rig) -> str:
    """Call as somebody: whom does the callee at the edge see?"""
    edge, hub = await rig.at_edge(), await rig.at_hub(as_pilot=True)
    seen: list[str | None] = []

    def look(*, details: CallDetails) -> None:
        seen.append(details.caller_authid)

    await edge.register(f"{APP}.look", look, wants_details=True, options={"disclose_caller": True})
    await _appear(hub, f"{APP}.look", options={"disclose_me": True})
    told = "kept" if seen[-1] == "pilot" else "none" if seen[-1] is None else f'**"{seen[-1]}"**'
    return await _leave(told, edge, hub)


async def _appear(hub: Session, procedure: str, options: dict[str, Any] | None = None) -> None:
    """Wait until *procedure* is known at the hub."""
    deadline_s = time.monotonic() + 20.0
    while True:
        try:
            await hub.call(procedure, timeout_s=_PATIENCE_S, options=options or {})
        except ApplicationError as caught:
            if caught.uri != "wamp.error.no_such_procedure":
                return
            if time.monotonic() > deadline_s:
                raise
            await asyncio.sleep(0.05)  # another program registers it, at a moment it chooses
        else:
            return


async def _leave(told: str, *sessions: Session) -> str:
    for session in sessions:
        await session.leave()
    return told


def _short(caught: WampedgeError) -> str:
    return caught.uri if isinstance(caught, ApplicationError) else type(caught).__name__
