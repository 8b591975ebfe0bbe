"""What the router upstream retains, for those here who subscribe with ``get_retained``.

::

    SUBSCRIBE get_retained ──▶ local router ── its own retained events ──▶ subscriber
                                    │                                         ▲
                                    └─▶ RetainedAsks ── SUBSCRIBE ──▶ upstream ┘

The topic is heard upstream already, or about to be; asking again by SUBSCRIBE brings what is
retained there on the same subscription. It goes to those who asked, each topic once, and to nobody
else. Who asks while the link is down is answered when it is back. A router upstream that has to ask
further on answers late, so who asked may be answered for ``ANSWER_S``.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import Any, Final

from wampedge.client import Connection, EventDetails
from wampedge.client.wishes import SubscriptionWish
from wampedge.errors import ApplicationError, WampedgeError
from wampedge.router.linked import Asked
from wampedge.uplink.names import Pattern
from wampedge.wamp.payload import Payload

__all__ = ["ANSWER_S", "MAX_ASKERS", "RetainedAsks"]

log = logging.getLogger(__name__)

ANSWER_S: Final = 10.0
"""How long after a question answers may come."""
MAX_ASKERS: Final = 4096
"""Those who wait for an answer, or for the link, at once; who comes then is not answered."""
_MAX_TOPICS: Final = 1000
"""Topics that one of them gets; a wampedge router sends no more either."""
_AGAIN_S: Final = 1.0


class _Asker:
    """One who asked, and what it got."""

    __slots__ = ("had", "options", "session_id", "subscription_id", "until_s")

    def __init__(self, asked: Asked, options: Mapping[str, Any]) -> None:
        self.session_id, self.subscription_id = asked.session_id, asked.subscription_id
        self.options = options
        self.until_s: float | None = None
        """When it gets nothing more; None until it was asked upstream."""
        self.had: set[str] = set()

    def wants(self, topic: str) -> bool:
        """Tell whether it has not had this topic yet; it has from now on."""
        if topic in self.had or len(self.had) >= _MAX_TOPICS:
            return False
        self.had.add(topic)
        return True


class RetainedAsks:
    """Belongs to one forwarder, and ends with it.

    Args:
        connection: to the upstream router.
        wish_of: returns what keeps a pattern subscribed to there; None where nothing does.
        deliver: gives some sessions an event on a subscription of the local router.
    """

    def __init__(
        self,
        connection: Connection,
        wish_of: Callable[[Pattern], SubscriptionWish | None],
        deliver: Callable[[int, list[int], Payload, EventDetails], None],
    ) -> None:
        self._connection, self._wish_of, self._deliver = connection, wish_of, deliver
        self._loop = asyncio.get_running_loop()
        self._askers_by_pattern: dict[Pattern, list[_Asker]] = {}
        self._asking_by_pattern: dict[Pattern, asyncio.Task[None]] = {}
        self._count = 0

    def ask(self, pattern: Pattern, asked: Asked, options: Mapping[str, Any]) -> None:
        """Ask for what is retained upstream for *pattern*, which is heard there.

        Args:
            pattern: as it is called there.
            asked: who wants it here.
            options: of the SUBSCRIBE, such as its way.
        """
        self._forget_answered()
        if self._count >= MAX_ASKERS:
            log.warning("%s: %d others wait for what is retained upstream", asked.uri, MAX_ASKERS)
            return
        self._count += 1
        self._askers_by_pattern.setdefault(pattern, []).append(_Asker(asked, options))
        if pattern not in self._asking_by_pattern:
            task = self._loop.create_task(self._ask(pattern), name=f"retained {pattern.uri}")
            self._asking_by_pattern[pattern] = task

    def take(self, pattern: Pattern, topic: str, payload: Payload, details: EventDetails) -> None:
        """Hand on a retained event that came by *pattern*; *topic* is what it is called here."""
        now_s = self._loop.time()
        sessions_by_subscription: dict[int, list[int]] = {}
        for asker in self._askers_by_pattern.get(pattern, ()):
            if asker.until_s is None or now_s > asker.until_s or not asker.wants(topic):
                continue
            sessions_by_subscription.setdefault(asker.subscription_id, []).append(asker.session_id)
        for subscription_id, sessions in sessions_by_subscription.items():
            self._deliver(subscription_id, sessions, payload, details)

    def forget(self, pattern: Pattern) -> None:
        """Drop who asked for *pattern*, which nobody here hears any more."""
        self._count -= len(self._askers_by_pattern.pop(pattern, ()))
        task = self._asking_by_pattern.pop(pattern, None)
        if task is not None:
            task.cancel()

    async def stop(self) -> None:
        """Ask nothing more."""
        tasks = list(self._asking_by_pattern.values())
        for pattern in list(self._askers_by_pattern):
            self.forget(pattern)
        if tasks:
            await asyncio.wait(tasks)

    def _forget_answered(self) -> None:
        now_s = self._loop.time()
        for pattern, askers in list(self._askers_by_pattern.items()):
            waiting = [each for each in askers if each.until_s is None or each.until_s >= now_s]
            self._count -= len(askers) - len(waiting)
            if waiting:
                self._askers_by_pattern[pattern] = waiting
            else:
                del self._askers_by_pattern[pattern]

    async def _ask(self, pattern: Pattern) -> None:
        """Ask as soon as the topic is heard upstream; ends when all were asked for."""
        while (wish := self._wish_of(pattern)) is not None:
            await wish.wait_established()
            waiting = [a for a in self._askers_by_pattern.get(pattern, ()) if a.until_s is None]
            if not waiting:
                break
            if not await self._asked_for(pattern, waiting):
                await asyncio.sleep(_AGAIN_S)
        self._asking_by_pattern.pop(pattern, None)
        if wish is None:
            self.forget(pattern)

    async def _asked_for(self, pattern: Pattern, waiting: list[_Asker]) -> bool:
        """Ask once for all who wait; tell whether it need not be tried again."""
        for asker in waiting:  # answers may come before SUBSCRIBED is looked at
            asker.until_s = self._loop.time() + ANSWER_S
        try:
            session = self._connection.session
            if session.router_supports("broker", "event_retention"):
                options = {**pattern.options, **waiting[0].options, "get_retained": True}
                asking = await session.subscribe(
                    pattern.uri, _leave_to_listener, options=options, takes_payload=True
                )
                await asking.unsubscribe()
        except ApplicationError as error:
            log.debug("%s is not told what it retains: %s", pattern.uri, error)
        except WampedgeError as error:
            log.debug("what is retained for %s is asked for again: %s", pattern.uri, error)
            for asker in waiting:
                asker.until_s = None
            return False
        return True


def _leave_to_listener(*_: Any, **__: Any) -> None:
    """Take nothing: the listener there is for the pattern hears it as well."""
