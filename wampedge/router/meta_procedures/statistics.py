"""``wampedge.router.stats``: how much the router has to do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from wampedge.router.meta_procedures.arguments import Arguments, answering
from wampedge.wamp.payload import Payload

if TYPE_CHECKING:
    from wampedge.router.realm import Realm
    from wampedge.router.registration import BuiltIn

__all__ = ["statistics_procedures"]


def statistics_procedures(realm: Realm) -> Mapping[str, BuiltIn]:
    """Return the procedures by URI."""

    def stats(payload: Payload) -> dict[str, Any]:
        Arguments(payload)
        return realm.statistics.facts()

    return {"wampedge.router.stats": answering(stats)}
