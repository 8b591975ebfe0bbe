"""Who a realm knows, and the one attempt of a peer to prove that it is one of them.

Users the realm does not know are asked for a proof all the same, the way known ones are, and fail
at the same point with the same words: nobody finds out which users there are. The same unknown
user is asked the same way each time, as long as the router lives.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field

from wampedge.errors import ConfigError
from wampedge.wamp.auth_proofs import Circumstances, Proof
from wampedge.wamp.messages import Authenticate, Challenge

__all__ = ["Trial", "User", "Users"]


@dataclass(frozen=True, slots=True)
class User:
    """One user of a realm.

    Args:
        authid: its name.
        role: what it may do; see the permissions of the realm.
        proof: how it proves who it is.

    Raises:
        ConfigError: the name or role is blank.
    """

    authid: str
    role: str
    proof: Proof = field(repr=False)

    def __post_init__(self) -> None:
        if not self.authid.strip() or not self.role.strip():
            raise ConfigError("a user needs a name and a role")


@dataclass(frozen=True, slots=True)
class Trial:
    """One CHALLENGE that waits for its AUTHENTICATE; there is one for each connection at most.

    Attributes:
        user: who the peer says it is, or the decoy for a user the realm does not know.
        is_known: the realm knows the user.
        session_id: the id the challenge promises.
        challenge: what the peer is asked.
    """

    user: User
    is_known: bool
    session_id: int
    challenge: Challenge

    def is_passed_by(self, answer: Authenticate) -> bool:
        """Tell whether *answer* proves it; a decoy is checked as well, to take as long."""
        is_right = self.user.proof.accepts(answer, self.challenge)
        return is_right and self.is_known


class Users:
    """All users of one realm; fixed while the router runs.

    Args:
        users: the users.
        random_id: gives numbers nobody can guess.
        time_s: tells the time, in seconds since 1970.

    Raises:
        ConfigError: two users have one name.
    """

    def __init__(
        self, users: Iterable[User], *, random_id: Callable[[], int], time_s: Callable[[], float]
    ) -> None:
        self._user_by_authid: dict[str, User] = {}
        for user in users:
            if user.authid in self._user_by_authid:
                raise ConfigError(f"user {user.authid} is defined twice")
            self._user_by_authid[user.authid] = user
        self.methods = frozenset(user.proof.method for user in self._user_by_authid.values())
        self._random_id = random_id
        self._time_s = time_s
        self._seed = self._nonce().encode() if self._user_by_authid else b""

    def challenge(self, authid: str, methods: Collection[str]) -> Trial:
        """Begin the trial of a peer.

        Args:
            authid: who the peer says it is.
            methods: ways to prove it that the peer offers; one of ours is among them.
        """
        decoy = self._decoy(authid, methods)
        known = self._user_by_authid.get(authid)
        if known is not None and known.proof.method not in methods:
            known = None
        user = decoy if known is None else known
        session_id = self._random_id()
        about = Circumstances(
            authid=authid,
            authrole=user.role,
            session_id=session_id,
            nonce=self._nonce(),
            time_s=self._time_s(),
        )
        return Trial(user, known is not None, session_id, user.proof.challenge(about))

    def _decoy(self, authid: str, methods: Collection[str]) -> User:
        """Return the user *authid* would be if it were one: modelled on one of the others."""
        models = [user for user in self._user_by_authid.values() if user.proof.method in methods]
        model = min(models, key=lambda user: self._noise(user.authid, authid))
        return User(authid, model.role, model.proof.decoy(self._noise(authid)))

    def _noise(self, *texts: str) -> bytes:
        """Return 64 bytes that only this router makes of *texts*."""
        message = b"\0".join(text.encode(errors="surrogatepass") for text in texts)
        return hmac.digest(self._seed, message, hashlib.sha512)

    def _nonce(self) -> str:
        return "".join(f"{self._random_id():014x}" for _ in range(4))
