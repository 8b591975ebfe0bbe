"""``wampedge.router.recheck``: look again at what sessions may have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from wampedge.router.meta_procedures.arguments import Arguments, check_named_right, result
from wampedge.router.sends import Sends
from wampedge.router.session import RouterSession
from wampedge.wamp.messages import Call

if TYPE_CHECKING:
    from wampedge.router.realm import Realm
    from wampedge.router.registration import BuiltIn

__all__ = ["rights_procedures"]


def rights_procedures(realm: Realm) -> Mapping[str, BuiltIn]:
    """Return the procedures by URI."""

    def recheck(caller: RouterSession, call: Call) -> Sends:
        check_named_right(realm, caller, "look at the rights of others")
        authid = Arguments(call.payload).keyword("authid", str, "a string")
        return (result(caller, call), *realm.recheck(authid))

    return {"wampedge.router.recheck": recheck}
