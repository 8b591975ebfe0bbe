"""How the node proves itself upstream; tickets and broken tables are in test_sections."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.support.certificates import Authority
from tests.support.device_file import complaints, config_of, site
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
