"""What crosses to other routers of events that are retained, and what comes from there.

A session of the node links this router with another one. What it cannot see of a message by itself
is told here: which events are to be retained (their EVENT does not say so), and who has just asked
for retained events, so that the other router can be asked as well. What it brings then is a PUBLISH
for that subscriber alone, with the option ``x_retained_for``.

All this is for sessions of the node itself; who joins over a connection has no part in it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from wampedge.router.audience import Audience
from wampedge.router.matchers import is_match
from wampedge.router.sends import NOTHING, Send, Sends
from wampedge.router.session import RouterSession
from wampedge.router.subscription import Subscription
from wampedge.wamp.messages import Event, Publish
from wampedge.wamp.retaining import CARRIED_DETAILS, CLEAR_OPTION, RETAIN_DETAIL

__all__ = ["Asked", "Asks", "Linked", "retained_sends"]

_DETAIL_BY_OPTION: Final = (("retain", RETAIN_DETAIL), (CLEAR_OPTION, CLEAR_OPTION))


class Asked(NamedTuple):
    """A SUBSCRIBE with ``get_retained``."""

    session_id: int
    subscription_id: int
    match: str
    uri: str
    options: Mapping[str, Any]


Asks = Callable[[Asked], None]
"""Hears of one who wants retained events; may not call the router."""


class Linked:
    """The links of one realm; owned by its broker."""

    def __init__(self) -> None:
        self._asks: list[Asks] = []
        self._links: list[int] = []

    def add(self, session_id: int, asks: Asks) -> None:
        """Tell the session *session_id* what is to be retained, and *asks* who asks for it."""
        self._links.append(session_id)
        self._asks.append(asks)

    def remove(self, session_id: int, asks: Asks) -> None:
        """Tell them no more; does nothing when they are not told."""
        if asks in self._asks:
            self._asks.remove(asks)
            self._links.remove(session_id)

    def ask(
        self, session: RouterSession, subscription: Subscription, options: Mapping[str, Any]
    ) -> None:
        """Tell that *session* wants what is retained for *subscription*."""
        if self._asks and session.id not in self._links:
            asked = Asked(
                session.id, subscription.id, subscription.policy, subscription.topic, options
            )
            for asks in tuple(self._asks):
                asks(asked)

    def told(self, sends: Sends, options: Mapping[str, Any]) -> Sends:
        """Return *sends* of a PUBLISH with these options, links being told what is to be kept."""
        if not self._links:
            return sends
        more = {detail: True for option, detail in _DETAIL_BY_OPTION if options.get(option)}
        if not more:
            return sends
        return [each for send in sends for each in self._split(send, more)]

    def _split(self, send: Send, more: Mapping[str, Any]) -> Sequence[Send]:
        event = send.message
        links = tuple(each for each in send.recipients if each.id in self._links)
        if not links or not isinstance(event, Event):
            return (send,)
        others = tuple(each for each in send.recipients if each not in links)
        told = Event(
            event.subscription_id, event.publication_id, {**event.details, **more}, event.payload
        )
        return (Send(links, told), *([Send(others, event)] if others else ()))


def retained_sends(
    subscription: Subscription | None,
    publish: Publish,
    publication_id: int,
    details: Mapping[str, Any],
) -> Sends:
    """Return what another router retains for those subscribers that *publish* names.

    Args:
        subscription: where they wait for it; None when it is gone.
        publish: the PUBLISH of a link.
        publication_id: its id.
        details: of the EVENT, as for an exact subscription.
    """
    if subscription is None:
        return NOTHING
    if not is_match(subscription.policy, subscription.topic, publish.topic):
        return NOTHING
    audience = Audience(publish.options)
    recipients = tuple(each for each in subscription.recipients if audience.includes(each))
    if not recipients:
        return NOTHING
    told: dict[str, Any] = {**details, "retained": True}
    told |= {name: publish.options[name] for name in CARRIED_DETAILS if name in publish.options}
    if not subscription.is_exact:
        told["topic"] = publish.topic
    return (Send(recipients, Event(subscription.id, publication_id, told, publish.payload)),)
