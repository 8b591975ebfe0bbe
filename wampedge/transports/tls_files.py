"""Where the certificates of either side are; names only, so that checking a file loads no TLS."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from wampedge.records import Record

__all__ = ["ClientCertificates", "ClientTls", "ServerTlsFiles"]

ClientCertificates = Literal["none", "optional", "required"]
"""Whether clients are asked for a certificate, and turned away without one."""


class ServerTlsFiles(Record, kw_only=True):
    """What a listener proves itself with, all in PEM form.

    Attributes:
        certificate: the certificate, followed by those that lead to its authority.
        key: the private key of the certificate.
        client_ca: authorities whose client certificates are taken; None when none are asked for.
        client_certificates: whether clients are asked for one.
    """

    certificate: Path
    key: Path
    client_ca: Path | None = None
    client_certificates: ClientCertificates = "none"


class ClientTls(Record, kw_only=True):
    """How a client checks the router and proves itself, all in PEM form.

    Attributes:
        ca_file: authorities to trust instead of the system's.
        certificate: our own certificate, where the router asks for one.
        key: its private key; None when it stands in the same file.
    """

    ca_file: Path | None = None
    certificate: Path | None = None
    key: Path | None = None
