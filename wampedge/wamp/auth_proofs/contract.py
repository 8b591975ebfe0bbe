"""What a router keeps of one user to check who it is; the methods are one module each.

The client's side of the same methods is ``wampedge.wamp.auth``. A *decoy* is a proof that nobody
can give and that looks like a real one from outside: it is what a router asks of users it does not
know, so that nobody finds out which users there are. Secrets never appear in ``repr``.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final, Protocol

from wampedge.wamp.evidence import NO_EVIDENCE, Evidence
from wampedge.wamp.messages import Authenticate, Challenge

__all__ = ["NOTHING_MORE", "PROVIDER", "Circumstances", "Judge", "Proof", "Question", "is_same"]

PROVIDER: Final = "static"
"""Who knows the users, as challenges and WELCOME say it."""
NOTHING_MORE: Final[Mapping[str, Any]] = MappingProxyType({})

Judge = Callable[[Authenticate], "Mapping[str, Any] | None"]
"""Takes an answer; returns what ``authextra`` of WELCOME tells the peer, None for a wrong one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What a challenge is about; no two challenges are about the same.

    Args:
        authid: who the peer says it is.
        authrole: the role it will have.
        session_id: the id its session will have.
        nonce: random hex digits.
        time_s: seconds since 1970, UTC.
        authextra: what HELLO has besides.
        evidence: what the connection tells of the peer.
        provider: who knows the user.
    """

    authid: str
    authrole: str
    session_id: int
    nonce: str
    time_s: float
    authextra: Mapping[str, Any] = field(default_factory=dict)
    evidence: Evidence = NO_EVIDENCE
    provider: str = PROVIDER


@dataclass(frozen=True, slots=True)
class Question:
    """One CHALLENGE, and how to judge its answer.

    Args:
        challenge: what the peer is asked.
        judge: takes the answer; takes as long whatever is wrong with it.
    """

    challenge: Challenge
    judge: Judge = field(repr=False)


class Proof(Protocol):
    """What a router keeps of one user to check who it is."""

    @property
    def method(self) -> str:
        """Name of the method as HELLO and CHALLENGE write it."""
        ...

    def ask(self, about: Circumstances) -> Question:
        """Make the CHALLENGE to send; raises AbortError where the HELLO lacks what it needs.

        Whether it raises depends on nothing but *about*.
        """
        ...

    def decoy(self, noise: bytes) -> Proof:
        """Return a proof like this one that nobody can give.

        Args:
            noise: 64 bytes nobody can guess; the same noise gives the same decoy.
        """
        ...


def is_same(given: str, wanted: str) -> bool:
    """Compare in a time that tells nothing, not even how long *wanted* is."""
    one, other = (hashlib.sha256(text.encode(errors="surrogatepass")) for text in (given, wanted))
    return hmac.compare_digest(one.digest(), other.digest())
