"""What a broker keeps of publications: retained events and the history.

It decides which publications are kept and who may have them later; ``retention`` and ``history``
hold them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from wampedge.errors import ApplicationError, LocalProtocolError
from wampedge.router.audience import has_session_lists
from wampedge.router.history import EventHistory
from wampedge.router.history_query import HistoryQuery, timestamp
from wampedge.router.matching import quoted
from wampedge.router.names import LIMIT
from wampedge.router.permissions import Authorizer, may_hear
from wampedge.router.publication import Publication
from wampedge.router.retention import Retention
from wampedge.router.sends import Send
from wampedge.router.session import RouterSession
from wampedge.router.settings import RealmSettings
from wampedge.router.subscription import Subscription
from wampedge.wamp.messages import Event, Publish
from wampedge.wamp.payload import Payload
from wampedge.wamp.retaining import CLEAR_OPTION, OMITTED_DETAIL

__all__ = ["Archive"]


class Archive:
    """The publications one realm keeps; owned by its broker.

    Args:
        settings: the realm.
        authorizer: asked who may hear of topics under ``wamp.`` and ``wampedge.``.
        time_s: tells the time, in seconds since 1970.
    """

    def __init__(
        self, settings: RealmSettings, *, authorizer: Authorizer, time_s: Callable[[], float]
    ) -> None:
        self.retention = Retention(settings.retention, settings.retained_log)
        self.has_history = bool(settings.history)
        """Events may be kept that nobody asked to retain."""
        self.unkept = 0
        """Events that were to be retained and were not, for want of room."""
        self._limits = settings.retention
        self._history = EventHistory(settings.history)
        self._authorizer = authorizer
        self._time_s = time_s

    def wants(self, publish: Publish) -> bool:
        """Tell whether *publish* changes what is kept."""
        options = publish.options
        return bool(
            options.get("retain")
            or options.get(CLEAR_OPTION)
            or (
                self.has_history
                and not has_session_lists(options)
                and self._history.covers(publish.topic)
            )
        )

    def take(
        self,
        publication_id: int,
        session: RouterSession,
        publish: Publish,
        details: Mapping[str, Any],
    ) -> None:
        """Keep what *session* publishes.

        Events that cannot be retained are sent all the same; but the one before them, which is
        out of date now, must not be taken for the latest.

        Args:
            publication_id: its id.
            session: the publisher.
            publish: what ``wants`` said yes to.
            details: of the EVENT, as for an exact subscription.

        Raises:
            ApplicationError: there is no room to retain it, and the publisher waits to hear
                whether there is; nothing was kept, and nothing is to be sent.
        """
        options, topic = publish.options, publish.topic
        if options.get(CLEAR_OPTION):
            self.retention.clear(topic)
        try:
            time_ms = int(self._time_s() * 1_000)
            publication = Publication(
                publication_id,
                publish,
                details=details,
                time_ms=time_ms,
                publisher_id=session.id,
                is_own=session.is_trusted,
            )
        except LocalProtocolError:
            self.retention.clear(topic)  # nobody can be sent it either
            return
        is_retained = options.get("retain") and not options.get(CLEAR_OPTION)
        if is_retained and not self.retention.keep(publication):
            if options.get("acknowledge"):
                text = f"no room to retain an event of {quoted(topic)}"
                raise ApplicationError(LIMIT, [text])
            self.unkept += 1
            self.retention.clear(topic)
        if self.has_history and not has_session_lists(options):
            self._history.record(publication)

    def retained(self, session: RouterSession, subscription: Subscription) -> list[Send]:
        """Return the retained events *session* gets for *subscription*, by topic.

        Where there are too many for one burst, the last one tells how many are missing.
        """
        latest = list(self._latest(session, subscription))
        events: list[Event] = []
        room_bytes = self._limits.burst_bytes
        for publication in latest[: self._limits.burst_events]:
            room_bytes -= publication.payload.size_bytes
            if events and room_bytes < 0:
                break
            events.append(publication.event(subscription, retained=True))
        if len(events) < len(latest):
            events[-1].details[OMITTED_DETAIL] = len(latest) - len(events)
        return [Send((session,), event) for event in events]

    def events(
        self, session: RouterSession, subscription: Subscription, filters: Mapping[str, Any]
    ) -> Payload:
        """Return the history of *subscription* as the answer to *session*, which may have it.

        Raises:
            ApplicationError: a filter is wrong.
        """
        query = HistoryQuery(filters)
        publications = self._history.publications(
            subscription.policy, subscription.topic, now_ms=int(self._time_s() * 1_000)
        )
        visible = [
            each
            for each in publications
            if each.is_meant_for(session) and self._may_hear(session, subscription, each)
        ]
        selected, is_limit_reached = query.select(visible)
        events = [_described(each, subscription) for each in selected]
        return Payload(events, {"is_limit_reached": is_limit_reached})

    def _latest(self, session: RouterSession, subscription: Subscription) -> Iterable[Publication]:
        """Yield for each topic the latest event that *session* would have got."""
        for publications in self.retention.matching(subscription.policy, subscription.topic):
            for publication in reversed(publications):
                if publication.would_have_reached(session):
                    if self._may_hear(session, subscription, publication):
                        yield publication
                    break

    def _may_hear(
        self, session: RouterSession, subscription: Subscription, publication: Publication
    ) -> bool:
        return subscription.is_exact or may_hear(self._authorizer, session, publication.topic)


def _described(publication: Publication, subscription: Subscription) -> dict[str, Any]:
    """Return an event as the specification wants it in the answer."""
    event = publication.event(subscription)
    described: dict[str, Any] = {
        "timestamp": timestamp(publication.time_ms),
        "subscription": subscription.id,
        "publication": publication.id,
        "details": event.details,
    }
    described.update(zip(("args", "kwargs"), event.payload.elements, strict=False))
    return described
