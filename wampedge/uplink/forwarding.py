"""What passes between the two routers beyond the node's own: of its neighbours, and from upstream.

::

    clients of the local router ── events, procedures ──▶ upstream      (``up``)
    clients of the local router ◀── events; calls ──▶     upstream      (``down``)

Rules are in the names of the local router; ``uplink.names`` knows those upstream.

- *Up*: what clients register, one procedure or a pattern of them, is registered upstream as well,
  for as long as it is here; what they publish is published there.
- *Down*: a procedure that nobody offers here is called upstream. A topic is subscribed to there
  while somebody listens to it here.

Nothing goes round in a circle. Events are taken and given by one session on either side, and no
router sends a session what it published itself. A call never goes to where we offer the procedure
ourselves. Over several nodes everything carries its way (``uplink.relaying``).

What the node itself says and offers below the names of its devices is its own: nobody upstream,
and no client here, speaks for it across the link.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Coroutine, Mapping, Sequence
from functools import partial
from typing import Any, Final

from wampedge.client import CallInput, CallResult, ConnectionState, EventDetails, Subscription
from wampedge.client.wishes import SubscriptionWish
from wampedge.errors import ProtocolError, WampedgeError
from wampedge.router.linked import Asked
from wampedge.router.rules import Rules
from wampedge.uplink.calling import DownCalls, let_go
from wampedge.uplink.interest import LocalInterest
from wampedge.uplink.link import Uplink
from wampedge.uplink.names import Pattern, intersection, pattern_of
from wampedge.uplink.once import Once
from wampedge.uplink.retained import RetainedAsks
from wampedge.uplink.safety import tell_when_safe
from wampedge.uplink.sending_box import WaitingEvent
from wampedge.wamp.marking import TIME_DETAIL, historical_options
from wampedge.wamp.payload import Payload
from wampedge.wamp.retaining import (
    CARRIED_DETAILS,
    CLEAR_OPTION,
    RETAIN_DETAIL,
    RETAINED_FOR_OPTION,
    YIELDING_OPTION,
)
from wampedge.wamp.uris import is_reserved_uri

__all__ = ["MAX_PATTERNS", "MAX_PROCEDURES", "Forwarder"]

log = logging.getLogger(__name__)

MAX_PROCEDURES: Final = 1024
"""Registrations of clients of the local router that are offered upstream."""
BATCH_STORED_S: Final = 0.25
"""When a batch of a node is on the disk, unless it is upstream before: the node sends nothing more
until it hears of it."""
MAX_PATTERNS: Final = 1024
"""Subscriptions at the upstream router for clients of the local one."""
_META: Final = "wamp.registration."


class Forwarder:
    """Lives as long as its uplink; owned by who owns that.

    Args:
        uplink: the link.
        up: rules of what passes of the clients of the local router.
        down: rules of what passes of the upstream router.
        is_own: tells whether the node speaks below this URI itself.
        prefix: what every URI of the node begins with, with its last dot; nobody upstream is asked
            for what is below it.
        calls: what is called upstream, of all links of the node; None where there is no other.
        rank: place of the link among them.
    """

    def __init__(
        self,
        uplink: Uplink,
        *,
        up: Sequence[str],
        down: Sequence[str],
        is_own: Callable[[str], bool],
        prefix: str,
        calls: DownCalls | None = None,
        rank: int = 0,
    ) -> None:
        self.rank = rank
        self._calls = calls or DownCalls()
        self._uplink, self._local, self._relay = uplink, uplink.local, uplink.relay
        self._is_own, self._prefix = is_own, prefix
        self._up, self._down = Rules(up), Rules(down)
        self._up_patterns = _widest(up)
        self._down_patterns = _widest(down)
        self._pattern_by_registration: dict[int, Pattern] = {}
        self._subscriptions: list[Subscription] = []
        self._interest = LocalInterest(self._local, self._on_interest)
        self._wanted: Counter[Pattern] = Counter()
        """Patterns upstream, with how many subscriptions here want them."""
        self._wish_by_pattern: dict[Pattern, SubscriptionWish] = {}
        self._went_up, self._came_down = uplink.sending.went_up, Once()
        self._asks = RetainedAsks(uplink.connection, self._wish_by_pattern.get, self._give)
        self._tasks: set[asyncio.Task[None]] = set()

    def hold_publishers(self) -> None:
        """Let publishers here wait until what they publish is stored."""
        if self._uplink.safety is not None:
            self._uplink.safety.keep(self._stores)

    def release_publishers(self) -> None:
        """Let them wait no more; another forwarder of this link does."""
        if self._uplink.safety is not None:
            self._uplink.safety.release(self._stores)

    async def start(self) -> None:
        """Listen on both sides; what cannot be had is logged."""
        if self._uplink.linked is not None:
            self._uplink.linked.add(self._local.session_id, self._on_asked)
        try:
            await self._start_up()
            if self._down_patterns:
                await self._start_down()
        except WampedgeError as error:
            log.error("what clients of the local router offer and want does not pass: %s", error)

    async def stop(self) -> None:
        """Listen no more; the link may be gone already."""
        self.release_publishers()
        await self._calls.remove(self)
        if self._uplink.linked is not None:
            self._uplink.linked.remove(self._local.session_id, self._on_asked)
        await self._asks.stop()
        wishes = list(self._wish_by_pattern.values())
        self._wish_by_pattern.clear()
        for wish in wishes:
            await self._uplink.connection.remove(wish)
        await self._interest.stop()
        subscriptions, self._subscriptions = self._subscriptions, []
        for subscription in subscriptions:
            await let_go(subscription.unsubscribe())

    async def _start_up(self) -> None:
        local, grants = self._local, self._subscriptions
        for pattern in self._up_patterns:
            taken = await local.subscribe(
                pattern.uri, self._take_up, options=pattern.options, takes_payload=True
            )
            grants.append(taken)
        if self._up_patterns:
            grants.append(await local.subscribe(f"{_META}on_create", self._on_create))
            grants.append(await local.subscribe(f"{_META}on_delete", self._on_delete))
            await self._offer_present()

    async def _start_down(self) -> None:
        for pattern in self._down_patterns:
            await self._calls.add(self._local, pattern, self)
        await self._interest.start()

    async def _offer_present(self) -> None:
        """Offer what is registered already, such as before a reload."""
        listed = (await self._local.call(f"{_META}list")).value
        ids = [id_ for policy in ("exact", "prefix", "wildcard") for id_ in listed[policy]]
        answers = await asyncio.gather(
            *(self._local.call(f"{_META}get", id_) for id_ in ids), return_exceptions=True
        )
        for answer in answers:
            if not isinstance(answer, BaseException):  # gone meanwhile, else
                self._on_create(0, answer.value)

    def _on_create(self, _: Any = None, facts: Any = None, **__: Any) -> None:
        if not isinstance(facts, Mapping):
            return
        pattern, registration = Pattern(facts["match"], facts["uri"]), facts["id"]
        if not self._up.cover(pattern.uri, pattern.match) or is_reserved_uri(pattern.uri):
            return
        if pattern.match == "exact" and self._is_own(pattern.uri):
            return
        if len(self._pattern_by_registration) >= MAX_PROCEDURES:
            log.warning("%s is not offered upstream: %d are", pattern.uri, MAX_PROCEDURES)
            return
        self._pattern_by_registration[registration] = pattern
        self._uplink.offer(pattern.uri, match=pattern.match, invoke=facts.get("invoke", "single"))

    async def _on_delete(self, _: Any = None, registration: Any = None, **__: Any) -> None:
        pattern = self._pattern_by_registration.pop(registration, None)
        if pattern is not None and pattern not in self._pattern_by_registration.values():
            await self._uplink.withdraw(pattern.uri, match=pattern.match)

    def _take_up(self, payload: Payload, details: EventDetails) -> None:
        topic = details.topic
        if self._is_own(topic) or not self._up.cover(topic) or is_reserved_uri(topic):
            return
        if self._went_up.has_had(details.publication_id):
            return
        options = self._relay.event_options(details, knows_ways=self._uplink.knows_ways)
        if options is None:
            log.debug("an event of %s goes in a circle", topic)
            self._tell_publisher(details, None, is_lost=False)
            return
        options = {**options, **historical_options(details.options), **_kept(details.options)}
        time = details.options.get(TIME_DETAIL)
        event = self._uplink.publish(topic, payload, options=options, is_own=False, time=time)
        self._tell_publisher(details, event, is_lost=event is None)

    def _stores(self, topic: str) -> bool:
        """Tell whether an event of a client here waits until the router upstream has it."""
        passes = not self._is_own(topic) and self._up.cover(topic) and not is_reserved_uri(topic)
        return passes and self._uplink.sending.stores(topic)

    def _tell_publisher(
        self, details: EventDetails, event: WaitingEvent | None, *, is_lost: bool
    ) -> None:
        """Let who published an event, and waits for that, hear whether it is stored."""
        safety = self._uplink.safety
        if safety is None or not safety.has(details.publication_id):
            return
        if event is not None:
            within_s = BATCH_STORED_S if safety.has_batch(details.publication_id) else None
            outcome = self._uplink.sending.when_safe(event, within_s)
            tell_when_safe(safety, details.publication_id, outcome)
        elif self._stores(details.topic):
            safety.settle(details.publication_id, is_safe=not is_lost)

    def _on_interest(self, pattern: Pattern, is_wanted: bool) -> None:  # what it tells
        """Listen upstream to what is wanted here, as far as the rules go."""
        for there in self._patterns_upstream(pattern):
            if is_wanted:
                self._want(there)
            else:
                self._want_no_more(there)

    def _patterns_upstream(self, pattern: Pattern) -> list[Pattern]:
        """Return what *pattern* is upstream, as far as the rules go."""
        rules = self._down_patterns if not is_reserved_uri(pattern.uri) else ()
        commons = (intersection(pattern, rule) for rule in rules)
        to_upstream = self._uplink.names.patterns_upstream
        return [there for common in commons if common is not None for there in to_upstream(common)]

    def _want(self, pattern: Pattern) -> None:
        self._wanted[pattern] += 1
        if pattern in self._wish_by_pattern:
            return
        if len(self._wish_by_pattern) >= MAX_PATTERNS:
            log.warning("%s is not heard of upstream: %d topics are", pattern.uri, MAX_PATTERNS)
            return
        self._wish_by_pattern[pattern] = self._uplink.connection.subscribe(
            pattern.uri,
            partial(self._take_down, pattern),
            options=pattern.options,
            takes_payload=True,
        )

    def _want_no_more(self, pattern: Pattern) -> None:
        self._wanted[pattern] -= 1
        if self._wanted[pattern] > 0:
            return
        del self._wanted[pattern]
        self._asks.forget(pattern)
        wish = self._wish_by_pattern.pop(pattern, None)
        if wish is not None:
            self._in_background(self._uplink.connection.remove(wish))

    def _in_background(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _on_asked(self, asked: Asked) -> None:
        """Ask upstream as well for what is retained; the local router waits for nothing."""
        patterns = self._patterns_upstream(Pattern(asked.match, asked.uri))
        if patterns:
            self._in_background(self._ask(asked, patterns))

    async def _ask(self, asked: Asked, patterns: Sequence[Pattern]) -> None:
        options = self._relay.asking_options(asked.options, knows_ways=self._uplink.knows_ways)
        if options is None:
            return
        try:  # when this is answered, we have heard of the subscription as well
            await self._local.call("wamp.subscription.get", asked.subscription_id)
        except WampedgeError:
            return  # gone meanwhile
        for pattern in patterns:
            self._asks.ask(pattern, asked, options)

    def _give(
        self, subscription_id: int, sessions: list[int], payload: Payload, details: EventDetails
    ) -> None:
        """Give sessions here what is retained upstream."""
        topic = self._uplink.names.to_local(details.topic)
        told = self._relay.event_options(details, knows_ways=True)
        if told is None:
            return
        carried = {
            name: details.options[name] for name in CARRIED_DETAILS if name in details.options
        }
        options = {
            **told,
            **carried,
            RETAINED_FOR_OPTION: subscription_id,
            "eligible": sessions,
            # What is retained here is newer while it still waits to go up.
            YIELDING_OPTION: self._up.cover(topic) and not self._uplink.sending.is_live,
        }
        self._say(topic, payload, options)

    def _take_down(self, pattern: Pattern, payload: Payload, details: EventDetails) -> None:
        topic = self._uplink.names.to_local(details.topic)
        if self._is_own(topic) or not self._down.cover(topic) or is_reserved_uri(topic):
            return
        if not self._local.is_joined:
            return
        if details.is_retained:
            self._asks.take(pattern, topic, payload, details)
            return
        if len(self._wish_by_pattern) > 1 and self._came_down.has_had(details.publication_id):
            return
        options = self._relay.event_options(details, knows_ways=True)
        if options is None:
            log.debug("an event of %s goes in a circle", topic)
            return
        self._say(topic, payload, options)

    def _say(self, topic: str, payload: Payload, options: Mapping[str, Any]) -> None:
        """Publish here what comes from upstream."""
        try:
            self._local.publish_payload(topic, payload, options=options)
        except ProtocolError as error:
            log.warning("an event of %s does not come down: %s", topic, error)

    @property
    def is_joined(self) -> bool:
        """Whether the link is up."""
        return self._uplink.connection.status.state is ConnectionState.JOINED

    def covers(self, procedure: str) -> bool:
        """Tell whether a procedure is called upstream, as it is called here."""
        if procedure.startswith(self._prefix) or self._uplink.offers(procedure):
            return False  # upstream it leads back to us, where it is registered at all
        return self._down.cover(procedure)

    async def call(self, call_input: CallInput) -> CallResult:
        """Call upstream what is called here; raises what it raises."""
        procedure = call_input.details.procedure
        return await self._relay.call(
            self._uplink.connection.session,
            self._uplink.names.to_upstream(procedure),
            call_input,
            knows_ways=self._uplink.knows_ways,
        )


def _kept(details: Mapping[str, Any]) -> dict[str, bool]:
    """Return the options of an event that is to be retained, or to end what is retained."""
    pairs = ((RETAIN_DETAIL, "retain"), (CLEAR_OPTION, CLEAR_OPTION))
    return {option: True for detail, option in pairs if details.get(detail)}


def _widest(rules: Sequence[str]) -> list[Pattern]:
    """Return the patterns of all rules, without those that others cover."""
    kept = dict.fromkeys(map(pattern_of, rules))
    return [
        pattern
        for pattern in kept
        if not any(other != pattern and _covers(other, pattern) for other in kept)
    ]


def _covers(wide: Pattern, narrow: Pattern) -> bool:
    return wide.match == "prefix" and narrow.uri.startswith(wide.uri)
