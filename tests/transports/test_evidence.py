"""What a connection tells of its peer; real TLS over two buffers, without a socket."""

from __future__ import annotations

import asyncio
import ssl
from pathlib import Path
from typing import Any

import pytest

from tests.support.certificates import Authority
from wampedge.transports.evidence import evidence_of
from wampedge.transports.tls import client_context, server_context, tls_facts
from wampedge.wamp.evidence import NO_EVIDENCE, PeerCertificate


class Wire(asyncio.BaseTransport):
    """A connection of which only its TLS is known."""

    def __init__(self, session: ssl.SSLObject | None) -> None:
        super().__init__({"ssl_object": session})


def shake_hands(
    authority: Authority, version: ssl.TLSVersion, **server_files: Any
) -> tuple[ssl.SSLObject, ssl.SSLObject]:
    """Return both ends of a TLS connection."""
    issued = authority.issue()
    panel = authority.issue(file="panel", common_name="panel")
    server = server_context(issued.server().but(**server_files))
    client = client_context(authority.client.but(certificate=panel.certificate, key=panel.key))
    server.maximum_version = version
    up, down = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = (
        client.wrap_bio(down, up, server_hostname="127.0.0.1"),
        server.wrap_bio(up, down, server_side=True),
    )
    for end in ends * 3:
        try:
            end.do_handshake()
        except ssl.SSLWantReadError:
            continue
    return ends


def test_plain_connections_tell_nothing() -> None:
    assert evidence_of(Wire(None), {}) == NO_EVIDENCE
    assert evidence_of(Wire(None), {}, cookie="crumb").cookie == "crumb"
    assert evidence_of(Wire(None), {}, new_cookie="crumb").new_cookie == "crumb"


def test_both_ends_of_tls_1_2_see_one_binding(tmp_path: Path) -> None:
    """RFC 5929 section 3."""
    client, server = shake_hands(Authority(tmp_path), ssl.TLSVersion.TLSv1_2)

    ours = evidence_of(Wire(server), tls_facts(server)).bindings
    theirs = evidence_of(Wire(client), {}).bindings

    assert ours == theirs
    assert len(ours["tls-unique"]) >= 12


def test_tls_1_3_has_no_binding_that_python_can_give(tmp_path: Path) -> None:
    """RFC 9266 section 1: ``tls-unique`` is not defined there."""
    for end in shake_hands(Authority(tmp_path), ssl.TLSVersion.TLSv1_3):
        assert evidence_of(Wire(end), {}).bindings == {}


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_client_certificate_names_its_owner(tmp_path: Path, version: ssl.TLSVersion) -> None:
    authority = Authority(tmp_path)
    _, server = shake_hands(
        authority, version, client_ca=authority.ca_file, client_certificates="required"
    )

    facts = tls_facts(server)

    certificate = PeerCertificate(facts["peer_certificate_sha256"], "panel")
    assert evidence_of(Wire(server), facts).certificate == certificate
