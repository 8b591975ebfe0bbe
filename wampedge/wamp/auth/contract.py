"""What a way to prove who we are must offer; the methods are one module each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from wampedge.wamp.evidence import Evidence
from wampedge.wamp.messages import Authenticate, Challenge

__all__ = ["Authenticator"]


class Authenticator(Protocol):
    """One way to prove who we are; offered in HELLO, used when the router asks for it.

    Kept as long as the identity it belongs to. What holds for one session alone is in what
    ``begin`` returns.
    """

    @property
    def method(self) -> str:
        """Name of the method as HELLO and CHALLENGE write it."""
        ...

    @property
    def authextra(self) -> Mapping[str, Any]:
        """What HELLO carries for this method besides its name."""
        return {}

    @property
    def proves_router(self) -> bool:
        """Whether the router proves itself as well, so that its WELCOME alone is not enough."""
        return False

    def begin(self, authid: str | None, evidence: Evidence) -> Authenticator:
        """Return what authenticates one session: itself, unless something is new each time.

        Args:
            authid: who we say we are.
            evidence: what our side knows of the connection.

        Raises:
            ConfigError: the method cannot be used so, or not on such a connection.
        """
        return self

    def authenticate(self, challenge: Challenge) -> Authenticate:
        """Answer *challenge*; raises RemoteProtocolError when it cannot be answered."""
        ...

    def check_welcome(self, details: Mapping[str, Any]) -> None:
        """See that the router is who it should be, where WELCOME proves that.

        Args:
            details: of the WELCOME for a session that this method authenticated.

        Raises:
            RemoteProtocolError: it is not; the session must end.
        """
        return
