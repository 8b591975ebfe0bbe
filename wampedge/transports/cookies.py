"""The cookie that a WebSocket handshake gives to a browser.

A cookie only says "the same browser as before"; who that is, the router remembers. Values that
this process has not made are replaced, so that nobody can choose one for a browser of another.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable, Iterable
from typing import Final

__all__ = ["COOKIE_NAME", "CookieMint"]

COOKIE_NAME: Final = "wampedge"
_RANDOM_BYTES: Final = 18
_SEAL_BYTES: Final = 18


class CookieMint:
    """Makes cookies and knows its own again; one for each server, void when that ends.

    Args:
        lifetime_s: how long a browser keeps a cookie, in seconds.
        random_bytes: gives that many bytes nobody can guess.
    """

    def __init__(self, lifetime_s: float, random_bytes: Callable[[int], bytes]) -> None:
        self._lifetime_s = int(lifetime_s)
        self._random_bytes = random_bytes
        self._key = random_bytes(32)

    def find(self, headers: Iterable[str]) -> str | None:
        """Return the value of the first of our cookies in the ``Cookie`` headers, if any."""
        for header in headers:
            for pair in header.split(";"):
                name, _, value = pair.strip().partition("=")
                if name == COOKIE_NAME and self._is_ours(value):
                    return value
        return None

    def make(self) -> str:
        """Return the value of a new cookie."""
        stem = _text(self._random_bytes(_RANDOM_BYTES))
        return stem + self._seal(stem)

    def header(self, value: str, *, is_encrypted: bool) -> str:
        """Return the ``Set-Cookie`` header that gives *value* to the browser.

        Scripts cannot read it, other sites' pages do not send it, and what was set over TLS
        is never sent without.
        """
        secure = "; Secure" if is_encrypted else ""
        age = f"Max-Age={self._lifetime_s}"
        return f"{COOKIE_NAME}={value}; Path=/; {age}; HttpOnly; SameSite=Strict{secure}"

    def _is_ours(self, value: str) -> bool:
        stem, seal = value[:-24], value[-24:]
        wanted = self._seal(stem).encode()
        return bool(stem) and hmac.compare_digest(seal.encode(errors="replace"), wanted)

    def _seal(self, stem: str) -> str:
        digest = hmac.digest(self._key, stem.encode(errors="replace"), hashlib.sha256)
        return _text(digest[:_SEAL_BYTES])


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode("ascii")
