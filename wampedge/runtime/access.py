"""From ``[router]`` of the device file to what the router is told: who may join and do what."""

from __future__ import annotations

from wampedge.config.model import LOCAL_ROLE, RoleConfig, RouterConfig, UserConfig
from wampedge.router import Authorizer, RealmSettings, RoleRules, RuleAuthorizer, Rules, User
from wampedge.wamp.auth_proofs import Proof, SaltedWampCraProof, TicketProof, WampCraProof

__all__ = ["anonymous_role", "realm_settings"]


def realm_settings(config: RouterConfig) -> RealmSettings:
    """Return the realm the node serves."""
    users = tuple(User(name, user.role, _proof(user)) for name, user in config.users.items())
    return RealmSettings(config.realm, authorizer=_authorizer(config), users=users)


def anonymous_role(config: RouterConfig) -> str | None:
    """Return the role of peers that prove nothing; None turns them away."""
    return LOCAL_ROLE if config.anonymous else None


def _authorizer(config: RouterConfig) -> Authorizer | None:
    """Return who decides; None where only local peers join and no rule holds for them."""
    if not config.roles and not config.users:
        return None
    rules = {name: _rules(role) for name, role in config.roles.items()}
    return RuleAuthorizer(rules, open_roles=() if LOCAL_ROLE in rules else (LOCAL_ROLE,))


def _rules(role: RoleConfig) -> RoleRules:
    return RoleRules(
        call=Rules(role.call),
        register=Rules(role.register),
        subscribe=Rules(role.subscribe),
        publish=Rules(role.publish),
    )


def _proof(user: UserConfig) -> Proof:
    secret = user.secret.reveal()
    if user.method == "ticket":
        return TicketProof(secret)
    if user.salt is None:
        return WampCraProof(secret)
    return SaltedWampCraProof(secret, user.salt, user.iterations)
