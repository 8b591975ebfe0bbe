"""Who a session says it is, with its ways to prove it."""

from __future__ import annotations

from wampedge.errors import ConfigError
from wampedge.records import Record
from wampedge.wamp.auth.contract import Authenticator

__all__ = ["ANONYMOUS", "Identity", "identity_from"]


class Identity(Record):
    """Who a session says it is, and how it can prove it.

    Args:
        authid: the name, left out of HELLO when None.
        authenticators: ways to prove it, the most wanted first; none means anonymous.
    """

    authid: str | None = None
    authenticators: tuple[Authenticator, ...] = ()


ANONYMOUS = Identity()


def identity_from(authid: str | None, *, ticket: str | None, secret: str | None) -> Identity:
    """Return the identity that a name with a *ticket* (ticket) or *secret* (wampcra) gives.

    With both, both are offered and the router chooses.

    Raises:
        ConfigError: a proof without a name, or an empty one.
    """
    if ticket is None and secret is None:
        return Identity(authid)
    if not authid:
        raise ConfigError("a ticket or secret needs an authid (who it belongs to)")
    if ticket == "" or secret == "":
        raise ConfigError(f"the ticket or secret of {authid!r} is empty")
    proofs: list[Authenticator] = []
    if secret is not None:
        from wampedge.wamp.auth.wampcra import WampCraAuthenticator  # noqa: PLC0415 - who has one

        proofs.append(WampCraAuthenticator(secret))
    if ticket is not None:
        from wampedge.wamp.auth.ticket import TicketAuthenticator  # noqa: PLC0415 - who has one

        proofs.append(TicketAuthenticator(ticket))
    return Identity(authid, tuple(proofs))
