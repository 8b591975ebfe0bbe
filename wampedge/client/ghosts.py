"""Our own last session, which the router may not know to be over yet.

A link that was cut leaves a session behind that holds our names until the router finds it gone.
Where ``force_reregister`` does not help, the router may let us end that session: we know its id,
and it is asked for only if it is ours by its authid as well, as ids say nothing after a router
has been started again.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Collection

from wampedge.client.session import Session
from wampedge.errors import TransportError, WampedgeError

__all__ = ["Ghosts"]

log = logging.getLogger(__name__)

_TIMEOUT_S = 5.0
_REASON = "wampedge.close.replaced"
_TEXT = "the same client has joined again"
_MOST = 4
"""Ghosts of one router that are remembered: a link that flaps leaves one each time."""


class Ghosts:
    """Our last sessions at each router of one connection; owned by that connection."""

    def __init__(self) -> None:
        self._ids_by_router: dict[str, deque[int]] = {}
        self._router = ""
        self._ending: asyncio.Task[bool] | None = None

    def joined(self, router: str) -> None:
        """Note at which router we are; it is asked to end our last sessions once at most."""
        self._router, self._ending = router, None

    def ended(self, session: Session) -> None:
        """Note that *session*, at the present router, is over; only a lost link leaves a ghost."""
        if isinstance(session.error, TransportError):
            ids = self._ids_by_router.setdefault(self._router, deque(maxlen=_MOST))
            ids.append(session.session_id)

    async def end(self, session: Session) -> bool:
        """Have the router end our last sessions, if they are there and the router lets us.

        Args:
            session: the present one.

        Returns:
            Whether one is gone by this; many may ask at once, the router is asked once.
        """
        if self._ending is None:
            ids = self._ids_by_router.pop(self._router, ())
            self._ending = asyncio.ensure_future(_end_all(session, ids))
        return await asyncio.shield(self._ending)


async def _end_all(session: Session, ids: Collection[int]) -> bool:
    ended = [await _end(session, ghost) for ghost in ids]
    return any(ended)


async def _end(session: Session, ghost: int) -> bool:
    try:
        details = await session.call("wamp.session.get", ghost, timeout_s=_TIMEOUT_S)
        authid = details.value.get("authid") if isinstance(details.value, dict) else None
        if authid is None or authid != session.details.get("authid"):
            return False
        await session.call(
            "wamp.session.kill", ghost, timeout_s=_TIMEOUT_S, reason=_REASON, message=_TEXT
        )
    except WampedgeError as error:
        log.debug("our last session %s could not be ended: %s", ghost, error)
        return False
    log.info("ended our last session %s, which was still there", ghost)
    return True
