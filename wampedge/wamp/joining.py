"""How a client asks for a realm and proves who it is: HELLO and the answer to CHALLENGE."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from wampedge.errors import RemoteProtocolError
from wampedge.wamp.auth import Authenticator
from wampedge.wamp.features import AGENT, CLIENT_ROLES
from wampedge.wamp.messages import Authenticate, Challenge, Hello

__all__ = ["Joining"]


class Joining:
    """One attempt to join; owned by its ``ClientProtocol``.

    Args:
        authid: who we say we are; left out of HELLO when None.
        authenticators: ways to prove it, in order of preference; none means anonymous.
    """

    __slots__ = ("_authenticators", "_authid", "_is_challenged")

    def __init__(self, authid: str | None, authenticators: Sequence[Authenticator]) -> None:
        self._authid = authid
        self._authenticators = {each.method: each for each in authenticators}
        self._is_challenged = False

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
        if self._is_challenged:
            raise RemoteProtocolError("a second CHALLENGE")
        authenticator = self._authenticators.get(challenge.method)
        if authenticator is None:
            method = challenge.method[:100]
            raise RemoteProtocolError(f"CHALLENGE for {method!r}, which was not offered")
        self._is_challenged = True
        return authenticator.authenticate(challenge)
