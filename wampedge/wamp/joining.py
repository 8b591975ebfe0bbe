"""How a client asks for a realm and proves who it is: HELLO and the answer to CHALLENGE."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from wampedge.errors import RemoteProtocolError
from wampedge.wamp.auth import Authenticator
from wampedge.wamp.evidence import NO_EVIDENCE, Evidence
from wampedge.wamp.features import AGENT, CLIENT_ROLES
from wampedge.wamp.messages import Authenticate, Challenge, Hello, Welcome

__all__ = ["Joining"]


class Joining:
    """One attempt to join; owned by its ``ClientProtocol``.

    Args:
        authid: who we say we are; left out of HELLO when None.
        authenticators: ways to prove it, in order of preference; none means anonymous.
        evidence: what our side knows of the connection.

    Raises:
        ConfigError: a way cannot be used so, or not on such a connection.
    """

    __slots__ = ("_answered_by", "_authenticators", "_authid")

    def __init__(
        self,
        authid: str | None,
        authenticators: Sequence[Authenticator],
        evidence: Evidence = NO_EVIDENCE,
    ) -> None:
        self._authid = authid
        begun = [each.begin(authid, evidence) for each in authenticators]
        self._authenticators = {each.method: each for each in begun}
        self._answered_by: Authenticator | None = None

    def hello(self, realm: str) -> Hello:
        """Return the HELLO that asks for *realm*."""
        details: dict[str, Any] = {"roles": CLIENT_ROLES, "agent": AGENT}
        if self._authenticators:
            details["authmethods"] = list(self._authenticators)
        if self._authid is not None:
            details["authid"] = self._authid
        extra: dict[str, Any] = {}
        for authenticator in self._authenticators.values():
            extra.update(authenticator.authextra)
        if extra:
            details["authextra"] = extra
        return Hello(realm, details)

    def answer(self, challenge: Challenge) -> Authenticate:
        """Return the answer to the one CHALLENGE a router may send.

        Raises:
            RemoteProtocolError: a second one, a method that was not offered, or bad contents.
        """
        if self._answered_by is not None:
            raise RemoteProtocolError("a second CHALLENGE")
        authenticator = self._authenticators.get(challenge.method)
        if authenticator is None:
            method = challenge.method[:100]
            raise RemoteProtocolError(f"CHALLENGE for {method!r}, which was not offered")
        self._answered_by = authenticator
        return authenticator.authenticate(challenge)

    def check(self, welcome: Welcome) -> None:
        """See that the router has proved who it is, where the method lets it.

        Raises:
            RemoteProtocolError: it has not.
        """
        if self._answered_by is not None:
            self._answered_by.check_welcome(welcome.details)
        elif self._authenticators and all(
            each.proves_router for each in self._authenticators.values()
        ):
            # Whoever cannot prove that it knows the password would just not ask for ours.
            raise RemoteProtocolError("WELCOME without a proof that the router knows the password")
