from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.certificates import Authority
from tests.support.device_file import site
from wampedge.config import SiteConfig, check
from wampedge.transports.tls_files import ClientTls, ServerTlsFiles

Judged = Callable[..., tuple[SiteConfig | None, list[str]]]

UPSTREAM = '[upstream]\nurl = "wss://hub:443/ws"\nrealm = "farm"\n'
TLS = 'tls = { certificate = "server.pem", key = "server.key" }\n'


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def judged(tmp_path: Path) -> Judged:
    """Check a device file in *tmp_path*; returns its model and the mistakes."""

    def judge(text: str, **environ: str) -> tuple[SiteConfig | None, list[str]]:
        config, problems = check(site(text), str(tmp_path / "devices.toml"), environ)
        return config, [p.text + (f" ({p.hint})" if p.hint else "") for p in problems]

    return judge


def router(table: str) -> str:
    return f"[router]\n{table}"


def test_a_certificate_is_read_from_beside_the_device_file(
    authority: Authority, judged: Judged, tmp_path: Path
) -> None:
    authority.issue()

    config, problems = judged(router(TLS))

    assert problems == []
    assert config is not None
    assert config.router.tls == ServerTlsFiles(
        certificate=tmp_path / "server.pem", key=tmp_path / "server.key"
    )


def test_clients_can_be_asked_for_certificates(authority: Authority, judged: Judged) -> None:
    authority.issue()
    table = TLS.replace(" }", ', client_ca = "ca.pem", client_certificates = "required" }')

    config, problems = judged(router(table))

    assert problems == []
    assert config is not None
    assert config.router.tls is not None
    assert config.router.tls.client_ca == authority.ca_file
    assert config.router.tls.client_certificates == "required"


@pytest.mark.parametrize(
    ("extra", "text"),
    [
        (
            ', client_ca = "ca.pem"',
            (
                "router.tls.client_ca is of no use while clients are not asked for certificates"
                ' (add client_certificates = "required" or "optional", or remove it)'
            ),
        ),
        (
            ', client_certificates = "optional"',
            "router.tls.client_ca is missing: it says whose client certificates are taken",
        ),
        (
            ', client_certificates = "sometimes"',
            (
                'router.tls.client_certificates must be "none", "optional" or "required",'
                ' got "sometimes"'
            ),
        ),
        (', keys = "x"', "router.tls.keys is not a known key (did you mean key?)"),
    ],
)
def test_half_of_what_it_takes_is_told(
    authority: Authority, judged: Judged, extra: str, text: str
) -> None:
    authority.issue()

    _, problems = judged(router(TLS.replace(" }", f"{extra} }}")))

    assert problems == [text]


def test_both_files_are_needed(judged: Judged) -> None:
    _, problems = judged(router("tls = {}\n"))

    assert problems == [
        "router.tls.certificate is missing (certificate of the router and those above it, as PEM)",
        "router.tls.key is missing (its private key, mode 0600, as PEM)",
    ]


def test_c8_a_key_others_can_read_is_refused(
    authority: Authority, judged: Judged, tmp_path: Path
) -> None:
    authority.issue().key.chmod(0o644)

    _, problems = judged(router(TLS))

    assert problems == [
        (
            f"router.tls.key needs {tmp_path}/server.key, which others may read or write"
            f" (mode 0644) (chmod 600 {tmp_path}/server.key)"
        )
    ]


def test_a_key_among_the_credentials_of_systemd_is_guarded_by_its_folder(
    authority: Authority, judged: Judged, tmp_path: Path
) -> None:
    authority.issue().key.chmod(0o440)
    table = TLS.replace("server.key", "${env:CREDENTIALS_DIRECTORY}/server.key")

    _, problems = judged(router(table), CREDENTIALS_DIRECTORY=str(tmp_path))

    assert problems == []


@pytest.mark.parametrize("key", ["certificate", "key", "client_ca"])
def test_c8_what_is_no_file_is_refused_without_waiting(
    authority: Authority, judged: Judged, tmp_path: Path, key: str
) -> None:
    authority.issue()
    os.mkfifo(tmp_path / "pipe", 0o600)
    found = []
    for name in ("none", ".", "pipe", "a\\u0000b"):
        values = {"certificate": "server.pem", "key": "server.key", key: name}
        extra = ', client_certificates = "required", client_ca = "ca.pem"'
        table = ", ".join(f'{k} = "{v}"' for k, v in values.items())
        table += extra if key != "client_ca" else ', client_certificates = "required"'
        found += judged(router(f"tls = {{ {table} }}\n"))[1]

    at = f"router.tls.{key} needs {tmp_path}"
    assert found[:3] == [
        f"{at}/none, which cannot be read: no such file or directory",
        f"{at}, which is not a regular file",
        f"{at}/pipe, which is not a regular file",
    ]
    assert found[3].startswith(f"{at}/a\0b, which cannot be read: ")


