"""The seam through which a realm tells of its sessions, subscriptions and registrations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from wampedge.router.sends import NOTHING, Sends

if TYPE_CHECKING:
    from wampedge.router.broker import Subscription
    from wampedge.router.registration import Registration
    from wampedge.router.session import RouterSession

__all__ = ["RealmObserver", "Unobserved"]


class RealmObserver(Protocol):
    """Hears of each change in a realm once it has happened; returns what to send for it.

    The names are those of the events of the specification, "WAMP Meta API".
    """

    def on_join(self, session: RouterSession) -> Sends:
        """Hear that *session* is in the realm."""
        ...

    def on_leave(self, session: RouterSession) -> Sends:
        """Hear that *session*, which has an id still, holds nothing in the realm any more."""
        ...

    def on_subscribe(
        self, session: RouterSession, subscription: Subscription, *, is_new: bool
    ) -> Sends:
        """Hear that *session* is a subscriber; with *is_new* it made the subscription."""
        ...

    def on_unsubscribe(
        self, session: RouterSession, subscription: Subscription, *, is_gone: bool
    ) -> Sends:
        """Hear that *session* is no subscriber any more; with *is_gone* it was the last."""
        ...

    def on_register(
        self, session: RouterSession, registration: Registration, *, is_new: bool
    ) -> Sends:
        """Hear that *session* is a callee; with *is_new* it made the registration."""
        ...

    def on_unregister(
        self, session: RouterSession, registration: Registration, *, is_gone: bool
    ) -> Sends:
        """Hear that *session* is no callee any more; with *is_gone* it was the last."""
        ...


class Unobserved:
    """Tells nobody."""

    def on_join(self, session: RouterSession) -> Sends:
        """Send nothing."""
        return NOTHING

    def on_leave(self, session: RouterSession) -> Sends:
        """Send nothing."""
        return NOTHING

    def on_subscribe(
        self, session: RouterSession, subscription: Subscription, *, is_new: bool
    ) -> Sends:
        """Send nothing."""
        return NOTHING

    def on_unsubscribe(
        self, session: RouterSession, subscription: Subscription, *, is_gone: bool
    ) -> Sends:
        """Send nothing."""
        return NOTHING

    def on_register(
        self, session: RouterSession, registration: Registration, *, is_new: bool
    ) -> Sends:
        """Send nothing."""
        return NOTHING

    def on_unregister(
        self, session: RouterSession, registration: Registration, *, is_gone: bool
    ) -> Sends:
        """Send nothing."""
        return NOTHING
