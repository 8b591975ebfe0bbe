"""Who a realm knows, and what it asks of a peer that says it is one of them.

Users the realm does not know are asked for a proof all the same, the way known ones are, and fail
at the same point with the same words: nobody finds out which users there are. The same unknown
user is asked the same way each time, as long as the router lives.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from wampedge.errors import ConfigError
from wampedge.records import Record
from wampedge.wamp.auth_proofs import (
    CertificateProof,
    Circumstances,
    CryptosignProof,
    Proof,
    Question,
)
from wampedge.wamp.auth_proofs.contract import PROVIDER
from wampedge.wamp.evidence import NO_EVIDENCE, Evidence, PeerCertificate
from wampedge.wamp.messages import Authenticate, Challenge

__all__ = ["Trial", "User", "Users"]

_NOTHING: Mapping[str, Any] = {}


@dataclass(frozen=True, slots=True)
class User:
    """One user of a realm.

    Args:
        authid: its name.
        role: what it may do; see the permissions of the realm.
        proof: how it proves who it is.
        provider: who knows it.
        extra: what ``authextra`` of its WELCOME tells it.

    Raises:
        ConfigError: the name or role is blank.
    """

    authid: str
    role: str
    proof: Proof | CertificateProof = field(repr=False)
    provider: str = PROVIDER
    extra: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        if not self.authid.strip() or not self.role.strip():
            raise ConfigError("a user needs a name and a role")

    @property
    def method(self) -> str:
        """Name of the method that it proves itself by."""
        return self.proof.method


class Trial(Record):
    """One CHALLENGE that waits for its AUTHENTICATE; there is one for each connection at most.

    Attributes:
        user: who the peer says it is, or the decoy for a user the realm does not know.
        is_known: the realm knows the user.
        session_id: the id the challenge promises.
        question: what the peer is asked.
    """

    user: User
    is_known: bool
    session_id: int
    question: Question

    @property
    def challenge(self) -> Challenge:
        """What the peer is asked."""
        return self.question.challenge

    def judge(self, answer: Authenticate) -> Mapping[str, Any] | None:
        """Return what WELCOME tells for a right answer; a decoy is judged as well, to take as long.

        Returns:
            None for a wrong answer, and for any answer of a user the realm does not know.
        """
        extra = self.question.judge(answer)
        return extra if self.is_known else None


class Users:
    """The users of one realm; fixed while the router runs.

    Args:
        users: the users.
        models: how users are asked that this object does not know, besides as those it knows.
        random_id: gives numbers nobody can guess.
        time_s: tells the time, in seconds since 1970.

    Raises:
        ConfigError: two users have one name.

    Attributes:
        methods: all that users can be asked for.
    """

    def __init__(
        self,
        users: Iterable[User],
        *,
        models: Iterable[Proof] = (),
        random_id: Callable[[], int],
        time_s: Callable[[], float],
    ) -> None:
        self._user_by_authid: dict[str, User] = {}
        self._certified: list[tuple[User, CertificateProof]] = []
        self._owner_by_key: dict[bytes, User] = {}
        self._learned: set[str] = set()
        self._models: dict[str, tuple[str, Proof]] = {
            f"\0{model.method}": ("", model) for model in models
        }
        for user in users:
            self._add(user)
        self.methods = frozenset(proof.method for _, proof in self._models.values())
        self._random_id = random_id
        self._time_s = time_s
        self._seed = self._nonce().encode() if self._models else b""

    def find(self, authid: str, methods: Collection[str]) -> User | None:
        """Return the user *authid*, if it proves itself by one of *methods*."""
        user = self._user_by_authid.get(authid)
        is_asked = user is not None and not isinstance(user.proof, CertificateProof)
        return user if user is not None and is_asked and user.proof.method in methods else None

    def knows(self, authid: str) -> bool:
        """Tell whether there is a user *authid*, however it proves itself."""
        return authid in self._user_by_authid

    def owner_of(self, public_key: bytes) -> str | None:
        """Return the authid that belongs to a public key of cryptosign; None for a strange key."""
        user = self._owner_by_key.get(public_key)
        return None if user is None else user.authid

    def certified(self, certificate: PeerCertificate, authid: str) -> User | None:
        """Return the user whom *certificate* fits.

        Args:
            certificate: what the peer has shown, verified.
            authid: who it says it is; empty where it leaves that to the certificate.
        """
        for user, proof in self._certified:
            if proof.fits(certificate) and authid in ("", user.authid):
                return user
        return None

    def learn(self, proof: Proof) -> None:
        """Ask unknown users like one that somebody else knows, the first of its method."""
        if proof.method not in self._learned:
            self._learned.add(proof.method)
            self._models[f"\0{proof.method}"] = "", proof

    def trial(
        self,
        user: User | None,
        authid: str,
        methods: Collection[str],
        *,
        authextra: Mapping[str, Any] = _NOTHING,
        evidence: Evidence = NO_EVIDENCE,
    ) -> Trial:
        """Begin the trial of a peer.

        Args:
            user: who it says it is; None where nobody knows.
            authid: who it says it is.
            methods: ways to prove it that the peer offers; one of ours is among them.
            authextra: what HELLO has besides.
            evidence: what the connection tells.

        Raises:
            AbortError: HELLO lacks what the method needs, or wants what cannot be had.
        """
        decoy, model = self._decoy(authid, methods)
        asked, proof = (decoy, model) if user is None else (user, user.proof)
        assert not isinstance(proof, CertificateProof), "nothing is asked of those"
        session_id = self._random_id()
        about = Circumstances(
            authid=authid,
            authrole=asked.role,
            session_id=session_id,
            nonce=self._nonce(),
            time_s=self._time_s(),
            authextra=authextra,
            evidence=evidence,
            provider=asked.provider,
        )
        return Trial(asked, user is not None, session_id, proof.ask(about))

    def _add(self, user: User) -> None:
        if user.authid in self._user_by_authid:
            raise ConfigError(f"user {user.authid} is defined twice")
        self._user_by_authid[user.authid] = user
        if isinstance(user.proof, CertificateProof):
            self._certified.append((user, user.proof))
            return
        self._models[user.authid] = user.role, user.proof
        if isinstance(user.proof, CryptosignProof):
            for key in user.proof.public_keys:
                # Of two users with one key, one has to say who it is.
                self._owner_by_key.setdefault(key, user)

    def _decoy(self, authid: str, methods: Collection[str]) -> tuple[User, Proof]:
        """Return the user *authid* would be if it were one: modelled on one of the others."""
        names = [name for name, (_, proof) in self._models.items() if proof.method in methods]
        role, model = self._models[min(names, key=lambda name: self._noise(name, authid))]
        proof = model.decoy(self._noise(authid))
        return User(authid, role or "nobody", proof), proof

    def _noise(self, *texts: str) -> bytes:
        """Return 64 bytes that only this router makes of *texts*."""
        message = b"\0".join(text.encode(errors="surrogatepass") for text in texts)
        return hmac.digest(self._seed, message, hashlib.sha512)

    def _nonce(self) -> str:
        return "".join(f"{self._random_id():014x}" for _ in range(4))
