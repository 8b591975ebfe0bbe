"""The device file of each node of a fleet: one file, with another name and prefix in each."""

from __future__ import annotations

from typing import Any

from wampedge.config.model import (
    DEFAULT_REALM,
    RouterConfig,
    SiteConfig,
    UpstreamAuth,
    UpstreamConfig,
)
from wampedge.config.router_model import RoleConfig

__all__ = ["as_node", "joining", "without_proof"]


def as_node(config: SiteConfig, number: int, nodes: int) -> SiteConfig:
    """Return *config* for one of *nodes*: node ``gh1`` becomes ``gh1-007``, its URIs as well.

    It listens nowhere. Where the prefix does not have the name in it, the number goes behind it.
    """
    tail = f"-{number:0{len(str(max(nodes - 1, 0)))}}"
    node, prefix = config.node, config.node.uri_prefix
    head, name, rest = prefix.rpartition(node.name)
    is_named = bool(name) and (not head or head.endswith(".")) and (not rest or rest[0] == ".")
    new_prefix = f"{head}{name}{tail}{rest}" if is_named else f"{prefix}{tail}"
    return config.but(
        node=node.but(name=f"{node.name}{tail}", uri_prefix=new_prefix),
        router=_router(config.router, prefix, new_prefix),
        upstream=_upstream(config.upstream, prefix, new_prefix),
    )


def joining(config: SiteConfig, url: str, realm: str | None = None) -> SiteConfig:
    """Return *config* with the router at *url* upstream, and with no other link.

    Args:
        config: a device file, which may name another one.
        url: its address.
        realm: what to join there; None: what the file says, or ``edge``.
    """
    upstream = config.upstream or UpstreamConfig(url, DEFAULT_REALM)
    joined = upstream.but(url=url, fallbacks=(), realm=realm or upstream.realm)
    return config.but(upstream=joined, upstreams={})


def without_proof(config: SiteConfig) -> SiteConfig:
    """Return *config* with nothing to prove upstream."""
    assert config.upstream is not None, "it was told what to join"
    return config.but(upstream=config.upstream.but(auth=UpstreamAuth(), tls=None))


def _router(router: RouterConfig, old: str, new: str) -> RouterConfig:
    roles = {name: _role(role, old, new) for name, role in router.roles.items()}
    limits = tuple(each.but(procedure=_moved(each.procedure, old, new)) for each in router.limits)
    history = tuple(each.but(topic=_moved(each.topic, old, new)) for each in router.history)
    return router.but(listen=(), roles=roles, limits=limits, history=history)


def _role(role: RoleConfig, old: str, new: str) -> RoleConfig:
    rules = {
        action: tuple(_moved(uri, old, new) for uri in getattr(role, action))
        for action in ("call", "register", "subscribe", "publish")
    }
    return role.but(**rules)


def _upstream(upstream: UpstreamConfig | None, old: str, new: str) -> UpstreamConfig | None:
    if upstream is None or upstream.forward is None:
        return upstream
    forward = upstream.forward
    up = tuple(_moved(uri, old, new) for uri in forward.up)
    return upstream.but(forward=forward.but(prefix=f"{new}.", up=up))


def _moved(uri: Any, old: str, new: str) -> Any:
    """Return a URI, prefix or pattern below *new* that is below *old* in the file."""
    return f"{new}{uri[len(old) :]}" if uri == old or uri.startswith(f"{old}.") else uri
