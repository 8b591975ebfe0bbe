"""The client's side of ticket authentication.

The secret itself is sent, so this is only for a wire nobody listens to.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from wampedge.wamp.auth.contract import Authenticator
from wampedge.wamp.messages import Authenticate, Challenge

__all__ = ["TicketAuthenticator", "sign_ticket"]


@dataclass(frozen=True, slots=True)
class TicketAuthenticator(Authenticator):
    """Proves by sending the ticket itself.

    Args:
        ticket: the shared secret, as text.
    """

    method: ClassVar[str] = "ticket"
    ticket: str = field(repr=False)

    def authenticate(self, challenge: Challenge) -> Authenticate:
        """Answer with the ticket."""
        return sign_ticket(self.ticket)


def sign_ticket(ticket: str) -> Authenticate:
    """Return the AUTHENTICATE that carries *ticket*."""
    return Authenticate(ticket, {})
