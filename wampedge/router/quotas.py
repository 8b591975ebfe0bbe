"""How many shapes of wildcard patterns one session may bring into a realm.

Every new URI is looked up once for each shape there is (see ``wampedge.router.matchers``), so a
session that used all shapes would make everybody slow, while thousands of patterns of a few shapes
cost no more than one of each.
"""

from __future__ import annotations

from collections import Counter

from wampedge.errors import ApplicationError
from wampedge.router.matchers import gaps
from wampedge.router.names import LIMIT
from wampedge.router.session import RouterSession

__all__ = ["ShapeQuota"]


class ShapeQuota:
    """The shapes in use by each session, for the subscriptions or the registrations of a realm.

    Args:
        most: shapes of one number of components that one session may use at once.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._patterns_by_shape: dict[RouterSession, Counter[tuple[bool, ...]]] = {}

    def check(self, session: RouterSession, policy: str, pattern: str) -> None:
        """See whether *session* may have one more pattern; the node itself always may.

        Raises:
            ApplicationError: it would be one shape too many.
        """
        counts = self._patterns_by_shape.get(session)
        if policy != "wildcard" or counts is None or session.is_trusted:
            return
        shape = gaps(pattern)
        if shape in counts:
            return
        if sum(len(other) == len(shape) for other in counts) >= self._most:
            text = (
                f"a session may have wildcards of {self._most} shapes with {len(shape)} "
                "components; a shape is which components are empty"
            )
            raise ApplicationError(LIMIT, [text])

    def take(self, session: RouterSession, policy: str, pattern: str) -> None:
        """Count one more pattern of *session*; raises as ``check``, and counts nothing then."""
        if policy != "wildcard":
            return
        self.check(session, policy, pattern)
        counts = self._patterns_by_shape.setdefault(session, Counter())
        counts[gaps(pattern)] += 1

    def give_back(self, session: RouterSession, policy: str, pattern: str) -> None:
        """Count one pattern of *session*, which was taken, no more."""
        if policy != "wildcard":
            return
        shape = gaps(pattern)
        counts = self._patterns_by_shape[session]
        counts[shape] -= 1
        if not counts[shape]:
            del counts[shape]
            if not counts:
                del self._patterns_by_shape[session]
