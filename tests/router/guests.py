"""Peers that come to a router by all ways of authentication, for the tests of its entrance."""

from __future__ import annotations

from typing import Any

from tests.router.site import ALL_ROLES, Peer, Site
from wampedge.router import Admission, RealmSettings, Router
from wampedge.wamp.evidence import NO_EVIDENCE, Evidence
from wampedge.wamp.messages import Hello

__all__ = ["come", "hello", "site_of"]


def site_of(*realms: RealmSettings, cookies_keep_s: float = 0.0) -> Site:
    """Return a site whose router remembers cookies."""
    site = Site(realms)
    ids = iter(range(1, 1_000_000))
    site.router = Router(
        realms,
        random_id=lambda: next(ids),
        monotonic_s=lambda: site.now_s,
        cookies_keep_s=cookies_keep_s,
    )
    return site


def come(
    site: Site,
    address: str = "tcp:10.0.0.7:50412",
    *,
    evidence: Evidence = NO_EVIDENCE,
    anonymous_role: str | None = None,
) -> Peer:
    """Attach a peer that comes from *address* and has not joined."""
    admission = Admission(anonymous_role, evidence=evidence)
    peer = Peer(site, site.router.attach(transport={"peer": address}, auth=admission))
    site.peer_by_session[peer.session] = peer
    return peer


def hello(*methods: str, authid: str | None = None, **authextra: Any) -> Hello:
    """Return a HELLO that offers *methods*."""
    details = {
        "roles": ALL_ROLES,
        "authid": authid,
        "authmethods": list(methods),
        "authextra": authextra,
    }
    return Hello("edge", details)
