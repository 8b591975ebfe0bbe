"""Certificates for tests, made at run time; nothing of them is trusted anywhere else."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from pathlib import Path

import trustme

from wampedge.transports.tls_files import ClientTls, ServerTlsFiles

__all__ = ["Authority", "Issued"]


@dataclass(frozen=True)
class Issued:
    """One certificate and its key, in files as a device file names them."""

    certificate: Path
    key: Path

    def server(self) -> ServerTlsFiles:
        """Return what a listener proves itself with."""
        return ServerTlsFiles(certificate=self.certificate, key=self.key)


class Authority:
    """A certificate authority of one test.

    Args:
        folder: where its files are put.
        name: tells the files of several authorities apart.
    """

    def __init__(self, folder: Path, name: str = "ca") -> None:
        self._folder = folder
        self._authority = trustme.CA()
        self.ca_file = folder / f"{name}.pem"
        self._authority.cert_pem.write_to_path(self.ca_file)

    @property
    def client(self) -> ClientTls:
        """What a client needs to trust this authority."""
        return ClientTls(ca_file=self.ca_file)

    def issue(
        self,
        *identities: str,
        file: str = "server",
        common_name: str | None = None,
        valid_days: tuple[int, int] = (-2, 2),
    ) -> Issued:
        """Make a certificate for *identities*, and its key with mode 0600.

        Args:
            identities: host names and addresses; ``127.0.0.1`` and ``localhost`` if none is given.
            file: begin of the names of the files.
            common_name: of its subject.
            valid_days: first and last day, counted from now.
        """
        now = datetime.datetime.now(datetime.UTC)
        first, last = (now + datetime.timedelta(days=days) for days in valid_days)
        made = self._authority.issue_cert(
            *(identities or ("127.0.0.1", "localhost")),
            common_name=common_name,
            not_before=first,
            not_after=last,
        )
        issued = Issued(self._folder / f"{file}.pem", self._folder / f"{file}.key")
        issued.certificate.write_bytes(b"".join(pem.bytes() for pem in made.cert_chain_pems))
        issued.key.touch(mode=0o600)
        issued.key.write_bytes(made.private_key_pem.bytes())
        return issued
