"""``wampedge secret``: make what a user or a node proves itself with."""

from __future__ import annotations

import argparse
import getpass
import os
import secrets
import sys
from pathlib import Path
from typing import Final

from wampedge.cli import exit_codes
from wampedge.errors import ConfigError

__all__ = ["add_flags", "run"]

_ROUNDS: Final = 100_000
_ARGON2_ROUNDS: Final = 2
_ARGON2_MEMORY_KIB: Final = 19_456
_SALT_BYTES: Final = 16
_SECRET_BYTES: Final = 32


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags of this command."""
    parser.add_argument(
        "kind", choices=_KINDS, help="method of authentication that the secret is for"
    )
    parser.add_argument(
        "--out", metavar="FILE", type=Path, help="new file for the secret, mode 0600 (else stdout)"
    )
    parser.add_argument(
        "--kdf",
        choices=("pbkdf2", "argon2id13", "argon2id-13"),
        default="pbkdf2",
        help="scram: how the key is made; argon2id-13 is for autobahn and Crossbar",
    )
    parser.add_argument("--iterations", type=int, help="rounds that make the key")
    parser.add_argument("--memory", type=int, metavar="KIB", help="memory of argon2")
    parser.epilog = (
        "The password is asked for, or read from stdin. What the device file needs to say goes to"
        " stderr."
    )


def run(options: argparse.Namespace) -> int:
    """Make the secret."""
    secret, hint = _KINDS[options.kind](options)
    if options.out is None:
        print(secret)
    else:
        _write(options.out, secret)
    place = "${file:" + (str(options.out.absolute()) if options.out else "/path/to/it") + "}"
    print(hint.replace("SECRET", f'"{place}"'), file=sys.stderr)
    return exit_codes.OK


def _ticket(_options: argparse.Namespace) -> tuple[str, str]:
    return secrets.token_urlsafe(_SECRET_BYTES), 'auth = { method = "ticket", secret = SECRET }'


def _wampcra(options: argparse.Namespace) -> tuple[str, str]:
    from wampedge.wamp.auth.wampcra import derive_wampcra_key  # noqa: PLC0415 # of one kind only

    salt, iterations = secrets.token_hex(_SALT_BYTES), options.iterations or _ROUNDS
    if not 1 <= iterations <= _ROUNDS:
        raise ConfigError(f"iterations must be 1..{_ROUNDS}, got {iterations}")
    key = derive_wampcra_key(_password(), salt, iterations=iterations, key_length=_SECRET_BYTES)
    hint = (
        f'auth = {{ method = "wampcra", secret = SECRET, salt = "{salt}",'
        f" iterations = {iterations} }}"
    )
    return key, hint


def _scram(options: argparse.Namespace) -> tuple[str, str]:
    from wampedge.wamp.scram import ScramSecret  # noqa: PLC0415 # of one kind only
    from wampedge.wamp.scram_kdf import PBKDF2, Kdf, require_argon2  # noqa: PLC0415 # see above

    salt = secrets.token_bytes(_SALT_BYTES)
    if options.kdf == PBKDF2:
        kdf = Kdf(PBKDF2, salt, options.iterations or _ROUNDS)
    else:
        require_argon2()
        rounds, memory_kib = options.iterations, options.memory
        kdf = Kdf(options.kdf, salt, rounds or _ARGON2_ROUNDS, memory_kib or _ARGON2_MEMORY_KIB)
    stored = ScramSecret.of(_password(), kdf).to_text()
    return stored, 'auth = { method = "scram", secret = SECRET }'


def _cryptosign(_options: argparse.Namespace) -> tuple[str, str]:
    from wampedge.wamp import ed25519  # noqa: PLC0415 # of one kind only

    seed = secrets.token_bytes(_SECRET_BYTES)
    key = ed25519.public_key(seed).hex()
    hint = (
        "the client keeps the secret; the router gets the public key:\n"
        f'auth = {{ method = "cryptosign", pubkeys = ["{key}"] }}'
    )
    return seed.hex(), hint


_KINDS: Final = {
    "ticket": _ticket,
    "wampcra": _wampcra,
    "scram": _scram,
    "cryptosign": _cryptosign,
}


def _password() -> str:
    """Ask for the password twice, or read one line where nobody can be asked."""
    if not sys.stdin.isatty():
        password = sys.stdin.readline().rstrip("\r\n")
    else:
        password = getpass.getpass("Password: ")
        if getpass.getpass("Once more: ") != password:
            raise ConfigError("the two passwords differ")
    if not password:
        raise ConfigError("the password is empty")
    return password


def _write(path: Path, secret: str) -> None:
    """Put *secret* into a new file that nobody else can read."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise ConfigError(f"cannot write {path}: {reason}") from error
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(f"{secret}\n")
