"""What an open connection tells of its peer, for authentication."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from typing import Any

from wampedge.wamp.evidence import NO_EVIDENCE, TLS_UNIQUE, Evidence, PeerCertificate

__all__ = ["certificate_of", "evidence_of"]


def evidence_of(
    wire: asyncio.BaseTransport,
    facts: Mapping[str, Any],
    *,
    cookie: str | None = None,
    new_cookie: str | None = None,
) -> Evidence:
    """Return what *wire* tells of its peer.

    Args:
        wire: an open connection.
        facts: what ``tls_facts`` found out about it; empty without TLS.
        cookie: the cookie it sent with its WebSocket handshake.
        new_cookie: the cookie it got there.
    """
    session = wire.get_extra_info("ssl_object")
    if session is None and cookie is None and new_cookie is None and not facts:
        return NO_EVIDENCE  # one object for the many that tell nothing
    return Evidence(certificate_of(facts), cookie, new_cookie, _bindings(session))


def certificate_of(facts: Mapping[str, Any]) -> PeerCertificate | None:
    """Return the certificate that the peer of a connection has shown, if any.

    Args:
        facts: what ``tls_facts`` found out about the connection; empty without TLS.
    """
    fingerprint = facts.get("peer_certificate_sha256")
    return None if fingerprint is None else PeerCertificate(fingerprint, facts.get("peer_cn", ""))


def _bindings(session: ssl.SSLObject | None) -> dict[str, bytes]:
    """Return the channel bindings of a TLS connection.

    ``tls-unique`` ends with TLS 1.2 (RFC 9266 section 1), and Python cannot export the keys that
    bind to a connection of TLS 1.3, so those have no binding.
    """
    if session is None or session.version() != "TLSv1.2":
        return {}
    finished = session.get_channel_binding(TLS_UNIQUE)
    return {TLS_UNIQUE: finished} if finished else {}
