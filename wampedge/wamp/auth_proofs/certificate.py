"""The router's side of TLS client certificates: the connection has proved it, nothing is asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from wampedge.errors import ConfigError
from wampedge.wamp.evidence import PeerCertificate

__all__ = ["CertificateProof"]


@dataclass(frozen=True, slots=True)
class CertificateProof:
    """The peer has shown a certificate that TLS has verified.

    Args:
        sha256: fingerprint of the one certificate, in lower-case hex; empty: any that
            *common_name* fits.
        common_name: CN of its subject; empty: any that *sha256* fits.

    Raises:
        ConfigError: neither is given: everybody with a certificate would be this user.
    """

    method: ClassVar[str] = "tls"
    sha256: str = ""
    common_name: str = ""

    def __post_init__(self) -> None:
        if not (self.sha256 or self.common_name):
            raise ConfigError("a certificate needs a fingerprint or a common name")

    def fits(self, certificate: PeerCertificate) -> bool:
        """Tell whether *certificate* is the user's: all that is given has to be the same."""
        return self.sha256 in ("", certificate.sha256) and self.common_name in (
            "",
            certificate.common_name,
        )
