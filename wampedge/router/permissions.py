"""Who may do what: the seam where a realm asks, and the rule it has unless told otherwise.

The router asks before every REGISTER, CALL, SUBSCRIBE and PUBLISH, so an authorizer answers
from memory; one that is slow to decide keeps its own cache, as ``RuleAuthorizer`` does.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Literal, Protocol

from wampedge.errors import ApplicationError
from wampedge.records import Record
from wampedge.router.matchers import is_match
from wampedge.router.matching import quoted
from wampedge.router.names import INVALID_URI, NOT_AUTHORIZED
from wampedge.router.parking import Undecided
from wampedge.router.rules import Rules
from wampedge.wamp.uris import is_reserved_uri

if TYPE_CHECKING:
    from wampedge.router.session import RouterSession

__all__ = [
    "Action",
    "Authorizer",
    "OpenAuthorizer",
    "Permissions",
    "RoleAuthorizer",
    "RoleRules",
    "RuleAuthorizer",
    "check_not_reserved",
    "may_hear",
    "not_authorized",
]

Action = Literal["register", "call", "subscribe", "publish"]

_NOBODY = Rules(())
_MAX_REMEMBERED = 1_000
"""URIs whose verdict is kept for each action; a peer that tries random ones cannot grow it."""
_MAX_REMEMBERED_ALONE = 100
"""The same for what one session alone may do: there are many such."""


class Authorizer(Protocol):
    """Decides what a session may do with a URI."""

    def allows(
        self, session: RouterSession, action: Action, uri: str, policy: str = "exact"
    ) -> bool:
        """Tell whether *session* may do *action* with *uri*.

        Args:
            session: who asks.
            action: what for.
            uri: a URI, or the pattern of a SUBSCRIBE or REGISTER, checked before.
            policy: how it matches: ``exact``, ``prefix`` or ``wildcard``. A pattern is allowed
                only with all that it can match.
        """
        ...


class OpenAuthorizer:
    """Lets every admitted session do everything."""

    def allows(
        self, session: RouterSession, action: Action, uri: str, policy: str = "exact"
    ) -> bool:
        """Allow it."""
        return True


class RoleAuthorizer:
    """Lets a session do what its role may do; a role that is not listed may do nothing.

    Args:
        actions_by_role: what each role may do, with any URI.
    """

    def __init__(self, actions_by_role: Mapping[str, frozenset[Action]]) -> None:
        self._actions_by_role = dict(actions_by_role)

    def allows(
        self, session: RouterSession, action: Action, uri: str, policy: str = "exact"
    ) -> bool:
        """Allow what the role lists; the node's own sessions need no listing."""
        return session.is_trusted or action in self._actions_by_role.get(
            session.authrole, frozenset()
        )


class RoleRules(Record):
    """What one role may do, each with the URIs its rules cover; nothing where there are none.

    Args:
        call: procedures it may call.
        register: procedures it may register.
        subscribe: topics it may subscribe to.
        publish: topics it may publish to.
    """

    call: Rules = _NOBODY
    register: Rules = _NOBODY
    subscribe: Rules = _NOBODY
    publish: Rules = _NOBODY

    @property
    def names_user(self) -> bool:
        """Whether what it may do differs from user to user."""
        every = (self.call, self.register, self.subscribe, self.publish)
        return any(rules.names_user for rules in every)

    def for_user(self, authid: str) -> RoleRules:
        """Return what the user *authid* may do in this role."""
        return RoleRules(
            call=self.call.for_user(authid),
            register=self.register.for_user(authid),
            subscribe=self.subscribe.for_user(authid),
            publish=self.publish.for_user(authid),
        )


_NOTHING = RoleRules()


class Permissions:
    """What one session, or every session of one role, may do; owned by a ``RuleAuthorizer``.

    Args:
        rules: what it may do.
        max_remembered: verdicts that are kept for each action.
    """

    __slots__ = ("_max_remembered", "_rules", "verdicts")

    def __init__(self, rules: RoleRules, max_remembered: int = _MAX_REMEMBERED) -> None:
        self._max_remembered = max_remembered
        self._rules: dict[Action, Rules] = {
            "register": rules.register,
            "call": rules.call,
            "subscribe": rules.subscribe,
            "publish": rules.publish,
        }
        self.verdicts: dict[Action, dict[str, bool]] = {action: {} for action in self._rules}
        """What was decided before: for each action, URI to whether it is allowed."""

    def decide(self, action: Action, uri: str, policy: str) -> bool:
        """Tell whether the rules cover *uri*, and remember it."""
        verdict = self._rules[action].cover(uri, policy)
        if policy == "exact":
            verdicts = self.verdicts[action]
            if len(verdicts) >= self._max_remembered:
                verdicts.clear()
            verdicts[uri] = verdict
        return verdict


