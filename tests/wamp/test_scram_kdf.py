"""Keys from passwords.

PBKDF2: the vector of RFC 7677 section 3, through its SaltedPassword. Argon2id: computed with the
command line of the reference implementation, ``echo -n password | argon2 somesalt -id -t 4 -k 1024
-p 1 -l 32 -v 13 -r``.
"""

from __future__ import annotations

import base64
import sys
from typing import Any

import pytest

from wampedge.errors import ConfigError
from wampedge.wamp.scram_kdf import Kdf, require_argon2

ARGON2_KEY = "b0f18b5aca2c3df1b819c16c26369f14e92fddf90bcf160f4bc1abb3f6624174"
SALT = base64.b64decode("W22ZaJ0SNY7soEsUEjb6gQ==")


def test_pbkdf2_makes_the_key_of_the_rfc() -> None:
    """RFC 7677 section 3; the key itself by ``openssl kdf``."""
    assert Kdf("pbkdf2", SALT, 4096).derive("pencil").hex() == (
        "c4a49510323ab4f952cac1fa99441939e78ea74d6be81ddf7096e87513dc615d"
    )


def test_argon2_makes_the_key_of_the_reference_implementation() -> None:
    """Specification, "SCRAM", Key Derivation Functions: one lane, 32 bytes, version 1.3."""
    assert Kdf("argon2id13", b"somesalt", 4, 1024).derive("password").hex() == ARGON2_KEY


def test_crossbar_goes_on_with_the_text_of_the_key() -> None:
    key = Kdf("argon2id-13", b"somesalt", 4, 1024).derive("password")

    assert key == base64.b64encode(bytes.fromhex(ARGON2_KEY)).rstrip(b"=")


def test_passwords_that_look_alike_are_one() -> None:
    kdf = Kdf("pbkdf2", SALT, 4096)

    assert kdf.derive("I\u00adX") == kdf.derive("\u2168") == kdf.derive("IX")


@pytest.mark.parametrize("password", ["", "\u00ad", "a\u0007"])
def test_passwords_that_nobody_can_have_are_refused(password: str) -> None:
    with pytest.raises(ConfigError, match="password"):
        Kdf("pbkdf2", SALT, 4096).derive(password)


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        (("scrypt", SALT, 4096), "kdf must be one of"),
        (("pbkdf2", b"7 bytes", 4096), "salt must have 8..64 bytes, got 7"),
        (("pbkdf2", bytes(65), 4096), "salt must have 8..64 bytes, got 65"),
        (("pbkdf2", SALT, 4095), "iterations of pbkdf2 must be 4096..100000, got 4095"),
        (("pbkdf2", SALT, 100_001), "got 100001"),
        (("argon2id13", SALT, 4), "memory of argon2 in KiB must be 256..65536, got 0"),
        (("argon2id13", SALT, 4, 65_537), "got 65537"),
        (("argon2id13", SALT, 1, 1024), "iterations times memory .* got 1024"),
        (("argon2id13", SALT, 65, 65_536), "must be 4096..4194304, got 4259840"),
    ],
)
def test_costs_that_are_too_low_or_too_high_are_refused(
    arguments: tuple[Any, ...], wanted: str
) -> None:
    """Specification, "SCRAM", Initial Server Authentication Message."""
    with pytest.raises(ConfigError, match=wanted):
        Kdf(*arguments)


def test_without_argon2_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    require_argon2()
    monkeypatch.setitem(sys.modules, "argon2.low_level", None)

    with pytest.raises(ConfigError, match=r"pip install 'wampedge\[argon2\]'"):
        Kdf("argon2id13", b"somesalt", 4, 1024).derive("password")
    assert Kdf("pbkdf2", SALT, 4096).derive("pencil")
