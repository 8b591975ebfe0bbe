"""What asyncio's connections tell and take: the peer's name, probes of the system."""

from __future__ import annotations

import asyncio
import socket
from weakref import WeakKeyDictionary

from wampedge.transports.limits import TransportLimits

__all__ = ["keep_alive", "peer_name", "read_memory_of"]

# Read at most this at once: one busy peer must not hold the loop for long on a slow board.
_READ_BYTES = 64 * 1024

# Reading and parsing happen in one go, so all connections of a loop share one piece of memory.
_read_memory_by_loop: WeakKeyDictionary[asyncio.AbstractEventLoop, memoryview] = WeakKeyDictionary()


def keep_alive(wire: asyncio.BaseTransport, limits: TransportLimits) -> None:
    """Let the system probe a TCP connection, as often as pings would, and cut it as soon.

    Does nothing for other sockets, and nothing where the system has no such options.
    """
    sock = wire.get_extra_info("socket")
    if sock is None or sock.family not in (socket.AF_INET, socket.AF_INET6):
        return
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    idle_s = max(1, int(limits.ping_interval_s))
    interval_s = max(1, int(limits.pong_timeout_s / 2))
    options = (
        ("TCP_KEEPIDLE", idle_s),
        ("TCP_KEEPINTVL", interval_s),
        ("TCP_KEEPCNT", 2),
        # The kernel looks only when a probe is due, and counts no probes where this is set: so
        # not the whole time of a ping, or one more probe would pass before the end.
        ("TCP_USER_TIMEOUT", (idle_s + 2 * interval_s) * 1000),
    )
    for name, value in options:
        option = getattr(socket, name, None)
        if option is not None:
            sock.setsockopt(socket.IPPROTO_TCP, option, value)


def peer_name(wire: asyncio.BaseTransport) -> str:
    """Name the other end of a connection, such as ``tcp:127.0.0.1:50412`` or ``unix``."""
    sock = wire.get_extra_info("socket")
    if sock is not None and sock.family == getattr(socket, "AF_UNIX", None):
        return "unix"
    name = wire.get_extra_info("peername")
    if not isinstance(name, tuple) or len(name) < 2:
        return "unknown"
    host = f"[{name[0]}]" if ":" in str(name[0]) else name[0]
    return f"tcp:{host}:{name[1]}"


def read_memory_of(loop: asyncio.AbstractEventLoop) -> memoryview:
    """Give the memory all connections of *loop* read into."""
    memory = _read_memory_by_loop.get(loop)
    if memory is None:
        memory = _read_memory_by_loop[loop] = memoryview(bytearray(_READ_BYTES))
    return memory
