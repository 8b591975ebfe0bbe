"""A callee and a caller at one router, which the tests of calls start from."""

from __future__ import annotations

from typing import Any

from tests.router.site import PLAIN_ROLES, Site
from wampedge.wamp.messages import Call, Error, Invocation, Register
from wampedge.wamp.payload import Payload

__all__ = ["ARGUMENTS", "CANCELED", "Pair", "is_canceled", "roles_of_callee"]

CANCELED = "wamp.error.canceled"
ARGUMENTS = Payload([23, 7], {"unit": "cm"})


class Pair:
    """A callee that offers ``edge.add``, and a caller."""

    def __init__(
        self, *, site: Site | None = None, callee_roles: Any = None, with_call: bool = True
    ) -> None:
        self.site = site or Site()
        self.callee = self.site.join(**({"roles": callee_roles} if callee_roles else {}))
        self.caller = self.site.join()
        self.registration_id = self.callee.ask(Register(1, {}, "edge.add")).registration_id
        if with_call:
            self.call(7)

    def call(self, request_id: int, **options: Any) -> Invocation:
        """Call and return what the callee got."""
        self.caller.send(Call(request_id, options, "edge.add", ARGUMENTS))
        invocation = self.callee.read_one()
        assert isinstance(invocation, Invocation)
        return invocation


def roles_of_callee(*features: str) -> dict[str, Any]:
    return {**PLAIN_ROLES, "callee": {"features": dict.fromkeys(features, True)}}


def is_canceled(message: object, request_id: int = 7) -> bool:
    return (
        isinstance(message, Error)
        and (message.request_type, message.request_id) == (Call.TYPE, request_id)
        and message.error == CANCELED
    )
