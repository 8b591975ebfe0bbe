"""What the procedures for subscriptions and for registrations have in common."""

from __future__ import annotations

from collections.abc import Iterable

from wampedge.errors import ApplicationError, RemoteProtocolError
from wampedge.router.broker import Subscription
from wampedge.router.matchers import MATCHERS
from wampedge.router.meta_procedures.arguments import Arguments
from wampedge.router.names import INVALID_ARGUMENT
from wampedge.router.registration import Registration
from wampedge.wamp.messages import Subscribe
from wampedge.wamp.options import check_options
from wampedge.wamp.payload import Payload

__all__ = ["ids_by_policy", "pattern_in"]


def ids_by_policy(entries: Iterable[Subscription | Registration]) -> dict[str, list[int]]:
    """Return the ids of *entries* by their way to match; every way is there."""
    ids: dict[str, list[int]] = {make().policy: [] for make in MATCHERS}
    for entry in entries:
        ids[entry.policy].append(entry.id)
    return ids


def pattern_in(payload: Payload, name: str) -> tuple[str, str]:
    """Return the way to match and the pattern that a ``lookup`` names.

    Raises:
        ApplicationError: with the URI ``wamp.error.invalid_argument``.
    """
    arguments = Arguments(payload, name, "options")
    pattern, options = arguments.text(0), arguments.table(1)
    try:
        check_options(Subscribe(1, options, pattern))
    except RemoteProtocolError as error:
        raise ApplicationError(INVALID_ARGUMENT, [f"option {error}"]) from error
    return options.get("match") or "exact", pattern
