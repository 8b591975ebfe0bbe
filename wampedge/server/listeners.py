"""Sockets that wait for connections, on network addresses and as Unix socket files."""

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
from wampedge.records import Record
from wampedge.transports.exposure import exposure_fault
from wampedge.transports.tls_files import ServerTlsFiles
from wampedge.transports.url import TransportUrl

__all__ = ["Listener", "Protection", "check_listen_url", "is_exposed"]

_SOCKET_MODE = 0o660
_BACKLOG = 128

# From the event of the listening socket: the task, the transport, its protocol.
_TURNS_OF_AN_ACCEPT = 3


class Protection(Record, kw_only=True):
    """What stands between a server and those who can reach it.

    Attributes:
        tls: its certificate; None without one.
        has_rules: peers that prove nothing may do only what rules say.
        is_insecure: the user lets others in without TLS or proof.
    """

    tls: ServerTlsFiles | None = None
    has_rules: bool = False
    is_insecure: bool = False


def check_listen_url(
    url: TransportUrl, protection: Protection, *, anonymous_role: str | None
) -> None:
    """Refuse an address that others than this machine could reach without TLS or proof.

    Raises:
        ConfigError: with what is wrong, why, and what to do.
    """
    fault = _fault(url, protection, anonymous_role)
    if fault is not None:
        text, hint = fault
        raise ConfigError(f"cannot listen on {url}: it {text} ({hint})")


def is_exposed(url: TransportUrl, protection: Protection, *, anonymous_role: str | None) -> bool:
    """Tell whether other machines could reach *url* without TLS or proof."""
    return _fault(url, protection.but(is_insecure=False), anonymous_role) is not None


def _fault(
    url: TransportUrl, protection: Protection, anonymous_role: str | None
) -> tuple[str, str] | None:
    return exposure_fault(
        url,
        has_certificate=protection.tls is not None,
        is_guarded=protection.has_rules or anonymous_role is None,
        is_insecure=protection.is_insecure,
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
