"""Checks of certificates and keys: there, private where they must be, valid, and fitting."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from wampedge.config.guarded_files import read_small_file
from wampedge.config.layout import KeyPath
from wampedge.config.problems import Findings
from wampedge.devices.fields import FieldError
from wampedge.errors import ConfigError
from wampedge.records import Record
from wampedge.transports.tls_files import ServerTlsFiles

__all__ = ["PemFiles", "check_pair", "check_server_tls"]

_MAX_BYTES: Final = 1024 * 1024
_CERTIFICATE: Final = b"-----BEGIN CERTIFICATE-----"
_TLS: Final = ("router", "tls")


class PemFiles(Record):
    """Where files of certificates are looked for, and what is wrong with them.

    Attributes:
        folder: of the device file; names in it are relative to that.
        environ: the process environment, which names the folder of systemd's credentials.
        findings: the mistakes so far.
    """

    folder: Path
    environ: Mapping[str, str]
    findings: Findings

    def certificate(self, at: KeyPath, name: str | None) -> Path | None:
        """Return the file *name* if it holds a certificate."""
        return self._read(at, name, is_key=False)

    def key(self, at: KeyPath, name: str | None) -> Path | None:
        """Return the file *name* if nobody else can read it."""
        return self._read(at, name, is_key=True)

    def _read(self, at: KeyPath, name: str | None, *, is_key: bool) -> Path | None:
        if name is None:
            return None
        path = self.folder / name
        # systemd guards its folder by ownership or by an ACL, which looks like an open mode.
        credentials = self.environ.get("CREDENTIALS_DIRECTORY")
        is_guarded = bool(credentials) and path.is_relative_to(str(credentials))
        try:
            raw = read_small_file(
                path, must_be_private=is_key and not is_guarded, max_bytes=_MAX_BYTES
            )
        except FieldError as error:
            self.findings.add(at, error.text, error.hint, code="certificate")
            return None
        if not is_key and _CERTIFICATE not in raw:
            text = f"names {path}, which holds no certificate in PEM form"
            self.findings.add(at, text, code="certificate")
            return None
        return path


def check_server_tls(
    table: Any, values: Mapping[str, Any], files: PemFiles
) -> ServerTlsFiles | None:
    """Return what ``[router.tls]`` names; None without it or when something is wrong with it.

    Args:
        table: ``[router.tls]`` as written.
        values: the same, converted, as far as it is right.
        files: where they are.
    """
    if not isinstance(table, dict):
        return None
    certificate = files.certificate((*_TLS, "certificate"), values.get("certificate"))
    key = files.key((*_TLS, "key"), values.get("key"))
    before = len(files.findings)
    client_ca = files.certificate((*_TLS, "client_ca"), values.get("client_ca"))
    _check_client_keys(table, values, files.findings)
    if certificate is None or key is None or len(files.findings) > before:
        return None
    tls = ServerTlsFiles(
        certificate=certificate,
        key=key,
        client_ca=client_ca,
        client_certificates=values["client_certificates"],
    )
    return tls if _is_usable(tls, files.findings) else None


def check_pair(
    path: KeyPath, values: Mapping[str, Any], files: PemFiles
) -> tuple[Path | None, Path | None]:
    """Return certificate and key of a client, which the table at *path* names; None where wrong."""
    from wampedge.transports.tls import client_context  # noqa: PLC0415 # only files with certificates need TLS
    from wampedge.transports.tls_files import ClientTls  # noqa: PLC0415 # see above

    names = values.get("certificate"), values.get("key")
    if names == (None, None):
        return None, None
    for missing, given, name in (
        ("key", "certificate", names[1]),
        ("certificate", "key", names[0]),
    ):
        if name is None:
            text = f"is missing: {given} is of no use without it"
            files.findings.add((*path, missing), text, code="missing-key", on="key")
    certificate = files.certificate((*path, "certificate"), names[0])
    key = files.key((*path, "key"), names[1])
    if certificate is None or key is None:
        return None, None
    try:
        client_context(ClientTls(certificate=certificate, key=key))
    except ConfigError as error:
        files.findings.add_text((*path, "certificate"), str(error), code="certificate")
        return None, None
    return certificate, key


def _check_client_keys(
    table: Mapping[str, Any], values: Mapping[str, Any], findings: Findings
) -> None:
    """Refuse half of what it takes to ask clients for certificates."""
    mode = values.get("client_certificates")
    at = (*_TLS, "client_ca")
    if mode == "none" and "client_ca" in table:
        hint = 'add client_certificates = "required" or "optional", or remove it'
        findings.add(at, "is of no use while clients are not asked for certificates", hint)
    elif mode in ("optional", "required") and "client_ca" not in table and not findings.is_lost(at):
        text = "is missing: it says whose client certificates are taken"
        findings.add(at, text, code="missing-key", on="key")


def _is_usable(tls: ServerTlsFiles, findings: Findings) -> bool:
    """Try the certificate out; tell what a client would say to it."""
    from wampedge.transports.tls import fault_of_certificate, server_context  # noqa: PLC0415 # only files with certificates need TLS

    try:
        server_context(tls)
        fault = fault_of_certificate(tls)
    except ConfigError as error:
        findings.add_text((*_TLS, "certificate"), str(error), code="certificate")
        return False
    if fault:
        text = f"names {tls.certificate}, which no client will take: {fault}"
        findings.add((*_TLS, "certificate"), text, "renew it", code="certificate")
    return not fault
