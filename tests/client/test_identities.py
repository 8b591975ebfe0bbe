from __future__ import annotations

from pathlib import Path

import pytest

from wampedge.client import certificate_identity, key_identity, password_identity
from wampedge.errors import ConfigError
from wampedge.wamp import ed25519

SEED = bytes(range(32))


def key_file(folder: Path, text: str, mode: int = 0o600) -> Path:
    path = folder / "seed"
    path.write_text(text)
    path.chmod(mode)
    return path


def test_a_password_is_offered_in_both_dialects_of_scram() -> None:
    identity = password_identity("sue", "pencil")

    assert identity.authid == "sue"
    assert [each.method for each in identity.authenticators] == ["scram", "wamp-scram"]
    assert "pencil" not in repr(identity)


@pytest.mark.parametrize(("authid", "password"), [("", "pencil"), ("sue", "")])
def test_a_password_needs_a_name(authid: str, password: str) -> None:
    with pytest.raises(ConfigError, match="are needed together"):
        password_identity(authid, password)


def test_a_key_may_leave_the_name_to_the_router(tmp_path: Path) -> None:
    identity = key_identity(key_file(tmp_path, f"{SEED.hex()}\n"))

    (proof,) = identity.authenticators
    assert identity.authid is None
    assert proof.authextra == {"pubkey": ed25519.public_key(SEED).hex()}


@pytest.mark.parametrize(
    ("text", "mode", "wanted"),
    [
        (SEED.hex(), 0o644, "others may read"),
        ("no key", 0o600, "64 hex digits"),
        ("\u00e4" * 32, 0o600, "64 hex digits"),
    ],
)
def test_a_key_file_is_private_and_holds_a_key(
    tmp_path: Path, text: str, mode: int, wanted: str
) -> None:
    with pytest.raises(ConfigError, match=wanted):
        key_identity(key_file(tmp_path, text, mode), "joe")


def test_a_missing_key_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read: no such file"):
        key_identity(tmp_path / "none")


def test_a_certificate_is_offered_by_its_method() -> None:
    identity = certificate_identity("panel")

    assert identity.authid == "panel"
    assert [each.method for each in identity.authenticators] == ["tls"]
