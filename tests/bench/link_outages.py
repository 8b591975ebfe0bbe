"""What two routers with a link between them do when the cable, or the power, goes."""

from __future__ import annotations

import asyncio
import contextlib
import time
from dataclasses import dataclass, field

from tests.bench.link_checks import APP, served_after_s
from tests.bench.link_rigs import Rig
from tests.bench.processes import BETWEEN_CUTS_S
from wampedge.client import Session
from wampedge.errors import ApplicationError, CallTimeoutError, WampedgeError

__all__ = ["Outage", "blackhole", "clean_drop", "half_open", "outage"]

_UP, _DOWN = f"{APP}.level", "hub.level"
_ECHO, _HUB_ECHO = f"{APP}.echo", "hub.echo"
_EVERY_S = 0.05
OUTAGE_S = 10.0
HEAL_LIMIT_S = 60.0
NOTICE_LIMIT_S = 60.0


@dataclass
class Outage:
    """What ten seconds without the link led to, ready for the table."""

    up: str = ""
    down: str = ""
    call: str = ""


@dataclass
class _Stream:
    """Numbered events from one side to the other."""

    topic: str
    sent: int = 0
    offline: set[int] = field(default_factory=set)
    heard: list[int] = field(default_factory=list)

    async def listen(self, session: Session) -> None:
        """Note what arrives."""
        await session.subscribe(self.topic, lambda number, **_: self.heard.append(number))

    async def publish(self, session: Session, is_offline: bool) -> None:
        """Send the next one."""
        self.sent += 1
        if is_offline:
            self.offline.add(self.sent)
        await session.publish(self.topic, self.sent)

    @property
    def lost(self) -> set[int]:
        """The numbers that have not come."""
        return set(range(1, self.sent + 1)) - set(self.heard)

    def told(self) -> str:
        """Return what was lost, and in what order the rest came."""
        lost, offline = self.lost, len(self.offline)
        text = f"{len(lost & self.offline)} of {offline} lost"
        if outside := lost - self.offline:
            text += f", and {len(outside)} of {self.sent - offline} before or after"
        text = f"**{text}**" if lost else text
        again = len(self.heard) - len(set(self.heard))
        firsts = list(dict.fromkeys(self.heard))
        order = "" if firsts == sorted(firsts) else ", out of order"
        return f"{text}{f', {again} twice' if again else ''}{order}"


async def clean_drop(rig: Rig) -> str:
    """Reset the connection five times: how soon does the hub reach the edge again?"""
    edge, hub = await _ends(rig)
    times = []
    for _ in range(5):
        await asyncio.sleep(BETWEEN_CUTS_S)
        rig.cable.cut()
        times.append(await served_after_s(hub, _ECHO, HEAL_LIMIT_S))
    await _leave(edge, hub)
    known = [each for each in times if each is not None]
    return f"{min(known):.1f}-{max(known):.1f} s" if len(known) == 5 else "**not healed**"


async def outage(rig: Rig) -> Outage:
    """Take the link away for ten seconds while both sides publish, and call meanwhile."""
    edge, hub = await _ends(rig)
    up, down, result = _Stream(_UP), _Stream(_DOWN), Outage()
    await up.listen(hub)
    await down.listen(edge)
    await asyncio.sleep(2.0)  # what is listened to has to be known on the other side
    began_s = time.monotonic()
    asked: asyncio.Task[str] | None = None
    while (passed_s := time.monotonic() - began_s) < OUTAGE_S + 4.0:
        is_offline = 2.0 <= passed_s < 2.0 + OUTAGE_S
        if rig.cable.is_up == is_offline:
            rig.cable.is_up = not is_offline
            rig.cable.cut()
        if passed_s > 5.0 and asked is None:
            asked = asyncio.ensure_future(_ask(edge, _HUB_ECHO))
        await up.publish(edge, is_offline)
        await down.publish(hub, is_offline)
        await asyncio.sleep(_EVERY_S)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(20.0):
            while up.lost:  # noqa: ASYNC110 # another program sends them
                await asyncio.sleep(0.2)
    result.up, result.down = up.told(), down.told()
    result.call = "?" if asked is None else await asked
    await _leave(edge, hub)
    return result


async def blackhole(rig: Rig) -> str:
    """Let nothing through and tell nobody: when does each side answer calls with an error?"""
    edge, hub = await _ends(rig)
    rig.cable.stall()
    began_s = time.monotonic()
    at_hub, at_edge = await asyncio.gather(
        _noticed(hub, _ECHO, began_s), _noticed(edge, _HUB_ECHO, began_s)
    )
    rig.cable.flow()
    await _leave(edge, hub)
    return f"hub {at_hub}, edge {at_edge}"


async def half_open(rig: Rig) -> str:
    """Pull the plug of the edge: does the hub reach it again once it is up?"""
    edge, hub = await _ends(rig)
    with contextlib.suppress(WampedgeError):
        await rig.restart_edge()
    edge = await rig.at_edge()
    await edge.register(_ECHO, lambda value=0: value)
    healed_s = await served_after_s(hub, _ECHO, HEAL_LIMIT_S)
    await _leave(edge, hub)
    return f"**not within {HEAL_LIMIT_S:.0f} s**" if healed_s is None else f"{healed_s:.1f} s"


async def _ends(rig: Rig) -> tuple[Session, Session]:
    """Join both sides, each with a procedure the other can call."""
    edge, hub = await rig.at_edge(), await rig.at_hub()
    await edge.register(_ECHO, lambda value=0: value)
    await hub.register(_HUB_ECHO, lambda value=0: value)
    for session, procedure in ((hub, _ECHO), (edge, _HUB_ECHO)):
        if await served_after_s(session, procedure, 20.0) is None:
            raise RuntimeError(f"{rig.name}: {procedure} cannot be called over the link")
    return edge, hub


async def _noticed(session: Session, procedure: str, began_s: float) -> str:
    """Return when calls began to fail at once, instead of waiting for nothing."""
    while (passed_s := time.monotonic() - began_s) < NOTICE_LIMIT_S:
        try:
            await session.call(procedure, timeout_s=0.5)
        except CallTimeoutError:
            continue
        except ApplicationError as error:
            if error.uri not in ("wamp.error.timeout", "wamp.error.canceled"):
                return f"{passed_s:.0f} s"
        await asyncio.sleep(0.05)  # answered from the buffers of the cable
    return f"**> {NOTICE_LIMIT_S:.0f} s**"


async def _ask(session: Session, procedure: str) -> str:
    began_s = time.monotonic()
    try:
        await session.call(procedure, timeout_s=4.0)
    except CallTimeoutError:
        return "no answer in 4 s"
    except ApplicationError as error:
        return f"`{error.uri}` in {1000 * (time.monotonic() - began_s):.0f} ms"
    return "answered"


async def _leave(*sessions: Session) -> None:
    for session in sessions:
        with contextlib.suppress(WampedgeError):
            await session.leave()
