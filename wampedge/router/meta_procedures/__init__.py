"""The meta procedures: what clients may ask the router, and have it do, about a realm.

Specification, "WAMP Meta API"; ``wampedge.router.stats`` is our own. They are called like any
procedure, with the same permissions, and are no registrations of any client.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from wampedge.router.meta_procedures.history import history_procedures
from wampedge.router.meta_procedures.registrations import registration_procedures
from wampedge.router.meta_procedures.rights import rights_procedures
from wampedge.router.meta_procedures.sessions import session_procedures
from wampedge.router.meta_procedures.statistics import statistics_procedures
from wampedge.router.meta_procedures.subscriptions import subscription_procedures
from wampedge.router.meta_procedures.testaments import testament_procedures

if TYPE_CHECKING:
    from wampedge.router.realm import Realm
    from wampedge.router.registration import BuiltIn

__all__ = ["meta_procedures"]

_SECTIONS: tuple[Callable[[Realm], Mapping[str, BuiltIn]], ...] = (
    session_procedures,
    registration_procedures,
    subscription_procedures,
    history_procedures,
    testament_procedures,
    statistics_procedures,
    rights_procedures,
)


def meta_procedures(realm: Realm) -> Mapping[str, BuiltIn]:
    """Return the procedures by URI, all of which answer about *realm*."""
    return {uri: answer for section in _SECTIONS for uri, answer in section(realm).items()}
