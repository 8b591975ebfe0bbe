"""``wamp.registration.*``: what clients have registered in the realm.

Specification, "Registration Meta API".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from wampedge.errors import ApplicationError
from wampedge.router.meta_facts import registration_facts
from wampedge.router.meta_procedures.arguments import Arguments, answering
from wampedge.router.meta_procedures.patterns import ids_by_policy, pattern_in
from wampedge.router.names import NO_SUCH_REGISTRATION
from wampedge.router.registration import Registration
from wampedge.router.registrations import Registrations
from wampedge.wamp.payload import Payload

if TYPE_CHECKING:
    from wampedge.router.realm import Realm
    from wampedge.router.registration import BuiltIn

__all__ = ["registration_procedures"]


def registration_procedures(realm: Realm) -> Mapping[str, BuiltIn]:
    """Return the procedures by URI."""
    reading = _Reading(realm.registrations)
    return {
        "wamp.registration.list": answering(reading.list_ids),
        "wamp.registration.lookup": answering(reading.lookup),
        "wamp.registration.match": answering(reading.match),
        "wamp.registration.get": answering(reading.get),
        "wamp.registration.list_callees": answering(reading.list_callees),
        "wamp.registration.count_callees": answering(reading.count_callees),
    }


class _Reading:
    """Answers what is registered."""

    def __init__(self, registrations: Registrations) -> None:
        self._registrations = registrations

    def list_ids(self, payload: Payload) -> dict[str, list[int]]:
        """List the ids by way to match."""
        Arguments(payload)
        return ids_by_policy(self._registrations.registration_by_id.values())

    def lookup(self, payload: Payload) -> int | None:
        """Find the registration of this very pattern."""
        registration = self._registrations.lookup(*pattern_in(payload, "procedure"))
        return None if registration is None else registration.id

    def match(self, payload: Payload) -> int | None:
        """Find the registration that a call would go to."""
        procedure = Arguments(payload, "procedure").text(0)
        registration = self._registrations.match(procedure)
        return None if registration is None else registration.id

    def get(self, payload: Payload) -> dict[str, Any]:
        """Describe one registration."""
        return registration_facts(self._named(payload))

    def list_callees(self, payload: Payload) -> list[int]:
        """List the ids of the sessions that offer it."""
        return [callee.id for callee in self._named(payload).callees]

    def count_callees(self, payload: Payload) -> int:
        """Count the sessions that offer it."""
        return len(self._named(payload).callees)

    def _named(self, payload: Payload) -> Registration:
        registration_id = Arguments(payload, "registration").id(0)
        registration = self._registrations.registration_by_id.get(registration_id)
        if registration is None:
            text = f"there is no registration {registration_id}"
            raise ApplicationError(NO_SUCH_REGISTRATION, [text])
        return registration
