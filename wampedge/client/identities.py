"""Identities for programs: by password, by private key, by the certificate of the connection.

Tickets and WAMP-CRA secrets need none of these: ``Session.connect`` takes them as they are.
"""

from __future__ import annotations

import os
from pathlib import Path

from wampedge.errors import ConfigError
from wampedge.wamp import auth
from wampedge.wamp.auth import Identity

__all__ = ["certificate_identity", "key_identity", "password_identity"]

_MAX_KEY_BYTES = 4096


def password_identity(authid: str, password: str) -> Identity:
    """Return who proves itself with SCRAM, and wants the router to do so as well.

    The key of the password is made while the router waits, once for each salt; that takes up to
    half a second on a small board.

    Args:
        authid: who we say we are.
        password: as the user types it; the router never sees it.

    Raises:
        ConfigError: one of them is empty.
    """
    if not authid or not password:
        raise ConfigError("a password and an authid (who it belongs to) are needed together")
    scram = auth.ScramAuthenticator(password, os.urandom)
    return Identity(authid, (scram.for_crossbar(), scram))


def key_identity(
    key_file: Path | str, authid: str | None = None, *, channel_binding: str | None = None
) -> Identity:
    """Return who proves itself with cryptosign.

    Args:
        key_file: file with the private key, 64 hex digits, which nobody else can read.
        authid: who we say we are; None leaves that to the router, which knows our public key.
        channel_binding: ``tls-unique`` to bind the proof to a TLS 1.2 connection.

    Raises:
        ConfigError: the file cannot be used, or PyNaCl is not installed.
    """
    # The checks of private files; only who has such a file loads them.
    from wampedge.config.guarded_files import read_small_file  # noqa: PLC0415 - see above
    from wampedge.devices.fields import FieldError  # noqa: PLC0415 - see above

    path = Path(key_file)
    try:
        raw = read_small_file(path, must_be_private=True, max_bytes=_MAX_KEY_BYTES)
    except FieldError as error:
        hint = f" ({error.hint})" if error.hint else ""
        raise ConfigError(f"cryptosign {error.text}{hint}") from error
    seed = raw.decode("ascii", errors="replace")
    proof = auth.CryptosignAuthenticator.from_hex(seed, channel_binding=channel_binding)
    return Identity(authid, (proof,))


def certificate_identity(authid: str | None = None) -> Identity:
    """Return who proves itself with the client certificate of its TLS connection."""
    return Identity(authid, (auth.CertificateAuthenticator(),))
