"""How much a realm has to do: what there is now, totals, and rates.

Nothing is counted for this on the way of a message but publications. Calls are the invocation ids
that were given; rates are the difference between two looks.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

from wampedge.router.counters import RouterCounters

if TYPE_CHECKING:
    from wampedge.router.realm import Realm

__all__ = ["RATE_WINDOW_S", "Statistics"]

RATE_WINDOW_S: Final = 60.0
"""How far back rates look; farther if nobody looked since, and not beyond the start."""
_MIN_BETWEEN_S: Final = 1.0
"""Looks closer than this to the one before are not remembered: the memory has few places."""


class Statistics:
    """The statistics of one realm; owned by it.

    Args:
        realm: the realm.
        counters: what its router counts, over all realms.
        now_s: tells the time in seconds since any moment.
    """

    def __init__(
        self, realm: Realm, *, counters: RouterCounters, now_s: Callable[[], float]
    ) -> None:
        self.transport: Callable[[], Mapping[str, Any]] = dict
        """Tells what the connections know; set by whoever owns them."""
        self.sessions_joined = 0
        """Sessions there have been; counted by the realm, like the next one."""
        self.calls_of_gone = 0
        """Invocations of sessions that have left."""
        self._realm = realm
        self._counters = counters
        self._now_s = now_s
        self._looks = deque([(now_s(), self._totals())])

    def facts(self) -> dict[str, Any]:
        """Return all figures, in types that every serializer can carry."""
        realm, totals = self._realm, self._totals()
        sessions = realm.session_by_id.values()
        return {
            "sessions": {
                "joined": len(sessions),
                "by_role": dict(Counter(session.authrole for session in sessions)),
                "total": totals["sessions"],
            },
            "subscriptions": len(realm.broker.subscription_by_id),
            "registrations": len(realm.registrations.registration_by_id),
            "calls": {
                "pending": sum(len(session.calls) for session in sessions),
                "total": totals["calls"],
            },
            "publications": {"total": totals["publications"]},
            "rates": self._rates(totals),
            "router": asdict(self._counters),
            "transport": dict(self.transport()),
        }

    def _totals(self) -> dict[str, int]:
        realm = self._realm
        calls = sum(session.invocation_ids.last for session in realm.session_by_id.values())
        return {
            "sessions": self.sessions_joined,
            "calls": self.calls_of_gone + calls,
            "publications": realm.broker.publications,
        }

    def _rates(self, totals: Mapping[str, int]) -> dict[str, float]:
        """Return events per second since a look up to a minute ago, and remember this one."""
        now_s, looks = self._now_s(), self._looks
        while len(looks) > 1 and now_s - looks[1][0] >= RATE_WINDOW_S:
            looks.popleft()
        then_s, before = looks[0]
        over_s = now_s - then_s
        if now_s - looks[-1][0] >= _MIN_BETWEEN_S:
            looks.append((now_s, dict(totals)))
        if over_s <= 0.0:
            return {}
        rates = {
            f"{name}_per_s": round((total - before[name]) / over_s, 3)
            for name, total in totals.items()
        }
        return {"over_s": round(over_s, 3), **rates}
