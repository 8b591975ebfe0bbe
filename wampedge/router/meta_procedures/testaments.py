"""``wamp.session.add_testament`` and ``flush_testaments``: what a session leaves behind.

Specification, "Testament".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from wampedge.router.meta_procedures.arguments import Arguments, result
from wampedge.router.sends import Sends
from wampedge.router.session import RouterSession
from wampedge.router.testaments import SCOPES
from wampedge.wamp.messages import Call, Publish
from wampedge.wamp.payload import Payload

if TYPE_CHECKING:
    from wampedge.router.realm import Realm
    from wampedge.router.registration import BuiltIn

__all__ = ["testament_procedures"]


def testament_procedures(realm: Realm) -> Mapping[str, BuiltIn]:
    """Return the procedures by URI."""
    testaments = realm.testaments

    def add(caller: RouterSession, call: Call) -> Sends:
        arguments = Arguments(call.payload, "topic", "args", "kwargs")
        topic = arguments.text(0)
        payload = Payload(arguments.values(1), arguments.table(2))
        options = arguments.keyword("publish_options", dict, "a dict") or {}
        scope = arguments.one_of("scope", SCOPES)
        testaments.add(caller, Publish(call.request_id, options, topic, payload), scope)
        return (result(caller, call),)

    def flush(caller: RouterSession, call: Call) -> Sends:
        testaments.flush(caller, Arguments(call.payload).one_of("scope", SCOPES))
        return (result(caller, call),)

    return {"wamp.session.add_testament": add, "wamp.session.flush_testaments": flush}
