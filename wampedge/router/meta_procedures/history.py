"""``wamp.subscription.get_events``: what was published before the caller asked.

Specification, "Event History". There is no such procedure in a realm that keeps no history.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

from wampedge.router.meta_procedures.arguments import Arguments
from wampedge.router.sends import Send, Sends
from wampedge.wamp.messages import Result

if TYPE_CHECKING:
    from wampedge.router.broker import Broker
    from wampedge.router.realm import Realm
    from wampedge.router.registration import BuiltIn
    from wampedge.router.session import RouterSession
    from wampedge.wamp.messages import Call

__all__ = ["history_procedures"]


def history_procedures(realm: Realm) -> Mapping[str, BuiltIn]:
    """Return the procedure by its URI, where there is a history."""
    if not realm.broker.archive.has_history:
        return {}
    return {"wamp.subscription.get_events": partial(_get_events, realm.broker)}


def _get_events(broker: Broker, caller: RouterSession, call: Call) -> Sends:
    """Answer with the events of one subscription, each an argument of its own."""
    arguments = Arguments(call.payload, "subscription")
    payload = broker.events(caller, arguments.id(0), arguments.kwargs)
    return (Send((caller,), Result(call.request_id, {}, payload)),)
