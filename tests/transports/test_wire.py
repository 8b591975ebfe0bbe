from __future__ import annotations

import asyncio
import socket
from pathlib import Path
from typing import Any

from wampedge.transports.limits import TransportLimits
from wampedge.transports.wire import keep_alive, peer_name


class Wire(asyncio.BaseTransport):
    """A connection that only knows its socket and the address of its peer."""

    def __init__(self, sock: socket.socket | None, peername: Any = None) -> None:
        super().__init__()
        self._known = {"socket": sock, "peername": peername}

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return self._known.get(name, default)


def test_peers_are_named_by_address(tmp_path: Path) -> None:
    unix, other = socket.socketpair()
    with unix, other, socket.socket() as tcp:
        assert peer_name(Wire(tcp, ("127.0.0.1", 50412))) == "tcp:127.0.0.1:50412"
        assert peer_name(Wire(tcp, ("::1", 50412, 0, 0))) == "tcp:[::1]:50412"
        assert peer_name(Wire(unix, "")) == "unix"
        assert peer_name(Wire(tcp, None)) == "unknown"
        assert peer_name(Wire(None)) == "unknown"


def test_the_system_cuts_a_dead_tcp_connection_as_soon_as_pings_would() -> None:
    with socket.socket() as tcp:
        keep_alive(Wire(tcp), TransportLimits(ping_interval_s=10, pong_timeout_s=5))

        assert tcp.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
        idle = tcp.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE)
        interval = tcp.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL)
        count = tcp.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT)
        assert (idle, interval, count) == (10, 2, 2)
        assert idle + interval * count <= 15
        assert tcp.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 14_000


def test_unix_sockets_need_no_probes() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        keep_alive(Wire(ours), TransportLimits())
        keep_alive(Wire(None), TransportLimits())

        assert ours.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 0