def test_an_empty_certificate_is_told(authority: Authority, judged: Judged, tmp_path: Path) -> None:
    authority.issue().certificate.write_text("")

    _, problems = judged(router(TLS))

    path = tmp_path / "server.pem"
    assert problems == [
        f"router.tls.certificate names {path}, which holds no certificate in PEM form"
    ]


def test_a_broken_certificate_and_a_foreign_key_are_told(
    authority: Authority, judged: Judged
) -> None:
    issued = authority.issue()
    other = authority.issue(file="other")

    issued.key.write_bytes(other.key.read_bytes())
    _, foreign = judged(router(TLS))
    issued.certificate.write_text("-----BEGIN CERTIFICATE-----\nAA==\n")
    _, broken = judged(router(TLS))

    assert len(foreign) == len(broken) == 1
    assert foreign[0].endswith("cannot be used: the key is not that of the certificate")
    assert "cannot be used: not in PEM form" in broken[0]


def test_an_expired_certificate_is_told(
    authority: Authority, judged: Judged, tmp_path: Path
) -> None:
    authority.issue(valid_days=(-9, -1))

    _, problems = judged(router(TLS))

    assert problems == [
        (
            f"router.tls.certificate names {tmp_path}/server.pem, which no client will take:"
            " certificate has expired (renew it)"
        )
    ]


def test_a_certificate_of_tomorrow_is_taken_because_the_clock_may_not_be_set(
    authority: Authority, judged: Judged
) -> None:
    authority.issue(valid_days=(1, 9))

    assert judged(router(TLS))[1] == []


def test_upstream_is_checked_and_met_with_the_certificates_named(
    authority: Authority, judged: Judged, tmp_path: Path
) -> None:
    authority.issue("gh1", file="gh1")
    names = 'ca_file = "ca.pem"\ncertificate = "gh1.pem"\nkey = "gh1.key"\n'

    config, problems = judged(UPSTREAM + names)

    assert problems == []
    assert config is not None
    assert config.upstream is not None
    assert config.upstream.tls == ClientTls(
        ca_file=authority.ca_file, certificate=tmp_path / "gh1.pem", key=tmp_path / "gh1.key"
    )


def test_half_a_pair_is_told(authority: Authority, judged: Judged) -> None:
    authority.issue("gh1", file="gh1")

    assert judged(f'{UPSTREAM}certificate = "gh1.pem"\n')[1] == [
        "upstream.key is missing: certificate is of no use without it"
    ]
    assert judged(f'{UPSTREAM}key = "gh1.key"\n')[1] == [
        "upstream.certificate is missing: key is of no use without it"
    ]


def test_a_pair_that_does_not_fit_is_told(authority: Authority, judged: Judged) -> None:
    authority.issue("gh1", file="gh1")
    authority.issue("gh2", file="gh2")

    _, problems = judged(f'{UPSTREAM}certificate = "gh1.pem"\nkey = "gh2.key"\n')

    assert len(problems) == 1
    assert "the key is not that of the certificate" in problems[0]


def test_c9_authorities_that_are_none_are_refused(judged: Judged, tmp_path: Path) -> None:
    (tmp_path / "empty").touch()

    _, problems = judged(f'{UPSTREAM}ca_file = "empty"\n')

    assert problems == [
        f"upstream.ca_file names {tmp_path}/empty, which holds no certificate in PEM form"
    ]


def test_certificates_are_of_no_use_without_tls(authority: Authority, judged: Judged) -> None:
    authority.issue("gh1", file="gh1")
    text = UPSTREAM.replace("wss:", "ws:") + 'certificate = "gh1.pem"\nkey = "gh1.key"\n'

    hint = "(use wss:// or rss://, or remove it)"
    assert judged(f'{text}ca_file = "ca.pem"\n')[1] == [
        f"upstream.certificate is of no use: the url is not encrypted {hint}",
        f"upstream.ca_file is of no use: the url is not encrypted {hint}",
    ]
