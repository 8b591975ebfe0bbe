from __future__ import annotations

import hashlib
import ssl
from pathlib import Path
from typing import Any

import pytest

from tests.support.certificates import Authority, Issued
from wampedge.errors import ConfigError
from wampedge.transports.tls import ServerTls, client_context, server_context, tls_facts
from wampedge.transports.tls_files import ClientTls, ServerTlsFiles


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def issued(authority: Authority) -> Issued:
    return authority.issue()


def shaken(server: ssl.SSLContext, client: ssl.SSLContext) -> tuple[ssl.SSLObject, ssl.SSLObject]:
    """Shake hands in memory; returns the server's side and the client's."""
    up, down = ssl.MemoryBIO(), ssl.MemoryBIO()
    ours = server.wrap_bio(up, down, server_side=True)
    theirs = client.wrap_bio(down, up, server_hostname="localhost")
    for _ in range(3):
        for side in (theirs, ours):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
    return ours, theirs


def test_both_sides_speak_tls_1_2_at_least(authority: Authority, issued: Issued) -> None:
    """Robustness rules, section 4: TLS >= 1.2, host name always checked."""
    server = server_context(issued.server())

    assert server.minimum_version == ssl.TLSVersion.TLSv1_2
    for client in (client_context(), client_context(authority.client)):
        assert client.minimum_version == ssl.TLSVersion.TLSv1_2
        assert client.check_hostname
        assert client.verify_mode is ssl.CERT_REQUIRED


def test_every_cipher_of_the_server_has_forward_secrecy_and_is_authenticated(
    issued: Issued,
) -> None:
    ciphers = server_context(issued.server()).get_ciphers()

    assert ciphers
    for cipher in ciphers:
        assert cipher["aead"]
        assert cipher["protocol"] == "TLSv1.3" or cipher["name"].startswith("ECDHE-")


def test_the_facts_are_version_and_cipher(authority: Authority, issued: Issued) -> None:
    ours, theirs = shaken(server_context(issued.server()), client_context(authority.client))

    facts = tls_facts(ours)
    assert facts == {"tls": {"version": "TLSv1.3", "cipher": facts["tls"]["cipher"]}}
    assert facts["tls"]["cipher"].startswith("TLS_")
    assert tls_facts(theirs)["tls"] == facts["tls"]


@pytest.mark.parametrize("mode", ["optional", "required"])
def test_the_facts_tell_who_a_client_with_a_certificate_is(
    authority: Authority, issued: Issued, mode: str
) -> None:
    owned = authority.issue("gh1.example", file="client", common_name="gh1")
    server = server_context(
        issued.server().but(client_ca=authority.ca_file, client_certificates=mode)
    )
    client = client_context(
        ClientTls(ca_file=authority.ca_file, certificate=owned.certificate, key=owned.key)
    )

    facts = tls_facts(shaken(server, client)[0])

    first = ssl.PEM_cert_to_DER_cert(owned.certificate.read_text().partition("-----END")[0] + END)
    assert facts["peer_cn"] == "gh1"
    assert facts["peer_certificate_sha256"] == hashlib.sha256(first).hexdigest()


END = "-----END CERTIFICATE-----\n"


def test_a_certificate_without_a_common_name_has_a_fingerprint_all_the_same(
    authority: Authority, issued: Issued
) -> None:
    owned = authority.issue("gh1.example", file="client")
    server = server_context(
        issued.server().but(client_ca=authority.ca_file, client_certificates="required")
    )
    client = client_context(
        ClientTls(ca_file=authority.ca_file, certificate=owned.certificate, key=owned.key)
    )

    facts = tls_facts(shaken(server, client)[0])

    assert set(facts) == {"tls", "peer_certificate_sha256"}


class _Shown:
    """What OpenSSL tells of a peer whose subject has these common names."""

    def __init__(self, *names: str) -> None:
        self._names = names

    def version(self) -> str:
        return "TLSv1.3"

    def cipher(self) -> None:
        return None

    def getpeercert(self, *, binary_form: bool = False) -> Any:
        subject = [(("commonName", name),) for name in self._names]
        return b"der" if binary_form else {"subject": subject}


@pytest.mark.parametrize(
    ("names", "told"), [((), None), (("gh1",), "gh1"), (("gh1", "admin"), None)]
)
def test_a_subject_with_several_common_names_is_nobody(
    names: tuple[str, ...], told: str | None
) -> None:
    """An authority may have looked at one of them, and a rule at the other."""
    facts = tls_facts(_Shown(*names))  # type: ignore[arg-type]  # stands for an SSLObject

    assert facts.get("peer_cn") == told


def test_a_renewed_certificate_is_for_connections_made_from_now_on(
    authority: Authority, issued: Issued
) -> None:
    tls = ServerTls(issued.server())
    before = tls.context
    authority.issue(common_name="second")

    tls.renew()
    ours, theirs = shaken(tls.context, client_context(authority.client))

    assert tls.context is not before
    assert tls_facts(theirs)["peer_cn"] == "second"
    assert ours.version() == "TLSv1.3"


def test_a_bad_renewed_certificate_changes_nothing(issued: Issued) -> None:
    tls = ServerTls(issued.server())
    before = tls.context
    issued.certificate.write_text("")

    with pytest.raises(ConfigError, match="not in PEM form"):
        tls.renew()

    assert tls.context is before


def test_what_cannot_be_a_certificate_is_told(authority: Authority, issued: Issued) -> None:
    folder = issued.key.parent
    other = authority.issue(file="other")
    empty = folder / "empty.pem"
    empty.touch()
    cases = [
        (ServerTlsFiles(certificate=folder / "none", key=issued.key), "no such file"),
        (ServerTlsFiles(certificate=issued.certificate, key=folder / "none"), "no such file"),
        (ServerTlsFiles(certificate=empty, key=issued.key), "not in PEM form"),
        (issued.server().but(key=other.key), "the key is not that of the certificate"),
        (issued.server().but(client_ca=empty), "client_ca .* no certificate in it"),
        (issued.server().but(client_ca=folder / "none"), "client_ca .*No such file"),
    ]

    for files, text in cases:
        with pytest.raises(ConfigError, match=text):
            server_context(files)


def test_a_key_with_a_passphrase_is_told_and_nobody_is_asked_for_it(issued: Issued) -> None:
    from cryptography.hazmat.primitives import serialization

    key = serialization.load_pem_private_key(issued.key.read_bytes(), None)
    issued.key.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"secret"),
        )
    )

    with pytest.raises(ConfigError, match="or the key has a passphrase"):
        server_context(issued.server())


def test_what_a_client_cannot_use_is_told(authority: Authority, issued: Issued) -> None:
    empty = issued.key.parent / "empty.pem"
    empty.touch()
    cases = [
        (ClientTls(ca_file=empty), "no certificate in it"),
        (ClientTls(ca_file=empty.with_name("none")), "No such file"),
        (ClientTls(key=issued.key), "a key is of no use without its certificate"),
        (ClientTls(certificate=issued.certificate), "cannot be used"),
        (ClientTls(certificate=empty.with_name("none")), "no such file"),
    ]

    for tls, text in cases:
        with pytest.raises(ConfigError, match=text):
            client_context(tls)


def test_key_and_certificate_may_stand_in_one_file(issued: Issued) -> None:
    both = issued.key.with_name("both.pem")
    both.write_bytes(issued.key.read_bytes() + issued.certificate.read_bytes())

    client_context(ClientTls(certificate=both))
