"""Which addresses a router may listen on: one rule for the checker of device files and the server.

What other machines can reach must be encrypted, and must not let anybody do everything.
"""

from __future__ import annotations

from wampedge.transports.url import TransportUrl

__all__ = ["exposure_fault"]

_ENCRYPT = (
    "use wss:// or rss:// with [router.tls], or 127.0.0.1; in a network you trust, insecure = true"
)
_GUARD = "set anonymous = false, or say in [router.roles.local] what they may do"


def exposure_fault(
    url: TransportUrl, *, has_certificate: bool, is_guarded: bool, is_insecure: bool
) -> tuple[str, str] | None:
    """Return what is wrong with listening on *url* and what to do, or None.

    Args:
        url: where.
        has_certificate: there is one for TLS.
        is_guarded: clients prove who they are, or rules say what those may do that do not.
        is_insecure: the user takes the risk; only TLS without a certificate is refused then.
    """
    if url.is_tls and not has_certificate:
        return "needs a certificate", "write [router.tls] with certificate and key"
    if url.is_loopback or is_insecure:
        return None
    if not url.is_tls:
        return "can be reached from other machines, and is not encrypted", _ENCRYPT
    if not is_guarded:
        return "can be reached from other machines, and whoever joins may do everything", _GUARD
    return None
