"""The broker of a realm: SUBSCRIBE, UNSUBSCRIBE, PUBLISH, and who gets which EVENT."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from wampedge.errors import ApplicationError
from wampedge.router.archive import Archive
from wampedge.router.audience import Audience, has_lists
from wampedge.router.deadlines import Deadlines
from wampedge.router.deduplication import Deduplication
from wampedge.router.holding import MARKED_LIMIT_S, MAX_HELD_MARKED, Holding
from wampedge.router.identity import Origin
from wampedge.router.linked import Linked, retained_sends
from wampedge.router.matchers import MATCHERS
from wampedge.router.matching import Routes
from wampedge.router.names import INVALID_ARGUMENT, LIMIT, NO_SUCH_SUBSCRIPTION
from wampedge.router.observer import RealmObserver, Unobserved
from wampedge.router.options import check_options
from wampedge.router.permissions import (
    Authorizer,
    check_not_reserved,
    may_hear,
    not_authorized,
)
from wampedge.router.quotas import ShapeQuota
from wampedge.router.sends import NOTHING, Send, Sends
from wampedge.router.session import RouterSession
from wampedge.router.settings import RealmSettings
from wampedge.router.subscription import Subscription
from wampedge.wamp.ids import RequestIds
from wampedge.wamp.marking import MARK_OPTION, Mark, mark_mistake
from wampedge.wamp.messages import (
    Event,
    Publish,
    Published,
    Subscribe,
    Subscribed,
    Unsubscribe,
    Unsubscribed,
)
from wampedge.wamp.overflow import OVERFLOW_OPTION
from wampedge.wamp.payload import Payload
from wampedge.wamp.retaining import RETAINED_FOR_OPTION, YIELDING_OPTION

__all__ = ["Broker", "Subscription"]

_NOTHING: Mapping[str, Any] = {}


class Broker:
    """Subscriptions of one realm and the way of each publication to them.

    Args:
        settings: the realm.
        authorizer: asked before each SUBSCRIBE and PUBLISH.
        random_id: gives publication ids.
        time_s: tells the time, in seconds since 1970.
        deadlines: where the router keeps what it does later.
    """

    def __init__(
        self,
        settings: RealmSettings,
        *,
        authorizer: Authorizer,
        random_id: Callable[[], int],
        time_s: Callable[[], float],
        deadlines: Deadlines,
    ) -> None:
        self._max_subscriptions = settings.limits.subscriptions
        self._shapes = ShapeQuota(settings.limits.wildcard_shapes)
        self._authorizer = authorizer
        self._allows = authorizer.allows
        self._origin = Origin("publisher", settings)
        self._random_id = random_id
        self._time_s = time_s
        self._routes: Routes[Subscription] = Routes([make() for make in MATCHERS])
        self._ids = RequestIds()
        self.publications = 0
        """Publications that were acknowledged or had subscribers, of clients."""
        self.subscription_by_id: dict[int, Subscription] = {}
        """All subscriptions there are, first come first."""
        self.observer: RealmObserver = Unobserved()
        """Hears of subscriptions; set by the realm."""
        self.archive = Archive(settings, authorizer=authorizer, time_s=time_s)
        """What is kept for those who come later."""
        self.holding = Holding(deadlines)
        """Acknowledgements that wait until an event is stored."""
        self.linked = Linked()
        """What crosses of retained events."""
        self.deduplication = Deduplication(settings.stream_log)
        """Which marked events came before."""
        for rule in settings.history:
            self._create(rule.match, rule.topic, is_lasting=True)

    def has_subscribers(self, topic: str) -> bool:
        """Tell whether anybody would hear of *topic*; raises ApplicationError if it is no URI."""
        return any(subscription.sessions for subscription in self._routes.find(topic).entries)

    def lookup(self, policy: str, pattern: str) -> Subscription | None:
        """Return the subscription to this very *pattern*; raises ApplicationError if it is none."""
        return self._routes.get(policy, pattern)

    def match(self, topic: str) -> tuple[Subscription, ...]:
        """Return all that get what is published to *topic*; raises ApplicationError if no URI."""
        return self._routes.find(topic).entries

    def on_subscribe(self, session: RouterSession, subscribe: Subscribe) -> Sends:
        """Subscribe *session* to a topic; subscribing again gives the same id again."""
        check_options(subscribe)
        policy = subscribe.options.get("match") or "exact"
        subscription = self._routes.get(policy, subscribe.topic)
        if not self._allows(session, "subscribe", subscribe.topic, policy):
            raise not_authorized("subscribe", subscribe.topic)
        told: Sends = NOTHING
        if subscription is None or session not in subscription.sessions:
            self._check_limit(session)
            self._shapes.take(session, policy, subscribe.topic)
            is_new = subscription is None
            if subscription is None:
                subscription = self._create(policy, subscribe.topic)
            subscription.add(session)
            session.subscriptions[subscription.id] = subscription
            told = self.observer.on_subscribe(session, subscription, is_new=is_new)
        subscription.sessions[session] = subscribe.options.get(OVERFLOW_OPTION)
        subscribed = Send((session,), Subscribed(subscribe.request_id, subscription.id))
        if subscribe.options.get("get_retained"):
            self.linked.ask(session, subscription, subscribe.options)
            return (subscribed, *self.archive.retained(session, subscription), *told)
        return (subscribed, *told)

    def on_unsubscribe(self, session: RouterSession, unsubscribe: Unsubscribe) -> Sends:
        """End one subscription of *session*."""
        subscription = session.subscriptions.pop(unsubscribe.subscription_id, None)
        if subscription is None:
            text = f"this session has no subscription {unsubscribe.subscription_id}"
            raise ApplicationError(NO_SUCH_SUBSCRIPTION, [text])
        told = self._drop([subscription], session)
        return (Send((session,), Unsubscribed(unsubscribe.request_id)), *told)

    def on_publish(self, session: RouterSession, publish: Publish) -> Sends:
        """Send what *session* publishes to the subscribers of the topic, itself left out.

        Specification, "Pattern-based Subscriptions": who is subscribed in several ways gets an
        EVENT for each, all with one publication id; those of patterns name the topic.
        """
        options = publish.options
        if options:
            check_options(publish)
            if options.get(MARK_OPTION) is not None:
                return self._on_marked(session, publish)
            if session.is_trusted and options.get(RETAINED_FOR_OPTION) is not None:
                return self._on_retained(session, publish)
            return self.linked.told(self._publish(session, publish), options)
        return self._publish(session, publish)

    def _on_retained(self, session: RouterSession, publish: Publish) -> Sends:
        """Give one subscriber what another router retains, and nobody else."""
        options = publish.options
        if options.get(YIELDING_OPTION) and self.archive.retention.has(publish.topic):
            return NOTHING
        subscription = self.subscription_by_id.get(options[RETAINED_FOR_OPTION])
        details = self._origin.details(session, options)
        return retained_sends(subscription, publish, self._random_id(), details)

    def _on_marked(self, session: RouterSession, publish: Publish) -> Sends:
        """Send on what a node sends up, unless it came before: then it is only acknowledged."""
        option = publish.options[MARK_OPTION]
        mistake = mark_mistake(option)
        if mistake is not None:
            raise ApplicationError(INVALID_ARGUMENT, [f"option {MARK_OPTION}: {mistake}"])
        sends, publication_id = self._publish_once(session, publish, Mark.found_in(option))
        if not publish.options.get("acknowledge"):
            return sends
        published = Send((session,), Published(publish.request_id, publication_id))
        if not self.holding.has(publication_id):
            return [*sends, published]
        self.holding.answer_when_safe(
            published, publication_id, within_s=MARKED_LIMIT_S, accepts_loss=True
        )
        return sends

    def on_ingest(
        self, session: RouterSession, publish: Publish, mark: Mark
    ) -> tuple[Sends, int | None]:
        """React to one event of a batch as to a PUBLISH whose option says *mark*.

        Returns:
            The events, and as what ``holding`` has this one while it is being stored.
        """
        if publish.options:
            check_options(publish)
        sends, publication_id = self._publish_once(session, publish, mark)
        return sends, publication_id if self.holding.has(publication_id) else None

    def _publish_once(
        self, session: RouterSession, publish: Publish, mark: Mark
    ) -> tuple[Sends, int]:
        """Return the events, none if it came before, and the id of the publication."""
        deduplication, holding = self.deduplication, self.holding
        if not deduplication.is_known(session, mark):
            if len(holding) >= MAX_HELD_MARKED:
                raise ApplicationError(LIMIT, [f"{MAX_HELD_MARKED} events are being stored"])
            publication_id, sends = self._spread(session, publish, mark.details)
            is_held = holding.hold(publish.topic, sends, publication_id)
            on_verdict = deduplication.take(session, mark, publication_id if is_held else None)
            if is_held:
                holding.wait(publication_id, on_verdict)
            return self.linked.told(sends, publish.options), publication_id
        if not self._allows(session, "publish", publish.topic):
            raise not_authorized("publish", publish.topic)
        deduplication.dropped += 1
        return NOTHING, deduplication.unsafe_publication(session, mark) or self._random_id()

    def _publish(self, session: RouterSession, publish: Publish) -> Sends:
        """Send an event to all that are to have it, and answer its publisher."""
        publication_id, sends = self._spread(session, publish)
        if publish.options.get("acknowledge"):
            published = Send((session,), Published(publish.request_id, publication_id))
            answer = self.holding.answer(published, publish.topic, sends, publication_id)
            return [*sends, *answer]
        return sends

    def _spread(
        self, session: RouterSession, publish: Publish, more: Mapping[str, Any] = _NOTHING
    ) -> tuple[int, Sends]:
        """Return an event with *more* details for all that are to have it, and its id."""
        options = publish.options
        route = self._routes.find(publish.topic)
        if route.is_reserved:
            check_not_reserved(session, publish.topic)
        if not self._allows(session, "publish", publish.topic):
            raise not_authorized("publish", publish.topic)
        is_told = options or self._origin.tells_always
        details = self._origin.details(session, options) if is_told else {}
        if more:
            details = {**details, **more}
        is_kept = (options or self.archive.has_history) and self.archive.wants(publish)
        if not (route.entries or options.get("acknowledge") or is_kept):
            return 0, NOTHING
        self.publications += 1
        publication_id = self._random_id()
        if is_kept:
            self.archive.take(publication_id, session, publish, details)
        sends = []
        audience = Audience(options) if options and has_lists(options) else None
        for subscription in route.entries:
            recipients = _recipients(subscription, session, options, audience)
            if route.is_reserved and not subscription.is_exact:
                recipients = self._permitted(recipients, publish.topic)
            if recipients:
                told = details if subscription.is_exact else {**details, "topic": publish.topic}
                event = Event(subscription.id, publication_id, told, publish.payload)
                sends.append(Send(recipients, event))
        return publication_id, sends

    def publish_own(
        self, topic: str, payload: Payload, *, exclude: RouterSession | None = None
    ) -> Sends:
        """Publish an event of the router itself, to all subscribers but *exclude*."""
        route = self._routes.find(topic)
        if not route.entries:
            return NOTHING
        publication_id = self._random_id()
        sends = []
        for subscription in route.entries:
            recipients = subscription.recipients
            if exclude is not None:
                recipients = subscription.recipients_without(exclude)
            if not subscription.is_exact:
                recipients = self._permitted(recipients, topic)
            if recipients:
                details = {} if subscription.is_exact else {"topic": topic}
                event = Event(subscription.id, publication_id, details, payload)
                sends.append(Send(recipients, event))
        return sends

    def events(
        self, session: RouterSession, subscription_id: int, filters: Mapping[str, Any]
    ) -> Payload:
        """Return the history of a subscription as the answer to *session*.

        Raises:
            ApplicationError: there is no such subscription, *session* may not subscribe to it, or
                a filter is wrong.
            Undecided: whether it may has to be asked for.
        """
        subscription = self.subscription_by_id.get(subscription_id)
        if subscription is None:
            text = f"there is no subscription {subscription_id}"
            raise ApplicationError(NO_SUCH_SUBSCRIPTION, [text])
        if not self._allows(session, "subscribe", subscription.topic, subscription.policy):
            raise not_authorized("subscribe", subscription.topic)
        return self.archive.events(session, subscription, filters)

    def revoke(self, session: RouterSession, subscription: Subscription, reason: str) -> Sends:
        """Take *subscription* from *session*, which may have it no more.

        Specification, "Subscription Revocation": only those are told that announced it.

        Args:
            session: maybe a subscriber.
            subscription: what it loses.
            reason: why, as a URI.
        """
        if session.subscriptions.pop(subscription.id, None) is None:
            return NOTHING
        told = self._drop([subscription], session)
        if not session.supports("subscriber", "subscription_revocation"):
            return told
        details = {"subscription": subscription.id, "reason": reason}
        return (Send((session,), Unsubscribed(0, details)), *told)

    def forget(self, session: RouterSession) -> Sends:
        """End all subscriptions of *session*, which leaves the realm."""
        subscriptions = list(session.subscriptions.values())
        session.subscriptions.clear()
        return self._drop(subscriptions, session)

    def _check_limit(self, session: RouterSession) -> None:
        if len(session.subscriptions) >= self._max_subscriptions:
            text = f"a session may have {self._max_subscriptions} subscriptions at once"
            raise ApplicationError(LIMIT, [text])

    def _create(self, policy: str, topic: str, *, is_lasting: bool = False) -> Subscription:
        subscription = Subscription(
            self._ids.next(),
            policy=policy,
            topic=topic,
            created_s=self._time_s(),
            is_lasting=is_lasting,
        )
        self._routes.add(policy, topic, subscription)
        self.subscription_by_id[subscription.id] = subscription
        return subscription

    def _drop(self, subscriptions: list[Subscription], session: RouterSession) -> list[Send]:
        """Take *session* out of *subscriptions*; only then tell of it, or it would be told."""
        for subscription in subscriptions:
            subscription.remove(session)
            self._shapes.give_back(session, subscription.policy, subscription.topic)
            if subscription.is_over:
                self._routes.remove(subscription.policy, subscription.topic)
                del self.subscription_by_id[subscription.id]
        tell = self.observer.on_unsubscribe
        return [
            send
            for subscription in subscriptions
            for send in tell(session, subscription, is_gone=subscription.is_over)
        ]

    def _permitted(
        self, recipients: tuple[RouterSession, ...], topic: str
    ) -> tuple[RouterSession, ...]:
        """Choose those that may get an event of the router itself by a pattern."""
        return tuple(each for each in recipients if may_hear(self._authorizer, each, topic))


def _recipients(
    subscription: Subscription,
    publisher: RouterSession,
    options: Mapping[str, Any],
    audience: Audience | None,
) -> tuple[RouterSession, ...]:
    """Choose the subscribers that get an event, by the options of its PUBLISH."""
    recipients = subscription.recipients
    if publisher in subscription.sessions and options.get("exclude_me") is not False:
        recipients = subscription.recipients_without(publisher)
    if audience is not None:
        recipients = tuple(filter(audience.includes, recipients))
    return recipients
