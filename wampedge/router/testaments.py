"""Testaments: what a session leaves for the router to publish once it is gone.

Specification, "Testament". A session ends when it says GOODBYE, is ended by the router or loses
its connection; there is no session resumption, so it is detached and destroyed in one moment, and
what was left for the one is published before what was left for the other.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final, Literal, get_args

from wampedge.errors import ApplicationError, LocalProtocolError, RemoteProtocolError
from wampedge.router.counters import RouterCounters
from wampedge.router.identity import Origin
from wampedge.router.matching import quoted
from wampedge.router.names import INVALID_ARGUMENT, INVALID_URI, LIMIT
from wampedge.router.options import check_options
from wampedge.router.parking import Undecided
from wampedge.router.permissions import Authorizer, check_not_reserved, not_authorized
from wampedge.router.sends import NOTHING, Send, Sends
from wampedge.router.session import RouterSession
from wampedge.wamp.messages import Publish
from wampedge.wamp.payload import Payload
from wampedge.wamp.stored_payload import StoredPayload
from wampedge.wamp.uris import is_loose_uri

__all__ = ["MAX_TESTAMENTS", "MAX_TESTAMENT_BYTES", "SCOPES", "Scope", "Testaments"]

Scope = Literal["detached", "destroyed"]
SCOPES: Final[tuple[Scope, ...]] = get_args(Scope)
"""When a testament is published, in this order."""

MAX_TESTAMENTS = 100
"""Testaments a session may have at once."""
MAX_TESTAMENT_BYTES = 65_536
"""What all testaments of a session may hold: topics, and options and arguments as in JSON."""


@dataclass(frozen=True, slots=True)
class _Testament:
    """One publication that waits for the end of its publisher; kept as bytes."""

    topic: str
    content: StoredPayload

    @property
    def size_bytes(self) -> int:
        """What it counts against the bound."""
        return len(self.topic) + self.content.size_bytes

    @property
    def publish(self) -> Publish:
        """The publication."""
        content = self.content.restore()
        options, *args = content.args
        return Publish(1, options, self.topic, Payload(args, content.kwargs))


class Testaments:
    """The testaments of one realm, kept until their session leaves; owned by the realm.

    Args:
        on_publish: publishes for a session, as ``Broker.on_publish``.
        authorizer: asked when a testament is added; *on_publish* asks again.
        origin: makes the details of events, and refuses what it may not tell.
        counters: counts testaments that were refused when their time came.
    """

    def __init__(
        self,
        on_publish: Callable[[RouterSession, Publish], Sends],
        *,
        authorizer: Authorizer,
        origin: Origin,
        counters: RouterCounters,
    ) -> None:
        self._on_publish = on_publish
        self._allows = authorizer.allows
        self._origin = origin
        self._counters = counters
        self._left_by_session: dict[RouterSession, dict[Scope, list[_Testament]]] = {}

    def add(self, session: RouterSession, publish: Publish, scope: Scope) -> None:
        """Keep *publish* until *session* has left.

        Nobody will wait for an answer, so its option ``acknowledge`` is ignored.

        Raises:
            ApplicationError: the session could not publish it now, or leaves too much.
            Undecided: whether it may publish it has to be asked for.
        """
        options = {name: each for name, each in publish.options.items() if name != "acknowledge"}
        publish = Publish(publish.request_id, options, publish.topic, publish.payload)
        self._check(session, publish)
        left = self._left_by_session.get(session) or {each: [] for each in SCOPES}
        every = [testament for each in left.values() for testament in each]
        if len(every) >= MAX_TESTAMENTS:
            raise ApplicationError(LIMIT, [f"a session may have {MAX_TESTAMENTS} testaments"])
        testament = _testament(publish)
        if sum(each.size_bytes for each in [*every, testament]) > MAX_TESTAMENT_BYTES:
            text = f"the testaments of a session may hold {MAX_TESTAMENT_BYTES} bytes"
            raise ApplicationError(LIMIT, [text])
        left[scope].append(testament)
        self._left_by_session[session] = left

    def flush(self, session: RouterSession, scope: Scope) -> None:
        """Forget what *session* left for *scope*."""
        left = self._left_by_session.get(session)
        if left is not None:
            left[scope].clear()

    def forget(self, session: RouterSession) -> None:
        """Forget all that *session* left."""
        self._left_by_session.pop(session, None)

    def carry_out(self, session: RouterSession) -> Sends:
        """Publish what *session* left, now that it holds nothing in the realm any more."""
        left = self._left_by_session.pop(session, None)
        if left is None:
            return NOTHING
        sends: list[Send] = []
        for scope in SCOPES:
            for testament in left[scope]:
                sends += self._publish(session, testament.publish)
        return sends

    def _check(self, session: RouterSession, publish: Publish) -> None:
        topic = publish.topic
        if not is_loose_uri(topic):
            raise ApplicationError(INVALID_URI, [f"not a URI: {quoted(topic)}"])
        check_options(publish)
        check_not_reserved(session, topic)
        if not self._allows(session, "publish", topic):
            raise not_authorized("publish", topic)
        try:
            self._origin.details(session, publish.options)
        except RemoteProtocolError as error:
            raise ApplicationError(INVALID_ARGUMENT, [str(error)]) from error

    def _publish(self, session: RouterSession, publish: Publish) -> Sends:
        """Publish one testament; it waits only for the decision whether it may be published."""
        try:
            return self._on_publish(session, publish)
        except Undecided as question:
            return question.ask(partial(self._publish_decided, session, publish))
        except ApplicationError:
            self._counters.publications_dropped += 1
            return NOTHING

    def _publish_decided(self, session: RouterSession, publish: Publish) -> Sends:
        try:
            return self._on_publish(session, publish)
        except (ApplicationError, Undecided):
            self._counters.publications_dropped += 1
            return NOTHING


def _testament(publish: Publish) -> _Testament:
    """Keep *publish*, which was checked; raises ApplicationError if no serializer can carry it."""
    payload = publish.payload
    try:
        content = StoredPayload(Payload([publish.options, *payload.args], payload.kwargs))
    except LocalProtocolError as error:
        raise ApplicationError(INVALID_ARGUMENT, [str(error)]) from error
    return _Testament(publish.topic, content)
