"""What a reconnecting client wants to have at the router, whatever session it is on.

A wish is made once and established again after every join. It survives refusals: a procedure that
is still taken by the ghost of our last session is asked for again at once where the router lets us
end that (``wampedge.client.ghosts``), else every second until it is free; anything else is asked
for again now and then.
"""

from __future__ import annotations

import asyncio
import logging
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any

from wampedge.client.callbacks import Shape
from wampedge.client.ghosts import Ghosts
from wampedge.client.listener import Listener
from wampedge.client.registration import Registration, Subscription
from wampedge.client.session import Session
from wampedge.client.trouble_log import TroubleLog
from wampedge.errors import ApplicationError, CallTimeoutError, WampedgeError
from wampedge.records import Record

__all__ = ["RegistrationWish", "SubscriptionWish", "Surroundings", "Wish"]

log = logging.getLogger(__name__)

_GHOST_RETRY_S = 1.0
_GHOST_PATIENCE = 120
"""Tries a second apart before they get rarer: by then the name is somebody else's, no ghost's."""
_SLOW_RETRY_S = 30.0
_RARE_RETRY_S = 5.0


class Surroundings(Record):
    """What all wishes of one connection share.

    Args:
        random: draws a float from 0 (included) to 1 (excluded).
        troubles: says once what many wishes suffer from.
        ghosts: our last sessions.
    """

    random: Callable[[], float]
    troubles: TroubleLog
    ghosts: Ghosts


class Wish(ABC):
    """One thing to have at the router; owned by its ``Connection``.

    Attributes:
        uri: the procedure or topic.
        error: why it is not established, None when it is or was not tried yet.
    """

    def __init__(self, uri: str, surroundings: Surroundings) -> None:
        self.uri = uri
        self.error: WampedgeError | None = None
        self._surroundings = surroundings
        self._established = asyncio.Event()

    @property
    def is_established(self) -> bool:
        """Whether the router has granted it on the present session."""
        return self._established.is_set()

    async def wait_established(self) -> None:
        """Wait until the router has granted it."""
        await self._established.wait()

    async def establish(self, session: Session, on_revoked: Callable[[Wish], None]) -> None:
        """Ask for it on *session* until it is granted or the session is over.

        Args:
            session: the present session.
            on_revoked: called when the router takes it away later.
        """
        tries = 0
        while session.is_joined:
            try:
                await self._ask(session, on_revoked)
            except (ApplicationError, CallTimeoutError) as error:
                tries += 1
                self._note(error)
                delay_s = self._delay_after(error, tries)
                await asyncio.sleep(delay_s * (1 + self._surroundings.random()) / 2)
            except WampedgeError as error:
                self.error = error
                return
            else:
                self.error = None
                self._surroundings.troubles.end(self.uri)
                self._established.set()
                return

    async def close(self) -> None:
        """Give it up, also on the present session if it is granted there."""
        self._surroundings.troubles.end(self.uri)
        try:
            await self._retract()
        except WampedgeError as error:
            log.debug("%s could not be given back: %s", self.uri, error)

    def lost(self) -> None:
        """Note that the session that granted it is over."""
        self._established.clear()

    @abstractmethod
    async def _retract(self) -> None:
        """Give it back on the present session, if it is established there."""

    @abstractmethod
    async def _ask(self, session: Session, on_revoked: Callable[[Wish], None]) -> None:
        """Ask once."""

    def _delay_after(self, error: WampedgeError, tries: int) -> float:
        return _SLOW_RETRY_S

    def _note(self, error: ApplicationError | CallTimeoutError) -> None:
        """Keep *error*, and have it logged when it is news."""
        self.error = error
        kind = error.uri if isinstance(error, ApplicationError) else "wamp.error.timeout"
        self._surroundings.troubles.begin(self.uri, kind, f"not granted: {error}")

    def _taken(self, reason: str) -> None:
        """Note that the router took away what it had granted."""
        self._established.clear()
        self._surroundings.troubles.begin(self.uri, reason, f"taken away: {reason}")


