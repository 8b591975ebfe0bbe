"""Browsers that stay who they are: which cookie belongs to whom, for how long.

The WebSocket handshake gives each browser a cookie; nobody but its browser and this table knows
it. Once a session has proved who it is, the next one with the same cookie needs no proof.
Nothing is written to disk: all cookies are void when the router ends.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["Cookies", "Remembered"]

_MAX_COOKIES = 1_000


@dataclass(frozen=True, slots=True)
class Remembered:
    """Who a cookie stands for.

    Args:
        realm: the realm it joined; the cookie is good for no other.
        authid: who it is.
        role: what it may do.
        provider: who knew it.
        until_s: when the cookie is void, on the clock of the router.
    """

    realm: str
    authid: str
    role: str
    provider: str
    until_s: float


class Cookies:
    """The cookies of one router that stand for somebody; the oldest give way to new ones.

    Args:
        keep_s: for how long one is good, in seconds; 0 remembers none.
        monotonic_s: the clock of the router.

    Attributes:
        keep_s: for how long one is good.
    """

    def __init__(self, keep_s: float, monotonic_s: Callable[[], float]) -> None:
        self.keep_s = keep_s
        self._monotonic_s = monotonic_s
        self._remembered_by_cookie: OrderedDict[str, Remembered] = OrderedDict()

    def __len__(self) -> int:
        return len(self._remembered_by_cookie)

    @property
    def is_on(self) -> bool:
        """Whether any cookie is remembered."""
        return self.keep_s > 0

    def remember(self, cookie: str, *, realm: str, authid: str, role: str, provider: str) -> None:
        """Let *cookie* stand for a user that has just proved who it is.

        It must be known to nobody but its browser, so it was made for this very connection.
        """
        if not self.is_on:
            return
        until_s = self._monotonic_s() + self.keep_s
        self._remembered_by_cookie[cookie] = Remembered(realm, authid, role, provider, until_s)
        self._remembered_by_cookie.move_to_end(cookie)
        if len(self._remembered_by_cookie) > _MAX_COOKIES:
            self._remembered_by_cookie.popitem(last=False)

    def renew(
        self, cookie: str | None, *, realm: str, authid: str, role: str, provider: str
    ) -> None:
        """Let *cookie*, which the browser had before, go on to stand for who proved it again.

        It must not begin to stand for somebody: whoever put it there would be that user as well.
        One that stands for another is void.
        """
        found = self.find(cookie, realm)
        if cookie and found is not None and found.authid == authid:
            self.remember(cookie, realm=realm, authid=authid, role=role, provider=provider)
        else:
            self.forget(cookie)

    def is_known(self, cookie: str) -> bool:
        """Tell whether *cookie* stands for somebody, in whatever realm."""
        found = self._remembered_by_cookie.get(cookie)
        return found is not None and found.until_s > self._monotonic_s()

    def find(self, cookie: str | None, realm: str) -> Remembered | None:
        """Return who *cookie* stands for in *realm*; None for a strange or void one."""
        found = self._remembered_by_cookie.get(cookie or "")
        if found is None or found.realm != realm:
            return None
        if found.until_s <= self._monotonic_s():
            self.forget(cookie)
            return None
        return found

    def forget(self, cookie: str | None) -> None:
        """Make one cookie void, such as when its user logs out."""
        self._remembered_by_cookie.pop(cookie or "", None)

    def forget_user(self, realm: str, authid: str) -> int:
        """Make all cookies of a user void; returns how many there were."""
        theirs = [
            cookie
            for cookie, found in self._remembered_by_cookie.items()
            if (found.realm, found.authid) == (realm, authid)
        ]
        for cookie in theirs:
            del self._remembered_by_cookie[cookie]
        return len(theirs)
