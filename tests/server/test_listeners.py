from __future__ import annotations

import asyncio
import os
import socket
import stat
from pathlib import Path

import pytest

from wampedge.errors import AddressInUseError, ConfigError
from wampedge.server.listeners import Listener, Protection, check_listen_url, is_exposed
from wampedge.transports.tls_files import ServerTlsFiles
from wampedge.transports.url import parse_url

BARE = Protection()
CERTIFIED = Protection(tls=ServerTlsFiles(certificate=Path("c.pem"), key=Path("c.key")))
WS_TEXT = "can be reached from other machines, and is not encrypted"
WSS_TEXT = "can be reached from other machines, and whoever joins may do everything"


@pytest.mark.parametrize(
    "url", ["ws://127.0.0.1:0", "rs://[::1]:9", "ws://localhost:1", "unix:/run/w.sock"]
)
def test_addresses_of_this_machine_may_be_listened_on(url: str) -> None:
    check_listen_url(parse_url(url), BARE, anonymous_role="local")

    assert not is_exposed(parse_url(url), BARE, anonymous_role="local")


@pytest.mark.parametrize(
    "url", ["ws://0.0.0.0:8080/ws", "rs://192.168.1.4:1", "ws://[::]:1", "ws://gh1.local:1"]
)
@pytest.mark.parametrize("role", ["local", None])
def test_c10_others_are_refused_with_what_why_and_what_to_do(url: str, role: str | None) -> None:
    with pytest.raises(ConfigError) as caught:
        check_listen_url(parse_url(url), CERTIFIED, anonymous_role=role)

    text = str(caught.value)
    assert text.startswith(f"cannot listen on {parse_url(url)}: it {WS_TEXT} (use wss:// or rss://")
    assert is_exposed(parse_url(url), CERTIFIED, anonymous_role=role)


def test_c10_with_tls_they_are_let_in_when_they_prove_who_they_are_or_rules_bind_them() -> None:
    url = parse_url("wss://0.0.0.0:8443/ws")

    check_listen_url(url, CERTIFIED, anonymous_role=None)
    check_listen_url(url, CERTIFIED.but(has_rules=True), anonymous_role="local")
    with pytest.raises(ConfigError, match=WSS_TEXT):
        check_listen_url(url, CERTIFIED, anonymous_role="local")


@pytest.mark.parametrize("url", ["ws://0.0.0.0:1", "wss://0.0.0.0:1"])
def test_who_takes_the_risk_may_listen_anywhere_and_it_shows(url: str) -> None:
    protection = CERTIFIED.but(is_insecure=True)

    check_listen_url(parse_url(url), protection, anonymous_role="local")

    assert is_exposed(parse_url(url), protection, anonymous_role="local")


def test_a_listener_with_tls_needs_a_certificate() -> None:
    with pytest.raises(ConfigError, match=r"needs a certificate \(write \[router.tls\]"):
        check_listen_url(parse_url("wss://127.0.0.1:1"), BARE, anonymous_role=None)


async def test_port_0_becomes_the_real_port() -> None:
    listener = Listener(parse_url("ws://127.0.0.1:0/ws"), asyncio.Protocol)
    await listener.open()

    assert 1024 <= listener.url.port <= 65535
    assert listener.url.resource == "/ws"
    with socket.create_connection(("127.0.0.1", listener.url.port)):
        pass
    await listener.close()
    await listener.close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", listener.url.port))


async def test_a_connection_that_is_being_accepted_is_not_lost_by_closing() -> None:
    ends: list[Exception | None] = []

    class Noting(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            transport.close()

        def connection_lost(self, exc: Exception | None) -> None:
            ends.append(exc)

    for turns in range(5):
        listener = Listener(parse_url("rs://127.0.0.1:0"), Noting)
        await listener.open()
        with socket.create_connection(("127.0.0.1", listener.url.port)):
            for _ in range(turns):
                await asyncio.sleep(0)
            await listener.close()
            await asyncio.sleep(0)

    assert len(ends) >= 3
    assert set(ends) == {None}


async def test_localhost_is_one_address() -> None:
    listener = Listener(parse_url("rs://localhost:0"), asyncio.Protocol)
    await listener.open()

    with socket.create_connection(("127.0.0.1", listener.url.port)):
        pass
    await listener.close()


async def test_a_port_in_use_is_told() -> None:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        sock.listen()
        port = sock.getsockname()[1]

        with pytest.raises(ConfigError, match="the address is in use"):
            await Listener(parse_url(f"rs://127.0.0.1:{port}"), asyncio.Protocol).open()


async def test_a_socket_file_is_for_owner_and_group_and_goes_with_the_listener(
    tmp_path: Path,
) -> None:
    path = tmp_path / "w.sock"
    listener = Listener(parse_url(f"unix:{path}"), asyncio.Protocol)
    umask = os.umask(0)
    try:
        await listener.open()
    finally:
        os.umask(umask)

    assert stat.S_IMODE(path.stat().st_mode) == 0o660
    assert stat.S_ISSOCK(path.stat().st_mode)
    await listener.close()
    assert not path.exists()


async def test_the_socket_file_of_a_dead_program_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "w.sock"
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
    listener = Listener(parse_url(f"unix:{path}"), asyncio.Protocol)

    await listener.open()

    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(path))
    await listener.close()


async def test_the_socket_file_of_a_living_program_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "w.sock"
    first = Listener(parse_url(f"unix:{path}"), asyncio.Protocol)
    await first.open()

    with pytest.raises(AddressInUseError, match="in use \\(is another wampedge running\\?\\)"):
        await Listener(parse_url(f"unix:{path}"), asyncio.Protocol).open()

    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(path))
    await first.close()


async def test_a_living_program_too_busy_to_answer_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "w.sock"
    with socket.socket(socket.AF_UNIX) as busy, socket.socket(socket.AF_UNIX) as waiting:
        busy.bind(str(path))
        busy.listen(0)
        waiting.connect(str(path))

        with pytest.raises(ConfigError, match="in use"):
            await Listener(parse_url(f"unix:{path}"), asyncio.Protocol).open()
    assert path.exists()


async def test_a_socket_file_another_program_put_in_place_of_ours_stays(tmp_path: Path) -> None:
    path = tmp_path / "w.sock"
    listener = Listener(parse_url(f"unix:{path}"), asyncio.Protocol)
    await listener.open()
    path.unlink()
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(str(path))
        await listener.close()

        assert path.exists()


async def test_what_cannot_be_a_socket_file_is_told(tmp_path: Path) -> None:
    taken = tmp_path / "notes.txt"
    taken.touch()

    with pytest.raises(ConfigError, match="a file that is no socket is in the way"):
        await Listener(parse_url(f"unix:{taken}"), asyncio.Protocol).open()
    with pytest.raises(ConfigError, match="the folder does not exist"):
        await Listener(parse_url(f"unix:{tmp_path}/none/w.sock"), asyncio.Protocol).open()
    assert taken.exists()
