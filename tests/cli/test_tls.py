"""TLS from end to end: a node with a certificate, commands and programs that talk to it."""

from __future__ import annotations

import shutil
import socket
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.program import wampedge
from tests.support.certificates import Authority
from tests.support.node_process import NodeProcess
from wampedge.client import Session
from wampedge.errors import ConnectError

NODE = """\
wampedge = 1
[node]
name = "n1"
[router]
realm = "site"
listen = ["unix:", "wss://0.0.0.0:0/ws"]
[router.tls]
certificate = "server.pem"
key = "server.key"
{tls}
[router.roles.local.allow]
call = ["edge.n1."]
subscribe = ["edge.n1."]
[devices.lamp]
driver = "led"
pin = 17
"""


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def device_file(tmp_path: Path, authority: Authority) -> Path:
    authority.issue(common_name="first")
    path = tmp_path / "devices.toml"
    path.write_text(NODE.format(tls=""))
    return path


@pytest.fixture
def node(device_file: Path) -> Iterator[NodeProcess]:
    with NodeProcess(device_file, listen=()) as running:
        yield running


def url_of(node: NodeProcess) -> str:
    """Return where other machines reach the node, as this one does."""
    url: str = next(url for url in node.facts["urls"] if url.startswith("wss:"))
    return url.replace("0.0.0.0", "127.0.0.1")


def test_c10_a_node_is_called_over_tls_from_where_it_is_not(
    node: NodeProcess, authority: Authority
) -> None:
    flags = ("--url", url_of(node), "--realm", "site")

    trusted = wampedge("call", "edge.n1.lamp.toggle", *flags, "--ca-file", str(authority.ca_file))
    untrusted = wampedge("call", "edge.n1.lamp.toggle", *flags)

    assert (trusted.returncode, trusted.stdout) == (0, "true\n"), trusted.stderr
    assert untrusted.returncode == 3
    assert "not signed by an authority this machine trusts" in untrusted.stderr


async def test_a_renewed_certificate_is_taken_over_and_sessions_go_on(
    node: NodeProcess, authority: Authority, device_file: Path
) -> None:
    url = url_of(node)
    async with await Session.connect(url, "site", tls=authority.client) as session:
        assert name_shown(url, authority) == "first"
        authority.issue(common_name="second")
        reloaded = await session.subscribe("edge.n1.sys.config", lambda *args, **kwargs: None)

        node.reload()
        while name_shown(url, authority) == "first":  # each handshake is a turn of the node
            assert session.is_joined

        assert name_shown(url, authority) == "second"
        assert (await session.call("edge.n1.lamp.on")).value is True
        await reloaded.unsubscribe()


async def test_a_certificate_that_is_no_good_leaves_the_old_one(
    node: NodeProcess, authority: Authority, device_file: Path
) -> None:
    url = url_of(node)
    (device_file.parent / "server.pem").write_text("")

    node.reload()
    while "was not taken over" not in node.log():
        assert name_shown(url, authority) == "first"

    assert "router.tls.certificate names" in node.log()
    assert name_shown(url, authority) == "first"


def name_shown(url: str, authority: Authority) -> str:
    """Return the common name in the certificate a listener shows."""
    host, _, port = url.removeprefix("wss://").removesuffix("/ws").partition(":")
    context = ssl.create_default_context(cafile=str(authority.ca_file))
    with (
        socket.create_connection((host, int(port)), timeout=10) as plain,
        context.wrap_socket(plain, server_hostname=host) as secured,
    ):
        certificate: Any = secured.getpeercert()
    names = dict(part for parts in certificate["subject"] for part in parts)
    return str(names["commonName"])


@pytest.fixture
def asking_device_file(device_file: Path) -> Path:
    """Of a node that asks its clients for certificates."""
    tls = 'client_ca = "ca.pem"\nclient_certificates = "required"'
    device_file.write_text(NODE.format(tls=tls))
    return device_file


async def test_clients_can_be_asked_for_certificates(
    asking_device_file: Path, authority: Authority
) -> None:
    mine = authority.issue("gh2", file="gh2", common_name="gh2")
    with NodeProcess(asking_device_file, listen=()) as node:
        flags = ("--url", url_of(node), "--realm", "site", "--ca-file", str(authority.ca_file))
        call = ("call", "edge.n1.lamp.on", *flags)
        pair = ("--certificate", str(mine.certificate), "--certificate-key", str(mine.key))

        without = wampedge(*call)
        with pytest.raises(ConnectError, match="asks for a client certificate"):
            await Session.connect(url_of(node), "site", tls=authority.client)
        own = authority.client.but(certificate=mine.certificate, key=mine.key)
        async with await Session.connect(url_of(node), "site", tls=own) as session:
            assert (await session.call("edge.n1.lamp.on")).value is True
        wrong = wampedge(*call, *pair)

    assert without.returncode == 3
    assert "the router asks for a client certificate" in without.stderr
    # A certificate is a login, too, and here no user has it.
    assert wrong.returncode == 4
    assert "wamp.error." in wrong.stderr


def test_what_is_insecure_is_shown(device_file: Path) -> None:
    flags = ("--simulate", "--insecure")
    with NodeProcess(device_file, listen=("unix:", "ws://0.0.0.0:0/ws"), flags=flags) as node:
        health = wampedge("call", "edge.n1.sys.health", environ=node.client_environment)
        url = next(url for url in node.facts["urls"] if url.startswith("ws:"))

        assert f"warning: {url} is insecure" in node.log()
        assert f'"insecure": ["{url}"]' in health.stdout.replace("\n", "").replace("  ", "")


def test_without_the_flag_it_is_refused(device_file: Path) -> None:
    done = wampedge("run", str(device_file), "--simulate", "--listen", "ws://0.0.0.0:0/ws")

    assert done.returncode == 2
    assert "can be reached from other machines, and is not encrypted" in done.stderr


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_curl_is_served_over_tls(node: NodeProcess, authority: Authority) -> None:
    address = url_of(node).replace("wss:", "https:").removesuffix("/ws")

    done = subprocess.run(
        ["curl", "-sS", "--cacert", str(authority.ca_file), f"{address}/healthz"],
        capture_output=True, text=True, check=False, timeout=20,
    )  # fmt: skip
    plain = subprocess.run(
        ["curl", "-sS", address.replace("https:", "http:")],
        capture_output=True, text=True, check=False, timeout=20,
    )  # fmt: skip

    assert (done.returncode, done.stdout.strip()) == (0, '{"status": "ready"}'), done.stderr
    assert "no TLS on a port that speaks nothing else" in plain.stdout


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
def test_openssl_speaks_raw_socket_through_tls(node: NodeProcess, authority: Authority) -> None:
    address = url_of(node).removeprefix("wss://").removesuffix("/ws")
    command = ["openssl", "s_client", "-connect", address, "-CAfile", str(authority.ca_file)]
    command += ["-quiet", "-verify_return_error"]
    pipe = subprocess.PIPE

    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe) as peer:
        assert peer.stdin is not None
        assert peer.stdout is not None
        peer.stdin.write(b"\x7f\xf1\x00\x00")
        peer.stdin.flush()
        answer = peer.stdout.read(4)
        peer.kill()

    assert answer == b"\x7f\x91\x00\x00"
