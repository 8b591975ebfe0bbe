"""Sockets that wait for connections: on loopback addresses and as Unix socket files."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import socket
import stat
from collections.abc import Callable
from pathlib import Path

from wampedge.errors import AddressInUseError, ConfigError
from wampedge.transports.url import TransportUrl

__all__ = ["Listener", "check_listen_url"]

_SOCKET_MODE = 0o660
_BACKLOG = 128

# From the event of the listening socket: the task, the transport, its protocol.
_TURNS_OF_AN_ACCEPT = 3


def check_listen_url(url: TransportUrl) -> None:
    """Refuse an address that others than this machine could reach.

    Raises:
        ConfigError: with what is wrong, why, and what to do.
    """
    if url.is_tls:
        raise ConfigError(
            f"cannot listen on {url}: listeners speak no TLS yet (use ws:// or rs:// on 127.0.0.1)"
        )
    if not url.is_loopback:
        raise ConfigError(
            f"cannot listen on {url}: {url.host} is not a loopback address, and the router has no"
            " certificate yet, so calls and passwords would cross the network for all to read"
            " (use 127.0.0.1, or unix:/path, or join an upstream router)"
        )


class Listener:
    """One listening socket.

    Opened by ``open``, closed by ``close``; the connections it accepted live on.

    Args:
        url: where; port 0 lets the system pick one.
        make_protocol: makes the protocol of each accepted connection.
    """

    def __init__(self, url: TransportUrl, make_protocol: Callable[[], asyncio.Protocol]) -> None:
        self.url = url
        self._make_protocol = make_protocol
        self._server: asyncio.Server | None = None
        self._socket_id: tuple[int, int] | None = None

    async def open(self) -> None:
        """Start to accept connections; ``url`` then has the real port.

        Raises:
            ConfigError: the address is taken, or may not be used.
        """
        loop = asyncio.get_running_loop()
        try:
            if self.url.socket_path:
                sock, self._socket_id = _bind_unix(Path(self.url.socket_path))
                self._server = await loop.create_unix_server(self._make_protocol, sock=sock)
                return
            # One address for "localhost": two would get two different ports from port 0.
            host = "127.0.0.1" if self.url.host == "localhost" else self.url.host
            self._server = await loop.create_server(
                self._make_protocol, host, self.url.port, backlog=_BACKLOG, reuse_address=True
            )
        except OSError as error:
            kind = AddressInUseError if error.errno == errno.EADDRINUSE else ConfigError
            raise kind(f"cannot listen on {self.url}: {_reason(error)}") from error
        self.url = self.url.but(port=self._server.sockets[0].getsockname()[1])

    async def close(self) -> None:
        """Stop to accept connections and remove the socket file; safe to call twice.

        A connection that was being accepted meanwhile has its protocol when this returns.
        """
        server, self._server = self._server, None
        if server is None:
            return
        # asyncio loses (and warns of) a connection whose server is closed between the accept and
        # the making of its transport. So accept no more, let the loop finish what it has, close.
        loop = asyncio.get_running_loop()
        for sock in server.sockets:
            loop.remove_reader(sock.fileno())
        for _ in range(_TURNS_OF_AN_ACCEPT):
            await asyncio.sleep(0)
        server.close()
        if self._socket_id is not None:
            _remove_socket(Path(self.url.socket_path), self._socket_id)


def _bind_unix(path: Path) -> tuple[socket.socket, tuple[int, int]]:
    """Make the socket file, and tell its device and inode.

    Nobody can connect before its mode is right.
    """
    _make_way(path)
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        sock.bind(str(path))
        # Before listen(): until then a connect is refused, so the first mode never counts.
        path.chmod(_SOCKET_MODE)
        sock.listen(_BACKLOG)
        sock.setblocking(False)
        status = path.stat()
    except BaseException:
        sock.close()
        raise
    return sock, (status.st_dev, status.st_ino)


def _make_way(path: Path) -> None:
    """Remove the socket file of a program that is gone.

    Raises:
        OSError: somebody listens there, or the file is no socket.
    """
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(mode):
        raise OSError(errno.EEXIST, "a file that is no socket is in the way")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.setblocking(False)
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            path.unlink()
        except BlockingIOError:
            # A full backlog: somebody listens, and is busy.
            raise OSError(errno.EADDRINUSE, os.strerror(errno.EADDRINUSE)) from None
        else:
            raise OSError(errno.EADDRINUSE, os.strerror(errno.EADDRINUSE))


def _remove_socket(path: Path, socket_id: tuple[int, int]) -> None:
    """Remove our socket file, unless another program has replaced it meanwhile."""
    with contextlib.suppress(FileNotFoundError):
        status = path.stat()
        if (status.st_dev, status.st_ino) == socket_id:
            path.unlink()


def _reason(error: OSError) -> str:
    """Tell in plain words why an address cannot be used."""
    if error.errno == errno.EADDRINUSE:
        return "the address is in use (is another wampedge running?)"
    if error.errno == errno.EACCES:
        return "permission denied"
    if error.errno == errno.ENOENT:
        return "the folder does not exist"
    if error.errno == errno.EADDRNOTAVAIL:
        return "this machine has no such address"
    if error.errno == errno.EEXIST:
        return str(error.strerror)
    return os.strerror(error.errno).lower() if error.errno else str(error)
