"""The cookie that a WebSocket handshake gives to a browser.

A cookie only says "the same browser as before"; who that is, the router remembers. One that does
not stand for anybody is replaced: somebody else may have put it there, having been given it by us,
and would be whoever proves it is somebody with that cookie.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable
from typing import Final

__all__ = ["COOKIE_NAME", "CookieMint"]

COOKIE_NAME: Final = "wampedge"
_RANDOM_BYTES: Final = 24


class CookieMint:
    """Makes the cookies of one server, and finds them again.

    Args:
        lifetime_s: how long a browser keeps a cookie, in seconds.
        random_bytes: gives that many bytes nobody can guess.
        is_known: tells whether a cookie stands for somebody.
    """

    def __init__(
        self,
        lifetime_s: float,
        random_bytes: Callable[[int], bytes],
        *,
        is_known: Callable[[str], bool],
    ) -> None:
        self._lifetime_s = int(lifetime_s)
        self._random_bytes = random_bytes
        self._is_known = is_known

    def find(self, headers: Iterable[str]) -> str | None:
        """Return the value of the first known cookie in the ``Cookie`` headers, if any."""
        for header in headers:
            for pair in header.split(";"):
                name, _, value = pair.strip().partition("=")
                if name == COOKIE_NAME and self._is_known(value):
                    return value
        return None

    def make(self) -> str:
        """Return the value of a new cookie."""
        return base64.urlsafe_b64encode(self._random_bytes(_RANDOM_BYTES)).decode("ascii")

    def header(self, value: str, *, is_encrypted: bool) -> str:
        """Return the ``Set-Cookie`` header that gives *value* to the browser.

        Scripts cannot read it, other sites' pages do not send it, and what was set over TLS
        is never sent without.
        """
        secure = "; Secure" if is_encrypted else ""
        age = f"Max-Age={self._lifetime_s}"
        return f"{COOKIE_NAME}={value}; Path=/; {age}; HttpOnly; SameSite=Strict{secure}"
