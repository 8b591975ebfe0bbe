"""Who may do what: the seam where a realm asks, and the rule it has unless told otherwise.

The router asks before every REGISTER, CALL, SUBSCRIBE and PUBLISH, so an authorizer answers
from memory; one that is slow to decide keeps its own cache.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal, Protocol

from wampedge.errors import ApplicationError
from wampedge.router.matching import quoted
from wampedge.router.names import INVALID_URI, NOT_AUTHORIZED
from wampedge.wamp.uris import is_reserved_uri

if TYPE_CHECKING:
    from wampedge.router.session import RouterSession

__all__ = [
    "Action",
    "Authorizer",
    "OpenAuthorizer",
    "RoleAuthorizer",
    "check_not_reserved",
    "not_authorized",
]

Action = Literal["register", "call", "subscribe", "publish"]


class Authorizer(Protocol):
    """Decides what a session may do with a URI."""

    def allows(self, session: RouterSession, action: Action, uri: str) -> bool:
        """Tell whether *session* may do *action* with *uri*, which is a checked URI."""
        ...


class OpenAuthorizer:
    """Lets every admitted session do everything."""

    def allows(self, session: RouterSession, action: Action, uri: str) -> bool:
        """Allow it."""
        return True


class RoleAuthorizer:
    """Lets a session do what its role may do; a role that is not listed may do nothing.

    Args:
        actions_by_role: what each role may do, with any URI.
    """

    def __init__(self, actions_by_role: Mapping[str, frozenset[Action]]) -> None:
        self._actions_by_role = dict(actions_by_role)

    def allows(self, session: RouterSession, action: Action, uri: str) -> bool:
        """Allow what the role lists; the node's own sessions need no listing."""
        return session.is_trusted or action in self._actions_by_role.get(
            session.authrole, frozenset()
        )


def not_authorized(action: Action, uri: str) -> ApplicationError:
    """Make the error for a session that may not do *action* with *uri*."""
    return ApplicationError(NOT_AUTHORIZED, [f"not allowed to {action} {quoted(uri)}"])


def check_not_reserved(session: RouterSession, uri: str) -> None:
    """Refuse a URI under ``wamp.`` or ``wampedge.`` as a topic or procedure of *session*.

    The node's own sessions may use ``wampedge.``; nobody may use ``wamp.``, the router's own.

    Raises:
        ApplicationError: with the URI ``wamp.error.invalid_uri``.
    """
    if is_reserved_uri(uri) and not (session.is_trusted and uri.startswith("wampedge.")):
        raise ApplicationError(INVALID_URI, [f"reserved for the router: {quoted(uri)}"])
