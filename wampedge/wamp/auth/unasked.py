"""Ways to join that need no answer: anonymous, and what the connection proves by itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from wampedge.errors import RemoteProtocolError
from wampedge.wamp.auth.contract import Authenticator
from wampedge.wamp.messages import Authenticate, Challenge

__all__ = ["AnonymousAuthenticator", "CertificateAuthenticator", "CookieAuthenticator"]


@dataclass(frozen=True, slots=True)
class AnonymousAuthenticator(Authenticator):
    """Offers to join without a proof."""

    method: ClassVar[str] = "anonymous"

    def authenticate(self, challenge: Challenge) -> Authenticate:
        """Refuse: there is nothing to prove."""
        raise _no_answer(challenge)


@dataclass(frozen=True, slots=True)
class CertificateAuthenticator(Authenticator):
    """Offers the TLS certificate that our side of the connection has shown."""

    method: ClassVar[str] = "tls"

    def authenticate(self, challenge: Challenge) -> Authenticate:
        """Refuse: the connection has proved it."""
        raise _no_answer(challenge)


@dataclass(frozen=True, slots=True)
class CookieAuthenticator(Authenticator):
    """Offers the cookie of an earlier session, which the WebSocket handshake has carried."""

    method: ClassVar[str] = "cookie"

    def authenticate(self, challenge: Challenge) -> Authenticate:
        """Refuse: the connection has proved it."""
        raise _no_answer(challenge)


def _no_answer(challenge: Challenge) -> RemoteProtocolError:
    return RemoteProtocolError(f"CHALLENGE for {challenge.method}, which has no answer")
