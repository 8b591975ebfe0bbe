"""What a router is told from outside: its realms, its limits, and how a peer may join.

All of it is fixed while the router runs. Who reads files and flags to make these is the runtime.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from wampedge.errors import ConfigError
from wampedge.records import Record
from wampedge.router.authenticator import DynamicAuthentication
from wampedge.router.deduplication import StreamLog
from wampedge.router.dynamic import DynamicAuthorization
from wampedge.router.history import HistoryRule
from wampedge.router.identity import Disclosure
from wampedge.router.limits import ProcedureLimit, RoleLimits
from wampedge.router.overflow import OverflowRules
from wampedge.router.permissions import Action, Authorizer
from wampedge.router.retention import RetainedLog, RetentionLimits
from wampedge.router.users import User
from wampedge.wamp.evidence import NO_EVIDENCE, Evidence
from wampedge.wamp.uris import is_loose_uri

__all__ = ["Admission", "RealmSettings", "SessionLimits"]


class SessionLimits(Record):
    """How much of the router one session may hold; going past it is answered with an ERROR.

    Args:
        subscriptions: topics a session may be subscribed to at once.
        registrations: procedures a session may have registered at once.
        pending_calls: calls a session may have unanswered at once.
        wildcard_shapes: how many different shapes of one number of components its wildcard
            patterns may have, for subscriptions and for registrations each.
    """

    subscriptions: int = 1_000
    registrations: int = 1_000
    pending_calls: int = 1_000
    wildcard_shapes: int = 16


@dataclass(frozen=True, slots=True)
class RealmSettings:
    """One realm of the router.

    Args:
        name: URI of the realm, such as ``edge``.
        actions_by_role: what each role may do; None lets every admitted session do everything.
        authorizer: decides instead of *actions_by_role*.
        dynamic: procedures that decide what the authorizer does not allow.
        may_disclose: sessions may ask to be identified to their counterpart (``disclose_me``).
        limits: what one session may hold.
        open_roles_may_kill: sessions that no rules hold for may end those of others, and have the
            rights of all looked at again.
        trustlevel_by_role: how far sessions of each role are trusted, 0 being the lowest; callees
            and subscribers are told where there is any.
        disclosure_by_role: when sessions of each role are identified to their counterparts; who
            is not listed is when it asks.
        relay_roles: roles whose sessions may say for whom they call and publish.
        overflow: what sessions lose that read too slowly, by role.
        retention: how many events are retained for those who subscribe later.
        retained_log: where retained events are written, to outlive the router.
        stream_log: where it is written which events of nodes came, for the same.
        history: topics whose events are kept for those who ask for them.
        users: who can join with a proof.
        authenticator: procedure that knows who else can; without it and *users*, all peers are
            anonymous, or known by their connection.

    Raises:
        ConfigError: *name* is no URI.
    """

    name: str
    actions_by_role: Mapping[str, frozenset[Action]] | None = None
    authorizer: Authorizer | None = None
    dynamic: DynamicAuthorization | None = None
    may_disclose: bool = True
    limits: SessionLimits = field(default_factory=SessionLimits)
    open_roles_may_kill: bool = True
    limits_by_role: Mapping[str, RoleLimits] = field(default_factory=dict)
    procedure_limits: tuple[ProcedureLimit, ...] = ()
    trustlevel_by_role: Mapping[str, int] = field(default_factory=dict)
    disclosure_by_role: Mapping[str, Disclosure] = field(default_factory=dict)
    relay_roles: frozenset[str] = frozenset()
    overflow: OverflowRules = field(default_factory=OverflowRules)
    retention: RetentionLimits = field(default_factory=RetentionLimits)
    retained_log: RetainedLog | None = None
    stream_log: StreamLog | None = None
    history: tuple[HistoryRule, ...] = ()
    users: tuple[User, ...] = ()
    authenticator: DynamicAuthentication | None = None

    def __post_init__(self) -> None:
        if not is_loose_uri(self.name):
            raise ConfigError(f"realm name must be a URI such as edge, got {self.name!r}")

    @property
    def tells_always(self) -> bool:
        """Whether counterparts are told something of a session that asks for nothing."""
        return bool(self.trustlevel_by_role) or "always" in self.disclosure_by_role.values()


class Admission(Record):
    """How the peer of one connection may join; decided by the listener that accepted it.

    Args:
        anonymous_role: role of a peer that proves nothing; None turns such peers away.
        authid: identity of the peer where the listener knows it; None gives it a random one.
        is_trusted: the peer is the node itself: may use ``wampedge.`` URIs and needs no permission.
        evidence: what the connection tells of the peer.
    """

    anonymous_role: str | None
    authid: str | None = None
    is_trusted: bool = False
    evidence: Evidence = NO_EVIDENCE
