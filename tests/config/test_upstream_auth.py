"""How the node proves itself upstream; tickets and broken tables are in test_sections."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.support.certificates import Authority
from tests.support.device_file import complaints, config_of, site
from wampedge.config.checking import load
from wampedge.config.model import Secret, UpstreamAuth

UPSTREAM = '[upstream]\nurl = "wss://router.example/ws"\nrealm = "farm"\n'
SEED = "ab" * 32
ENVIRON = {"PASSWORD": "pencil", "SEED": SEED}


def upstream(auth: str, rest: str = "") -> str:
    return site(f"{UPSTREAM}auth = {{ {auth} }}\n{rest}")


@pytest.mark.parametrize(
    ("auth", "wanted"),
    [
        (
            'method = "scram", id = "gh1", secret = "${env:PASSWORD}"',
            UpstreamAuth("scram", "gh1", Secret("pencil")),
        ),
        (
            'method = "cryptosign", secret = "${env:SEED}"',
            UpstreamAuth("cryptosign", None, Secret(SEED)),
        ),
    ],
)
def test_a_node_proves_itself_by_password_or_key(auth: str, wanted: UpstreamAuth) -> None:
    config = config_of(upstream(auth), ENVIRON).upstream

    assert config is not None
    assert config.auth == wanted


def test_a_node_proves_itself_by_certificate(tmp_path: Path) -> None:
    issued = Authority(tmp_path).issue()
    files = f'certificate = "{issued.certificate}"\nkey = "{issued.key}"\n'

    config = config_of(upstream('method = "tls"', files)).upstream

    assert config is not None
    assert config.auth == UpstreamAuth("tls")


@pytest.mark.parametrize(
    ("auth", "found"),
    [
        ('method = "scram", id = "gh1"', "6:1 upstream.auth.secret is missing: scram needs it"),
        ('method = "cryptosign"', "6:1 upstream.auth.secret is missing: cryptosign needs it"),
        (
            'method = "cryptosign", secret = "${env:PASSWORD}"',
            (
                "6:42 upstream.auth.secret must lead to a private key of 64 hex digits"
                " (make it with: wampedge secret cryptosign)"
            ),
        ),
        (
            'method = "tls"',
            (
                "6:19 upstream.auth.method needs a certificate to prove itself with"
                " (write certificate and key in [upstream])"
            ),
        ),
    ],
)
def test_each_method_has_keys_of_its_own(auth: str, found: str) -> None:
    assert complaints(upstream(auth), ENVIRON) == [found]


def test_a_certificate_needs_no_secret(tmp_path: Path) -> None:
    issued = Authority(tmp_path).issue()
    files = f'certificate = "{issued.certificate}"\nkey = "{issued.key}"\n'

    assert complaints(upstream('method = "tls", secret = "${env:SEED}"', files), ENVIRON) == [
        ("6:35 upstream.auth.secret is of no use: the certificate is the proof (remove it)")
    ]


def test_cryptosign_needs_its_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "nacl.signing", None)

    assert complaints(upstream('method = "cryptosign", secret = "${env:SEED}"'), ENVIRON) == [
        (
            "6:19 upstream.auth.method needs PyNaCl, which is not installed"
            " (pip install 'wampedge[cryptosign]')"
        )
    ]


def key_file(folder: Path, mode: int = 0o600) -> str:
    """Write a private key; return the text of a file that uses it."""
    path = folder / "node.key"
    path.write_text(f"{SEED}\n", encoding="utf-8")
    path.chmod(mode)
    return upstream(f'method = "cryptosign", id = "${{node.name}}", key_file = "{path}"')


def test_a_private_key_is_in_a_file_of_its_own(tmp_path: Path) -> None:
    config = config_of(key_file(tmp_path)).upstream

    assert config is not None
    assert config.auth == UpstreamAuth("cryptosign", "gh1", Secret(SEED))


def test_a_private_key_that_others_may_read_is_refused(tmp_path: Path) -> None:
    text = key_file(tmp_path, 0o644)

    (found,) = complaints(text)

    assert "others may read or write (mode 0644)" in found
    assert SEED not in found


def test_files_of_secrets_are_found_beside_the_device_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key_file(tmp_path)
    monkeypatch.chdir(tmp_path.parent)
    path = tmp_path / "devices.toml"
    for auth in (
        'method = "cryptosign", key_file = "node.key"',
        'method = "cryptosign", secret = "${file:./node.key}"',
    ):
        path.write_text(upstream(auth), encoding="utf-8")

        config = load(path, {}).upstream

        assert config is not None
        assert config.auth.secret == Secret(SEED)


@pytest.mark.parametrize(
    ("auth", "found"),
    [
        (
            'method = "cryptosign", secret = "${env:SEED}", key_file = "x"',
            ("6:57 upstream.auth.key_file is of no use: secret says it (remove one of them)"),
        ),
        (
            'method = "ticket", id = "a", secret = "${env:SEED}", key_file = "x"',
            "6:63 upstream.auth.key_file is for cryptosign (remove one of them)",
        ),
    ],
)
def test_a_key_file_is_for_cryptosign_without_secret(auth: str, found: str) -> None:
    assert complaints(upstream(auth), ENVIRON) == [found]
