"""TLS settings of both sides, and what a connection with TLS tells about itself and its peer.

TLS 1.2 or newer on both sides; a client always checks certificate and host name.
"""

from __future__ import annotations

import hashlib
import ssl
from pathlib import Path
from typing import Any

from wampedge.errors import ConfigError
from wampedge.transports.tls_files import ClientTls, ServerTlsFiles

__all__ = [
    "ServerTls",
    "client_context",
    "fault_of_certificate",
    "reason_for_client",
    "reason_of",
    "server_context",
    "tls_facts",
]

# Of TLS 1.2 only ciphers with forward secrecy and authenticated encryption; those of 1.3 all are.
_CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20"

# Of the numbers X509_verify_cert gives its findings.
_NOT_YET_VALID, _EXPIRED = 9, 10
_NOT_TRUSTED = (18, 19, 20, 21)
_WRONG_NAME = (62, 64)

_VERIFY_MODES = {
    "none": ssl.CERT_NONE,
    "optional": ssl.CERT_OPTIONAL,
    "required": ssl.CERT_REQUIRED,
}


class ServerTls:
    """The TLS settings all listeners of one server share; connections keep those they began with.

    Args:
        files: where the certificate is.

    Raises:
        ConfigError: a file cannot be used.
    """

    def __init__(self, files: ServerTlsFiles) -> None:
        self._files = files
        self.context = server_context(files)

    def renew(self) -> None:
        """Read the files again, for connections made from now on.

        Raises:
            ConfigError: a file cannot be used; the settings stay as they are.
        """
        self.context = server_context(self._files)


def server_context(files: ServerTlsFiles) -> ssl.SSLContext:
    """Make the TLS settings of a server.

    Raises:
        ConfigError: a file cannot be used.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(_CIPHERS)
    context.options |= ssl.OP_NO_RENEGOTIATION
    _load_own(context, files.certificate, files.key)
    if files.client_ca is not None:
        _load_authorities(context, files.client_ca, "client_ca")
        context.verify_mode = _VERIFY_MODES[files.client_certificates]
    return context


def client_context(tls: ClientTls | None = None) -> ssl.SSLContext:
    """Make the TLS settings of a client; without *tls* the system's authorities are trusted.

    Raises:
        ConfigError: a file cannot be used.
    """
    tls = tls or ClientTls()
    if tls.ca_file is None:
        context = ssl.create_default_context()
    else:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        _load_authorities(context, tls.ca_file, "ca_file")
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if tls.certificate is not None:
        _load_own(context, tls.certificate, tls.key)
    elif tls.key is not None:
        raise ConfigError("a key is of no use without its certificate")
    return context


def tls_facts(session: ssl.SSLObject) -> dict[str, Any]:
    """Return what details of a session tell about TLS.

    ``tls`` is version and cipher; with a client certificate that was verified there are
    ``peer_certificate_sha256`` (hex) and ``peer_cn``, its common name, if it has just one.
    """
    cipher = session.cipher()
    facts: dict[str, Any] = {
        "tls": {"version": session.version(), "cipher": cipher[0] if cipher else None}
    }
    certificate = session.getpeercert(binary_form=True)
    if certificate is not None:
        facts["peer_certificate_sha256"] = hashlib.sha256(certificate).hexdigest()
        name = _common_name(session.getpeercert() or {})
        if name:
            facts["peer_cn"] = name
    return facts


def fault_of_certificate(files: ServerTlsFiles) -> str:
    """Tell what clients will not like about a certificate; empty if all is well.

    Found out by a handshake with ourselves, in memory. That it is not valid yet is no fault: the
    clock of a board may not be set when it starts.

    Raises:
        ConfigError: a file cannot be used at all.
    """
    server = server_context(files.but(client_ca=None))
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname = False
    client.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    client.load_verify_locations(cafile=files.certificate)
    up, down = ssl.MemoryBIO(), ssl.MemoryBIO()
    sides = client.wrap_bio(down, up), server.wrap_bio(up, down, server_side=True)
    for side in (*sides, *sides):
        try:
            side.do_handshake()
        except ssl.SSLWantReadError:
            continue
        except ssl.SSLCertVerificationError as error:
            return "" if error.verify_code == _NOT_YET_VALID else error.verify_message
        except ssl.SSLError as error:
            return reason_of(error)
    return ""


def reason_of(error: ssl.SSLError) -> str:
    """Tell in a few words what OpenSSL did not like."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"certificate refused: {error.verify_message}"
    return (error.reason or str(error)).lower().replace("_", " ")


def reason_for_client(error: ssl.SSLError, host: str, *, has_ca_file: bool) -> str:
    """Tell in plain words why a client could not connect with TLS, and what to look at."""
    if isinstance(error, ssl.SSLCertVerificationError):
        trusted = "in ca_file" if has_ca_file else "this machine trusts (name its CA with ca_file)"
        clock = "is the clock of this machine right?"
        reason = {
            _NOT_YET_VALID: f"it is not valid yet ({clock})",
            _EXPIRED: f"it has expired (renew it at the router; {clock})",
            **dict.fromkeys(_WRONG_NAME, f"it is not for {host} (connect by a name it is for)"),
            **dict.fromkeys(_NOT_TRUSTED, f"it is not signed by an authority {trusted}"),
        }.get(error.verify_code, error.verify_message)
        return f"certificate refused: {reason}"
    reason = reason_of(error)
    if "certificate required" in reason:
        return "the router asks for a client certificate (name one with certificate and key)"
    if "unknown ca" in reason or "certificate" in reason:
        return f"the router refuses our certificate ({reason})"
    return f"TLS failed: {reason} (does the router speak TLS there?)"


def _common_name(certificate: Any) -> str:
    """Return the common name of the subject; empty for none, and for several: which one counts?"""
    subject = certificate.get("subject", ())
    names = [str(value) for part in subject for key, value in part if key == "commonName"]
    return names[0] if len(names) == 1 else ""


def _load_own(context: ssl.SSLContext, certificate: Path, key: Path | None) -> None:
    """Load our own certificate and key."""
    for name, path in (("certificate", certificate), ("key", key)):
        if path is not None and not path.is_file():
            raise ConfigError(f"{name} {str(path)!r} cannot be used: no such file")
    try:
        # An empty passphrase, or OpenSSL would ask for one at the terminal.
        context.load_cert_chain(certificate, key, password="")
    except ssl.SSLError as error:
        pair = f"{str(certificate)!r} and key {str(key or certificate)!r}"
        text = f"certificate {pair} cannot be used: {_reason_of_load(error)}"
        raise ConfigError(text) from error
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise ConfigError(f"certificate {str(certificate)!r} cannot be used: {reason}") from error


def _reason_of_load(error: ssl.SSLError) -> str:
    told = str(error).upper().replace(" ", "_")
    if "KEY_VALUES_MISMATCH" in told:
        return "the key is not that of the certificate"
    if "PEM_LIB" in told or "NO_START_LINE" in told or "PASSWORD" in told:
        return "not in PEM form, or the key has a passphrase"
    return reason_of(error)


def _load_authorities(context: ssl.SSLContext, path: Path, name: str) -> None:
    try:
        context.load_verify_locations(cafile=path)
    except OSError as error:  # ssl.SSLError is one, too
        reason = "no certificate in it" if isinstance(error, ssl.SSLError) else error.strerror
        raise ConfigError(f"{name} {str(path)!r} cannot be used: {reason}") from error