class RegistrationWish(Wish):
    """A procedure to offer.

    Args:
        uri: its URI.
        endpoint: the user's function.
        options: options of the REGISTER.
        shape: what *endpoint* wants to be given.
        is_forced: take the name from whoever holds it (``force_reregister``), as long as the
            router allows that. A name that was taken from us is not forced back: two nodes of the
            same name would take it from each other for ever.
    """

    def __init__(
        self,
        uri: str,
        endpoint: Callable[..., Any],
        *,
        options: Mapping[str, Any],
        shape: Shape,
        is_forced: bool,
        surroundings: Surroundings,
    ) -> None:
        super().__init__(uri, surroundings)
        self._endpoint = endpoint
        self._options = options
        self._shape = shape
        self._is_forced = is_forced
        self._may_force = is_forced
        self._registration: Registration | None = None

    def lost(self) -> None:
        """Note that the session is over; on the next one the name may be forced again."""
        super().lost()
        self._registration = None
        self._may_force = self._is_forced

    async def _retract(self) -> None:
        """Unregister, if it is registered."""
        self._established.clear()
        registration, self._registration = self._registration, None
        if registration is not None:
            await registration.unregister()

    async def _ask(self, session: Session, on_revoked: Callable[[Wish], None]) -> None:
        if self._may_force:
            try:
                await self._register(session, {**self._options, "force_reregister": True})
            except ApplicationError as error:
                # The router refuses the option, or does not know it and the name is taken.
                log.debug("%s cannot be forced: %s", self.uri, error)
                self._may_force = False
        if not self._may_force:
            await self._register_politely(session)
        assert self._registration is not None, "registered above"
        self._registration.on_revoked = lambda reason: self._on_revoked(reason, on_revoked)

    async def _register_politely(self, session: Session) -> None:
        """Register without force; a ghost of ours in the way is ended first, where that is let."""
        try:
            await self._register(session, self._options)
        except ApplicationError as error:
            if not _is_taken(error) or not await self._surroundings.ghosts.end(session):
                raise
            await self._register(session, self._options)

    async def _register(self, session: Session, options: Mapping[str, Any]) -> None:
        self._registration = await session.register(
            self.uri,
            self._endpoint,
            options=options,
            wants_details=self._shape.wants_details,
            takes_payload=self._shape.takes_payload,
            takes_input=self._shape.takes_input,
        )

    def _on_revoked(self, reason: str, on_revoked: Callable[[Wish], None]) -> None:
        self._taken(reason)
        self._registration = None
        self._may_force = False
        on_revoked(self)

    def _delay_after(self, error: WampedgeError, tries: int) -> float:
        if not _is_taken(error):
            return _SLOW_RETRY_S
        return _GHOST_RETRY_S if tries <= _GHOST_PATIENCE else _RARE_RETRY_S


class SubscriptionWish(Wish):
    """A topic to listen to.

    Args:
        listener: the user's function, kept over all sessions.
        options: options of the SUBSCRIBE.
    """

    def __init__(
        self, listener: Listener, *, options: Mapping[str, Any], surroundings: Surroundings
    ) -> None:
        super().__init__(listener.topic, surroundings)
        self.listener = listener
        self._options = options
        self._subscription: Subscription | None = None

    def lost(self) -> None:
        """Note that the session is over."""
        super().lost()
        self._subscription = None

    async def _retract(self) -> None:
        """Unsubscribe, if it is subscribed, and deliver nothing more."""
        self._established.clear()
        await self.listener.close()
        subscription, self._subscription = self._subscription, None
        if subscription is not None:
            await subscription.unsubscribe()

    async def _ask(self, session: Session, on_revoked: Callable[[Wish], None]) -> None:
        subscription = await session.subscribe_listener(self.listener, options=self._options)
        self._subscription = subscription
        subscription.on_revoked = lambda reason: self._on_revoked(reason, on_revoked)

    def _on_revoked(self, reason: str, on_revoked: Callable[[Wish], None]) -> None:
        self._taken(reason)
        self._subscription = None
        on_revoked(self)


def _is_taken(error: WampedgeError) -> bool:
    """Tell whether somebody else has the name, who may be our own ghost."""
    return (
        isinstance(error, ApplicationError) and error.uri == "wamp.error.procedure_already_exists"
    )
