"""What passes between the two routers beyond the node's own: of its neighbours, and from upstream.

::

    clients of the local router ── events, procedures ──▶ upstream      (``up``)
    clients of the local router ◀── events; calls ──▶     upstream      (``down``)

Nothing goes round in a loop:

- Events are taken and given by one session on either side, and no router sends a session what it
  published itself: what came up is not heard there, what came down not here.
- Procedures go up only below the node's prefix, and are called upstream only outside of it.

What the node itself says and offers below the names of its devices is its own: nobody upstream,
and no client here, speaks for it across the link.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from wampedge.client import CallDetails, CallResult, EventDetails, Registration, Subscription
from wampedge.client.wishes import SubscriptionWish
from wampedge.errors import ApplicationError, ProtocolError, WampedgeError
from wampedge.uplink.link import Uplink
from wampedge.wamp.payload import Payload

__all__ = ["MAX_PROCEDURES", "Forwarder", "covers"]

log = logging.getLogger(__name__)

MAX_PROCEDURES = 1024
"""Procedures of clients of the local router that are offered upstream."""
_ON_CREATE, _ON_DELETE = "wamp.registration.on_create", "wamp.registration.on_delete"


def covers(rules: Iterable[str], uri: str) -> bool:
    """Tell whether *uri* is one of *rules*, or below one that ends in a dot."""
    return any(uri == rule or (rule.endswith(".") and uri.startswith(rule)) for rule in rules)


class Forwarder:
    """Lives as long as its uplink; owned by who owns that.

    Args:
        uplink: the link.
        prefix: what every URI of the node begins with, with its last dot.
        up: what passes of the clients of the local router, all below *prefix*.
        down: what passes of the upstream router.
        is_own: tells whether the node speaks below this URI itself.
    """

    def __init__(
        self,
        uplink: Uplink,
        prefix: str,
        *,
        up: Sequence[str],
        down: Sequence[str],
        is_own: Callable[[str], bool],
    ) -> None:
        self._uplink, self._local = uplink, uplink.local
        self._prefix, self._is_own = prefix, is_own
        self._up, self._down = _widest(up), _widest(down)
        self._uri_by_registration: dict[int, str] = {}
        self._grants: list[Subscription | Registration] = []
        self._wishes: list[SubscriptionWish] = []

    async def start(self) -> None:
        """Listen on both sides; what cannot be had is logged."""
        for rule in self._down:
            wish = self._uplink.connection.subscribe(
                rule, self._take_down, options=_matching(rule), takes_payload=True
            )
            self._wishes.append(wish)
        try:
            await self._start_locally()
        except WampedgeError as error:
            log.error("what clients of the local router offer does not pass: %s", error)

    async def stop(self) -> None:
        """Listen no more; the link may be gone already."""
        wishes, self._wishes = self._wishes, []
        for wish in wishes:
            await self._uplink.connection.remove(wish)
        grants, self._grants = self._grants, []
        for grant in grants:
            try:
                if isinstance(grant, Registration):
                    await grant.unregister()
                else:
                    await grant.unsubscribe()
            except WampedgeError as error:
                log.debug("the local router did not let go: %s", error)

    async def _start_locally(self) -> None:
        local, grants = self._local, self._grants
        for rule in self._down:
            if not rule.startswith(self._prefix):
                grant = await local.register(
                    rule, self._call_upstream, options=_matching(rule), takes_payload=True
                )
                grants.append(grant)
        for rule in self._up:
            grants.append(
                await local.subscribe(
                    rule, self._take_up, options=_matching(rule), takes_payload=True
                )
            )
        if self._up:
            grants.append(await local.subscribe(_ON_CREATE, self._on_create))
            grants.append(await local.subscribe(_ON_DELETE, self._on_delete))
            await self._offer_present()

    async def _offer_present(self) -> None:
        """Offer what is registered already, such as before a reload."""
        ids = (await self._local.call("wamp.registration.list")).value["exact"]
        answers = await asyncio.gather(
            *(self._local.call("wamp.registration.get", id_) for id_ in ids),
            return_exceptions=True,
        )
        for answer in answers:
            if not isinstance(answer, BaseException):  # gone meanwhile, else
                self._on_create(0, answer.value)

    def _on_create(self, _: Any = None, facts: Any = None, **__: Any) -> None:
        if not isinstance(facts, Mapping) or facts.get("match") != "exact":
            return
        uri, registration = facts["uri"], facts["id"]
        if not covers(self._up, uri) or self._is_own(uri):
            return
        if len(self._uri_by_registration) >= MAX_PROCEDURES:
            log.warning("%s is not offered upstream: %d are", uri, MAX_PROCEDURES)
            return
        self._uri_by_registration[registration] = uri
        self._uplink.offer(uri)

    async def _on_delete(self, _: Any = None, registration: Any = None, **__: Any) -> None:
        uri = self._uri_by_registration.pop(registration, None)
        if uri is not None and uri not in self._uri_by_registration.values():
            await self._uplink.withdraw(uri)

    def _take_up(self, payload: Payload, details: EventDetails) -> None:
        if not self._is_own(details.topic):
            self._uplink.publish(details.topic, payload)

    def _take_down(self, payload: Payload, details: EventDetails) -> None:
        if self._is_own(details.topic) or not self._local.is_joined:
            return
        try:
            self._local.publish_payload(details.topic, payload)
        except ProtocolError as error:
            log.warning("an event of %s does not come down: %s", details.topic, error)

    async def _call_upstream(self, payload: Payload, details: CallDetails) -> CallResult:
        procedure = details.procedure
        if procedure.startswith(self._prefix):
            # Upstream it leads back to us, where it is registered at all.
            raise ApplicationError("wamp.error.no_such_procedure", [f"nobody offers {procedure}"])
        session = self._uplink.connection.session
        if not details.wants_progress:
            return await session.call_payload(procedure, payload)
        return await session.call_payload(
            procedure, payload, on_progress=lambda part: details.send_progress(part.payload)
        )


def _widest(rules: Sequence[str]) -> list[str]:
    """Leave out rules that others cover, so that nothing passes twice."""
    kept = dict.fromkeys(rules)
    return [rule for rule in kept if not covers(kept.keys() - {rule}, rule)]


def _matching(rule: str) -> dict[str, str]:
    return {"match": "prefix"} if rule.endswith(".") else {}
