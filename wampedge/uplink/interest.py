"""What somebody listens to at the local router, besides the node itself.

A topic of the upstream router is worth its bytes only while it is heard here. The router tells of
each subscription that comes and goes by its meta events.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import Any, Final

from wampedge.client import Session, Subscription
from wampedge.errors import WampedgeError
from wampedge.uplink.names import Pattern

__all__ = ["LocalInterest"]

log = logging.getLogger(__name__)

_META: Final = "wamp.subscription."


class LocalInterest:
    """Watches the subscriptions of the local router from ``start`` to ``stop``.

    Args:
        local: a session of the node; what it listens to itself does not count.
        on_change: called with a pattern, and whether somebody listens to it now.
    """

    def __init__(self, local: Session, on_change: Callable[[Pattern, bool], None]) -> None:
        self._local, self._on_change = local, on_change
        self._pattern_by_id: dict[int, Pattern] = {}
        self._listeners_by_id: dict[int, set[int]] = {}
        self._grants: list[Subscription] = []

    async def start(self) -> None:
        """Tell of all that is there, and of what comes; raises WampedgeError."""
        for name, hear in (
            ("on_create", self._on_create),
            ("on_subscribe", self._on_subscribe),
            ("on_unsubscribe", self._on_unsubscribe),
            ("on_delete", self._on_delete),
        ):
            self._grants.append(await self._local.subscribe(f"{_META}{name}", hear))
        listed = (await self._local.call(f"{_META}list")).value
        ids = [id_ for policy in ("exact", "prefix", "wildcard") for id_ in listed[policy]]
        await asyncio.gather(*map(self._look_at, ids))

    async def stop(self) -> None:
        """Watch no more; the session may be gone already."""
        grants, self._grants = self._grants, []
        for grant in grants:
            try:
                await grant.unsubscribe()
            except WampedgeError as error:
                log.debug("the local router did not let go: %s", error)

    async def _look_at(self, subscription: int) -> None:
        """Take a subscription that was there before."""
        try:
            facts = (await self._local.call(f"{_META}get", subscription)).value
            listeners = (await self._local.call(f"{_META}list_subscribers", subscription)).value
        except WampedgeError:
            return  # gone meanwhile
        self._on_create(0, facts)
        for session in listeners:
            self._on_subscribe(session, subscription)

    def _on_create(self, _: Any = None, facts: Any = None, **__: Any) -> None:
        if isinstance(facts, Mapping):
            self._pattern_by_id[facts["id"]] = Pattern(facts["match"], facts["uri"])

    def _on_subscribe(self, session: Any = None, subscription: Any = None, **_: Any) -> None:
        pattern = self._pattern_by_id.get(subscription)
        if pattern is None or session == self._local.session_id:
            return
        listeners = self._listeners_by_id.setdefault(subscription, set())
        is_first = not listeners
        listeners.add(session)
        if is_first:
            self._on_change(pattern, True)

    def _on_unsubscribe(self, session: Any = None, subscription: Any = None, **_: Any) -> None:
        listeners = self._listeners_by_id.get(subscription, set())
        listeners.discard(session)
        if not listeners:
            self._end(subscription)

    def _on_delete(self, _: Any = None, subscription: Any = None, **__: Any) -> None:
        self._end(subscription)
        self._pattern_by_id.pop(subscription, None)

    def _end(self, subscription: int) -> None:
        if self._listeners_by_id.pop(subscription, None) is not None:
            self._on_change(self._pattern_by_id[subscription], False)
