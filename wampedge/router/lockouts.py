"""Slowing down whoever tries passwords, without locking out those who know theirs.

Three counts of wrong proofs, each with its own answer:

- of one name from one address: after three, tries from there are refused for 1, 2, 4 ... 30 s;
- from one address of the network, whatever the name: after twenty, in the same way;
- of one name from anywhere: tries are never refused, but answered later, by two seconds at most.

So whoever guesses from many addresses costs the owner of a name two seconds and no more. Peers
on this machine share one address, so these are counted by name alone.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any, Final

__all__ = ["Lockouts", "host_of"]

_FREE_FOR_PAIR: Final = 3
_FREE_FOR_HOST: Final = 20
_FREE_FOR_NAME: Final = 10
_LONGEST_REFUSAL_S: Final = 30.0
_LONGEST_DELAY_S: Final = 2.0
_FORGET_AFTER_S: Final = 600.0
_MAX_ENTRIES: Final = 4096
_LONGEST_NAME: Final = 63
"""Longer ones are known by their hash, which is longer still, so that no name is another's hash."""
_ANY: Final = ""


class _Failures:
    """How often a proof was wrong, and when it was so last."""

    __slots__ = ("count", "last_s")

    def __init__(self) -> None:
        self.count = 0
        self.last_s = 0.0


class Lockouts:
    """The wrong proofs of all realms of one router, the latest few thousand of them.

    Args:
        monotonic_s: the clock of the router; without one nothing is counted.
    """

    def __init__(self, monotonic_s: Callable[[], float] | None) -> None:
        self._monotonic_s = monotonic_s
        self._failures: OrderedDict[tuple[str, str], _Failures] = OrderedDict()

    def __len__(self) -> int:
        return len(self._failures)

    def refused_for_s(self, authid: str, host: str) -> float:
        """Tell for how many seconds *host* may not try to be *authid*; 0 when it may now."""
        if self._monotonic_s is None:
            return 0.0
        now_s = self._monotonic_s()
        of_pair = self._wait_s((_short(authid), host), _FREE_FOR_PAIR, now_s)
        of_host = self._wait_s((_ANY, host), _FREE_FOR_HOST, now_s)
        return max(of_pair, of_host)

    def delay_s(self, authid: str) -> float:
        """Tell how much later *authid* is answered, from wherever it comes."""
        failures = self._failures.get((_short(authid), _ANY))
        if failures is None or failures.count <= _FREE_FOR_NAME:
            return 0.0
        return float(min(0.1 * 2 ** min(failures.count - _FREE_FOR_NAME, 16), _LONGEST_DELAY_S))

    def failed(self, authid: str, host: str) -> None:
        """Count a wrong proof."""
        if self._monotonic_s is None:
            return
        name = _short(authid)
        keys = [(name, host), (name, _ANY)]
        if not _is_here(host):
            keys.append((_ANY, host))
        now_s = self._monotonic_s()
        for key in keys:
            failures = self._failures.get(key)
            if failures is None or now_s - failures.last_s > _FORGET_AFTER_S:
                failures = self._failures[key] = _Failures()
            failures.count += 1
            failures.last_s = now_s
            self._failures.move_to_end(key)
        while len(self._failures) > _MAX_ENTRIES:
            self._failures.popitem(last=False)

    def passed(self, authid: str, host: str) -> None:
        """Forget the wrong proofs of somebody who is right now.

        Those of the address alone stay: a user who guesses at others knows its own password.
        """
        name = _short(authid)
        self._failures.pop((name, host), None)
        self._failures.pop((name, _ANY), None)

    def _wait_s(self, key: tuple[str, str], free: int, now_s: float) -> float:
        failures = self._failures.get(key)
        if failures is None or failures.count < free:
            return 0.0
        wait_s = min(2.0 ** min(failures.count - free, 16), _LONGEST_REFUSAL_S)
        return max(failures.last_s + wait_s - now_s, 0.0)


def host_of(transport: Mapping[str, Any]) -> str:
    """Return the address a connection comes from, without its port; see ``Transport``."""
    peer = str(transport.get("peer", ""))
    return peer.rpartition(":")[0] if peer.startswith("tcp:") else peer


def _short(authid: str) -> str:
    """Return what is kept of a name: thousands may be, and a peer may say one of 64 KiB."""
    if len(authid) <= _LONGEST_NAME:
        return authid
    return hashlib.sha256(authid.encode(errors="surrogatepass")).hexdigest()


def _is_here(host: str) -> bool:
    """Tell whether *host* is this machine, whose users share one address."""
    return not host.startswith("tcp:") or host.startswith(("tcp:127.", "tcp:[::1]"))
