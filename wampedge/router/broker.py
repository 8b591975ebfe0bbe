"""The broker of a realm: SUBSCRIBE, UNSUBSCRIBE, PUBLISH, and who gets which EVENT."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from wampedge.errors import ApplicationError
from wampedge.router.audience import Audience, has_lists
from wampedge.router.identity import Origin
from wampedge.router.matchers import MATCHERS
from wampedge.router.matching import Routes
from wampedge.router.names import LIMIT, NO_SUCH_SUBSCRIPTION
from wampedge.router.observer import RealmObserver, Unobserved
from wampedge.router.options import check_options
from wampedge.router.permissions import Authorizer, check_not_reserved, not_authorized
from wampedge.router.sends import NOTHING, Send, Sends
from wampedge.router.session import RouterSession
from wampedge.router.settings import RealmSettings
from wampedge.wamp.ids import RequestIds
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

__all__ = ["Broker", "Subscription"]


class Subscription:
    """All sessions that subscribed to one topic in one way; they share its id.

    Made with its first subscriber, gone with its last. Only the broker changes it.

    Args:
        subscription_id: what SUBSCRIBED and EVENT call it.
        policy: way to match (option ``match``).
        topic: the topic, or the pattern.
        created_s: when it was made, in seconds since 1970.
    """

    __slots__ = ("_recipients", "created_s", "id", "is_exact", "policy", "sessions", "topic")

    def __init__(self, subscription_id: int, *, policy: str, topic: str, created_s: float) -> None:
        self.id = subscription_id
        self.policy = policy
        self.is_exact = policy == "exact"
        self.topic = topic
        self.created_s = created_s
        self.sessions: dict[RouterSession, str | None] = {}
        """The subscribers, and what each wants to happen to events it is too slow for
        (``wampedge.wamp.overflow``); None where it did not say."""
        self._recipients: tuple[RouterSession, ...] | None = None

    @property
    def recipients(self) -> tuple[RouterSession, ...]:
        """The subscribers, first come first; the same tuple until one comes or goes."""
        if self._recipients is None:
            self._recipients = tuple(self.sessions)
        return self._recipients

    def add(self, session: RouterSession) -> None:
        """Let *session* get the events from now on."""
        self.sessions[session] = None
        self._recipients = None

    def remove(self, session: RouterSession) -> None:
        """Let *session*, a subscriber, get no more events."""
        del self.sessions[session]
        self._recipients = None


class Broker:
    """Subscriptions of one realm and the way of each publication to them.

    Args:
        settings: the realm.
        authorizer: asked before each SUBSCRIBE and PUBLISH.
        random_id: gives publication ids.
        time_s: tells the time, in seconds since 1970.
    """

    def __init__(
        self,
        settings: RealmSettings,
        *,
        authorizer: Authorizer,
        random_id: Callable[[], int],
        time_s: Callable[[], float],
    ) -> None:
        self._max_subscriptions = settings.limits.subscriptions
        self._allows = authorizer.allows
        self._origin = Origin(
            "publisher",
            may_disclose=settings.may_disclose,
            trustlevel_by_role=settings.trustlevel_by_role,
        )
        self._random_id = random_id
        self._time_s = time_s
        self._routes: Routes[Subscription] = Routes(
            [make() for make in MATCHERS], may_lead=_may_hear
        )
        self._ids = RequestIds()
        self.publications = 0
        """Publications that were acknowledged or had subscribers, of clients."""
        self.subscription_by_id: dict[int, Subscription] = {}
        """All subscriptions there are, first come first."""
        self.observer: RealmObserver = Unobserved()
        """Hears of subscriptions; set by the realm."""

    def has_subscribers(self, topic: str) -> bool:
        """Tell whether anybody would hear of *topic*; raises ApplicationError if it is no URI."""
        return bool(self._routes.find(topic).entries)

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
        if subscription is None or session not in subscription.sessions:
            self._check_limit(session)
            is_new = subscription is None
            if subscription is None:
                subscription = self._create(policy, subscribe.topic)
            subscription.add(session)
            session.subscriptions[subscription.id] = subscription
            told = self.observer.on_subscribe(session, subscription, is_new=is_new)
            return (self._subscribed(session, subscribe, subscription), *told)
        return (self._subscribed(session, subscribe, subscription),)

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
        route = self._routes.find(publish.topic)
        if route.is_reserved:
            check_not_reserved(session, publish.topic)
        if not self._allows(session, "publish", publish.topic):
            raise not_authorized("publish", publish.topic)
        is_told = options or self._origin.tells_always
        details = self._origin.details(session, options) if is_told else {}
        is_acknowledged = options.get("acknowledge")
        if not (route.entries or is_acknowledged):
            return NOTHING
        self.publications += 1
        publication_id = self._random_id()
        sends = []
        for subscription in route.entries:
            recipients = _recipients(subscription, session, options)
            if recipients:
                told = details if subscription.is_exact else {**details, "topic": publish.topic}
                event = Event(subscription.id, publication_id, told, publish.payload)
                sends.append(Send(recipients, event))
        if is_acknowledged:
            sends.append(Send((session,), Published(publish.request_id, publication_id)))
        return sends

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
            if exclude in subscription.sessions:
                recipients = tuple(each for each in recipients if each is not exclude)
            if recipients:
                details = {} if subscription.is_exact else {"topic": topic}
                event = Event(subscription.id, publication_id, details, payload)
                sends.append(Send(recipients, event))
        return sends

    def forget(self, session: RouterSession) -> Sends:
        """End all subscriptions of *session*, which leaves the realm."""
        subscriptions = list(session.subscriptions.values())
        session.subscriptions.clear()
        return self._drop(subscriptions, session)

    def _subscribed(
        self, session: RouterSession, subscribe: Subscribe, subscription: Subscription
    ) -> Send:
        subscription.sessions[session] = subscribe.options.get(OVERFLOW_OPTION)
        return Send((session,), Subscribed(subscribe.request_id, subscription.id))

    def _check_limit(self, session: RouterSession) -> None:
        if len(session.subscriptions) >= self._max_subscriptions:
            text = f"a session may have {self._max_subscriptions} subscriptions at once"
            raise ApplicationError(LIMIT, [text])

    def _create(self, policy: str, topic: str) -> Subscription:
        subscription = Subscription(
            self._ids.next(), policy=policy, topic=topic, created_s=self._time_s()
        )
        self._routes.add(policy, topic, subscription)
        self.subscription_by_id[subscription.id] = subscription
        return subscription

    def _drop(self, subscriptions: list[Subscription], session: RouterSession) -> list[Send]:
        """Take *session* out of *subscriptions*; only then tell of it, or it would be told."""
        for subscription in subscriptions:
            subscription.remove(session)
            if not subscription.sessions:
                self._routes.remove(subscription.policy, subscription.topic)
                del self.subscription_by_id[subscription.id]
        tell = self.observer.on_unsubscribe
        return [
            send
            for subscription in subscriptions
            for send in tell(session, subscription, is_gone=not subscription.sessions)
        ]


def _may_hear(topic: str, subscription: Subscription) -> bool:
    """Keep what the router itself tells from patterns that do not name it.

    A program that records everything gets what clients publish; meta events are for those who
    ask, and may ask, for topics under ``wamp.``.
    """
    return not topic.startswith("wamp.") or subscription.topic.partition(".")[0] == "wamp"


def _recipients(
    subscription: Subscription, publisher: RouterSession, options: Mapping[str, Any]
) -> tuple[RouterSession, ...]:
    """Choose the subscribers that get an event, by the options of its PUBLISH."""
    recipients = subscription.recipients
    if publisher in subscription.sessions and options.get("exclude_me") is not False:
        recipients = tuple(session for session in recipients if session is not publisher)
    if options and has_lists(options):
        recipients = tuple(filter(Audience(options).includes, recipients))
    return recipients
