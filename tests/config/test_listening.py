"""Row C10: who may reach the router, by address, certificate and proof."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.certificates import Authority
from tests.support.device_file import complaints, site
from wampedge.config import check

TLS = 'tls = { certificate = "server.pem", key = "server.key" }\n'
CLOSED = """anonymous = false
users.a = { role = "local", auth = { method = "ticket", secret = "${env:T}" } }
"""
RULED = 'roles.local.allow = { call = ["edge.gh1."] }\n'

OPEN_TEXT = (
    "can be reached from other machines, and is not encrypted"
    " (use wss:// or rss:// with [router.tls], or 127.0.0.1; in a network you trust,"
    " insecure = true)"
)
ANYBODY_TEXT = (
    "can be reached from other machines, and whoever joins may do everything"
    " (set anonymous = false, or say in [router.roles.local] what they may do)"
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    Authority(tmp_path).issue()
    return tmp_path


def told(folder: Path, router: str) -> list[str]:
    text = site(f"[router]\n{router}")
    problems = check(text, str(folder / "devices.toml"), {"T": "a ticket"})[1]
    return [p.text + (f" ({p.hint})" if p.hint else "") for p in problems]


@pytest.mark.parametrize(
    "url", ["ws://0.0.0.0:8080/", "rs://192.168.1.5:1", "rs://[::]:1", "ws://gh1.local:1"]
)
@pytest.mark.parametrize("rest", ["", TLS, CLOSED, TLS + CLOSED])
def test_c10_other_machines_are_never_met_in_clear(folder: Path, url: str, rest: str) -> None:
    assert told(folder, f'listen = ["{url}"]\n{rest}') == [f"router.listen[0] {OPEN_TEXT}"]


@pytest.mark.parametrize("url", ["wss://0.0.0.0:8443/ws", "rss://[::]:1", "wss://gh1.local/"])
def test_c10_other_machines_need_a_proof_or_rules(folder: Path, url: str) -> None:
    listen = f'listen = ["unix:", "{url}"]\n{TLS}'

    assert told(folder, listen) == [f"router.listen[1] {ANYBODY_TEXT}"]
    assert told(folder, listen + CLOSED) == []
    assert told(folder, listen + RULED) == []


def test_who_takes_the_risk_may_listen_anywhere(folder: Path) -> None:
    listen = 'listen = ["ws://0.0.0.0:8080/", "wss://0.0.0.0:8443/"]\n'

    assert told(folder, f"{listen}{TLS}insecure = true\n") == []


@pytest.mark.parametrize("insecure", ["", "insecure = true\n"])
@pytest.mark.parametrize("url", ["wss://127.0.0.1:1/", "rss://0.0.0.0:1"])
def test_tls_needs_a_certificate(url: str, insecure: str) -> None:
    assert complaints(site(f'[router]\nlisten = ["{url}"]\n{insecure}')) == [
        "4:11 router.listen[0] needs a certificate (write [router.tls] with certificate and key)"
    ]


def test_a_certificate_that_is_wrong_is_told_once(folder: Path) -> None:
    (folder / "server.pem").write_text("")

    problems = told(folder, f'listen = ["wss://127.0.0.1:1/"]\n{TLS}')

    assert len(problems) == 1
    assert problems[0].startswith("router.tls.certificate names ")


def test_tls_on_this_machine_needs_no_proof(folder: Path) -> None:
    assert told(folder, f'listen = ["wss://127.0.0.1:1/", "ws://[::1]:1/"]\n{TLS}') == []
