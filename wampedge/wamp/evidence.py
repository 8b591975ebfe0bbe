"""What a connection itself tells of its peer, before a word of WAMP is said.

Transports find it out, authentication uses it; it is no part of what session details show.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from wampedge.records import Record

__all__ = ["NO_EVIDENCE", "TLS_UNIQUE", "Evidence", "PeerCertificate"]

TLS_UNIQUE: Final = "tls-unique"
"""The one type of channel binding that Python's TLS can give (RFC 5929 section 3)."""


class PeerCertificate(Record):
    """A TLS certificate that the peer has shown and that was verified.

    Args:
        sha256: fingerprint: SHA-256 of the certificate, in lower-case hex.
        common_name: the CN of its subject; empty where it has none or several.
    """

    sha256: str
    common_name: str = ""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of the peer of one connection.

    Args:
        certificate: the certificate of the peer; None where it has shown none.
        cookie: the cookie that the peer sent with the WebSocket handshake, one that is known.
        new_cookie: the cookie that the answer to the handshake gave to the peer.
        bindings: channel binding data of the TLS connection, by type (RFC 5056).
    """

    certificate: PeerCertificate | None = None
    cookie: str | None = field(default=None, repr=False)
    new_cookie: str | None = field(default=None, repr=False)
    bindings: Mapping[str, bytes] = field(default_factory=dict, repr=False)


NO_EVIDENCE: Final = Evidence()
