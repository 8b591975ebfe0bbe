"""Publishers of the local router that wait until their events are stored for the link upstream."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from wampedge.client import Session
from wampedge.router import Router
from wampedge.server import Server

if TYPE_CHECKING:
    from wampedge.uplink import Uplink

__all__ = ["Safekeeping", "introduce"]


class Safekeeping:
    """What links tell the local router of the events they store; implements ``Safety``.

    Args:
        server: of the local router.
        router: the local router.
        realm: its realm.
        session: by which links hear of events.
    """

    def __init__(self, server: Server, router: Router, realm: str, session: Session) -> None:
        self._server, self._realm, self._session_id = server, realm, session.session_id
        self._holding = router.holding(realm)

    def keep(self, stores: Callable[[str], bool]) -> None:
        """Let publishers of topics wait that *stores* says yes to."""
        self._holding.keep(self._session_id, stores)

    def release(self, stores: Callable[[str], bool]) -> None:
        """Let them wait no more."""
        self._holding.release(self._session_id, stores)

    def has(self, publication_id: int) -> bool:
        """Tell whether somebody waits for a publication."""
        return self._holding.has(publication_id)

    def has_batch(self, publication_id: int) -> bool:
        """Tell whether a whole batch waits for it."""
        return self._holding.has_batch(publication_id)

    def settle(self, publication_id: int, *, is_safe: bool) -> None:
        """Tell who waits whether it is stored."""
        self._server.settle(self._realm, publication_id, is_safe=is_safe)


def introduce(uplink: Uplink, server: Server, router: Router, realm: str, session: Session) -> None:
    """Let *uplink* and the local router know what the other has to tell; see ``Safekeeping``."""
    uplink.safety = Safekeeping(server, router, realm, session)
    uplink.linked = router.linked(realm)
