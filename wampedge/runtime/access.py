"""From ``[router]`` of the device file to what the router is told: who may join and do what."""

from __future__ import annotations

from typing import Any

from wampedge.config.model import LOCAL_ROLE, NODE_AUTHID, RoleConfig, RouterConfig
from wampedge.router import (
    Authorizer,
    DynamicAuthorization,
    ProcedureLimit,
    RealmSettings,
    RoleLimits,
    RoleRules,
    RuleAuthorizer,
    Rules,
    User,
)
from wampedge.router.authenticator import DynamicAuthentication
from wampedge.router.deduplication import StreamLog
from wampedge.router.history import HistoryRule
from wampedge.router.overflow import OverflowRules
from wampedge.router.retention import RetainedLog
from wampedge.runtime.logins import proof_of
from wampedge.server.listeners import Protection

__all__ = ["anonymous_role", "protection", "realm_settings", "replace_rules"]


def realm_settings(
    config: RouterConfig, log: RetainedLog | None = None, marks: StreamLog | None = None
) -> RealmSettings:
    """Return the realm the node serves; *log* and *marks* outlive its router."""
    users = tuple(User(name, user.role, proof_of(user)) for name, user in config.users.items())
    by_role = {name: role.on_overflow for name, role in config.roles.items() if role.on_overflow}
    return RealmSettings(
        config.realm,
        open_roles_may_kill=False,
        authorizer=_authorizer(config),
        dynamic=_dynamic(config),
        limits_by_role=_limits_by_role(config),
        procedure_limits=tuple(
            ProcedureLimit(limit.procedure, limit.calls_per_s, limit.concurrency)
            for limit in config.limits
        ),
        trustlevel_by_role={
            name: role.trustlevel
            for name, role in config.roles.items()
            if role.trustlevel is not None
        },
        disclosure_by_role={
            name: role.disclose for name, role in config.roles.items() if role.disclose != "asked"
        },
        relay_roles=frozenset(name for name, role in config.roles.items() if role.relay),
        overflow=OverflowRules(config.on_overflow, by_role),
        retained_log=log,
        stream_log=marks,
        history=tuple(
            HistoryRule(rule.topic, rule.match, rule.events, rule.size, rule.age)
            for rule in config.history
        ),
        users=users,
        authenticator=_authenticator(config),
    )


def replace_rules(settings: RealmSettings, config: RouterConfig) -> None:
    """Let the roles of a realm do what *config* says from now on; it has the same roles."""
    if isinstance(settings.authorizer, RuleAuthorizer):
        settings.authorizer.replace(**_rights(config))


def _limits_by_role(config: RouterConfig) -> dict[str, RoleLimits]:
    """Return how much the sessions of each role may do, where that is limited."""
    return {
        name: RoleLimits(limits.calls_per_s, limits.publications_per_s, limits.pending_calls)
        for name, role in config.roles.items()
        if (limits := role.limits) is not None
    }


def anonymous_role(config: RouterConfig) -> str | None:
    """Return the role of peers that prove nothing; None turns them away."""
    return LOCAL_ROLE if config.anonymous else None


def protection(config: RouterConfig) -> Protection:
    """Return what stands between the router and those who can reach its listeners."""
    return Protection(
        tls=config.tls, has_rules=LOCAL_ROLE in config.roles, is_insecure=config.insecure
    )


def _authorizer(config: RouterConfig) -> Authorizer | None:
    """Return who decides; None where only local peers join and no rule holds for them."""
    if not config.roles and not config.users:
        return None
    return RuleAuthorizer(**_rights(config))


def _rights(config: RouterConfig) -> dict[str, Any]:
    """Return the arguments of an authorizer."""
    rules = {name: _rules(role) for name, role in config.roles.items()}
    return {
        "rules_by_role": rules,
        "open_roles": () if LOCAL_ROLE in rules else (LOCAL_ROLE,),
        "guarded": _procedures(config).values(),
    }


def _authenticator(config: RouterConfig) -> DynamicAuthentication | None:
    """Return the procedure that knows more users, with those who may be it: named in full."""
    if config.authenticator is None:
        return None
    roles = {name for name, role in config.roles.items() if config.authenticator in role.register}
    return DynamicAuthentication(
        config.authenticator, frozenset(roles), reserved=frozenset({NODE_AUTHID})
    )


def _dynamic(config: RouterConfig) -> DynamicAuthorization | None:
    """Return the procedures that decide; None where rules alone do."""
    procedures = _procedures(config)
    return DynamicAuthorization(procedures) if procedures else None


def _procedures(config: RouterConfig) -> dict[str, str]:
    """Return the procedure that decides for each role that has one."""
    return {name: role.authorizer for name, role in config.roles.items() if role.authorizer}


def _rules(role: RoleConfig) -> RoleRules:
    return RoleRules(
        call=Rules(role.call),
        register=Rules(role.register),
        subscribe=Rules(role.subscribe),
        publish=Rules(role.publish),
    )