class RuleAuthorizer:
    """Lets a session do what the rules of its role cover, and remembers its answers.

    Sessions of one role share what is remembered, but for roles whose rules name the user.

    Args:
        rules_by_role: what each role may do; a role that is missing may do nothing.
        open_roles: roles that may do everything.
        guarded: procedures that open roles cannot register: who offers them decides for others.
    """

    def __init__(
        self,
        rules_by_role: Mapping[str, RoleRules],
        *,
        open_roles: Collection[str] = (),
        guarded: Collection[str] = (),
    ) -> None:
        self.replace(rules_by_role, open_roles=open_roles, guarded=guarded)

    def replace(
        self,
        rules_by_role: Mapping[str, RoleRules],
        *,
        open_roles: Collection[str] = (),
        guarded: Collection[str] = (),
    ) -> None:
        """Decide by other rules from now on; the realm has to look at all sessions again.

        Args:
            rules_by_role: as for the constructor, like the others.
            open_roles: roles that may do everything.
            guarded: procedures that open roles cannot register.
        """
        self._rules_by_role = dict(rules_by_role)
        self._open_roles = frozenset(open_roles)
        self._guarded = tuple(guarded)
        self._shared_by_role = {
            role: Permissions(rules)
            for role, rules in rules_by_role.items()
            if not rules.names_user
        }

    def allows(
        self, session: RouterSession, action: Action, uri: str, policy: str = "exact"
    ) -> bool:
        """Allow what the rules cover; the node's own sessions need none."""
        permissions = session.permissions
        if permissions is None:
            if session.is_trusted:
                return True
            if session.authrole in self._open_roles:
                return action != "register" or not self._is_guarded(uri, policy)
            permissions = session.permissions = self._permissions(session)
        elif policy == "exact":
            verdict = permissions.verdicts[action].get(uri)
            if verdict is not None:
                return verdict
        return permissions.decide(action, uri, policy)

    def _is_guarded(self, pattern: str, policy: str) -> bool:
        return any(is_match(policy, pattern, procedure) for procedure in self._guarded)

    def _permissions(self, session: RouterSession) -> Permissions:
        shared = self._shared_by_role.get(session.authrole)
        if shared is not None:
            return shared
        rules = self._rules_by_role.get(session.authrole, _NOTHING)
        return Permissions(rules.for_user(session.authid), _MAX_REMEMBERED_ALONE)


def may_hear(authorizer: Authorizer, session: RouterSession, topic: str) -> bool:
    """Tell whether *session*, which subscribed to a pattern, may get an event of *topic*.

    Who may subscribe to a pattern may have all that it matches. Only what the router tells of
    others, under ``wamp.`` and ``wampedge.``, is for those that could subscribe to it by name; who
    would have to be asked for that first is not asked for every event.
    """
    if not is_reserved_uri(topic):
        return True
    try:
        return authorizer.allows(session, "subscribe", topic)
    except Undecided:
        return False


def not_authorized(action: Action, uri: str) -> ApplicationError:
    """Make the error for a session that may not do *action* with *uri*."""
    what = f"{action} to" if action in {"subscribe", "publish"} else action
    return ApplicationError(NOT_AUTHORIZED, [f"not allowed to {what} {quoted(uri)}"])


def check_not_reserved(session: RouterSession, uri: str) -> None:
    """Refuse a URI under ``wamp.`` or ``wampedge.`` as a topic or procedure of *session*.

    The node's own sessions may use ``wampedge.``; nobody may use ``wamp.``, the router's own.

    Raises:
        ApplicationError: with the URI ``wamp.error.invalid_uri``.
    """
    if is_reserved_uri(uri) and not (session.is_trusted and uri.startswith("wampedge.")):
        raise ApplicationError(INVALID_URI, [f"reserved for the router: {quoted(uri)}"])
