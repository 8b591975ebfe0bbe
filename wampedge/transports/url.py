"""Addresses of routers and listeners, as people write them.

==========================  =====================================================
``ws://host:port/path``     WebSocket (port 80 when left out)
``wss://host:port/path``    WebSocket over TLS (port 443 when left out)
``rs://host:port``          RawSocket over TCP; ``tcp://`` means the same
``rss://host:port``         RawSocket over TLS
``unix:/path``              RawSocket on a Unix socket
``unix:/path?ws``           WebSocket on a Unix socket
==========================  =====================================================
"""

from __future__ import annotations

import ipaddress
from typing import Literal
from urllib.parse import SplitResult, urlsplit

from wampedge.errors import ConfigError
from wampedge.records import Record

__all__ = ["TransportUrl", "parse_url"]

_FORMS = "ws://host:port/path, wss://..., rs://host:port, rss://..., unix:/path or unix:/path?ws"

# sockaddr_un.sun_path holds 108 bytes on Linux, the last one is the terminating NUL.
_MAX_SOCKET_PATH_BYTES = 107

_DEFAULT_PORT = {"ws": 80, "wss": 443}
_SCHEMES = {
    "ws": ("websocket", False),
    "wss": ("websocket", True),
    "rs": ("rawsocket", False),
    "tcp": ("rawsocket", False),
    "rss": ("rawsocket", True),
}


class TransportUrl(Record, kw_only=True):
    """One parsed address: a host and port, or the path of a Unix socket.

    Attributes:
        framing: how messages are framed there; a listener takes both on every address.
        host: name or IP address without brackets, empty for a Unix socket.
        port: 0 to 65535; 0 is for listeners only (the system picks one).
        socket_path: path of the Unix socket, or empty.
        resource: path and query of the WebSocket request.
        is_tls: whether the connection is encrypted.
    """

    framing: Literal["websocket", "rawsocket"]
    host: str = ""
    port: int = 0
    socket_path: str = ""
    resource: str = "/"
    is_tls: bool = False

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach the address (Unix sockets included)."""
        if self.socket_path or self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

    def __str__(self) -> str:
        if self.socket_path:
            return f"unix:{self.socket_path}" + ("?ws" if self.framing == "websocket" else "")
        scheme = ("ws" if self.framing == "websocket" else "rs") + ("s" if self.is_tls else "")
        host = f"[{self.host}]" if ":" in self.host else self.host
        resource = self.resource if self.framing == "websocket" else ""
        return f"{scheme}://{host}:{self.port}{resource}"


def parse_url(text: str) -> TransportUrl:
    """Parse one address.

    Raises:
        ConfigError: *text* is none of the forms in the table above.
    """
    if not text.isascii() or any(character <= " " or character == "\x7f" for character in text):
        raise ConfigError(f"url {text!r} has a space, control or non-ASCII character")
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise ConfigError(f"url {text!r} cannot be read: {str(error).lower()}") from error
    if parts.scheme == "unix":
        return _unix_url(text, parts)
    if parts.scheme not in _SCHEMES:
        raise ConfigError(f"url {text!r} has an unknown form (want {_FORMS})")
    _check_network_parts(text, parts)
    framing, is_tls = _SCHEMES[parts.scheme]
    if port is None:
        port = _DEFAULT_PORT.get(parts.scheme)
    if port is None:
        raise ConfigError(f"url {text!r} names no port (write {parts.scheme}://host:port)")
    resource = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return TransportUrl(
        framing="websocket" if framing == "websocket" else "rawsocket",
        host=parts.hostname or "",
        port=port,
        resource=resource if framing == "websocket" else "/",
        is_tls=is_tls,
    )


def _unix_url(text: str, parts: SplitResult) -> TransportUrl:
    """Build the address of a Unix socket."""
    if parts.netloc or not parts.path or parts.fragment:
        raise ConfigError(f"url {text!r} names no socket path (write unix:/path)")
    if parts.query not in ("", "ws"):
        raise ConfigError(f"url {text!r} ends in ?{parts.query} (only ?ws is known there)")
    if len(parts.path) > _MAX_SOCKET_PATH_BYTES:
        raise ConfigError(
            f"socket path {parts.path!r} is {len(parts.path)} bytes long"
            f" (the system takes {_MAX_SOCKET_PATH_BYTES}; use a shorter folder)"
        )
    return TransportUrl(
        framing="websocket" if parts.query == "ws" else "rawsocket", socket_path=parts.path
    )


def _check_network_parts(text: str, parts: SplitResult) -> None:
    """Refuse what a network address must not carry."""
    if parts.username is not None or parts.password is not None:
        # The text itself is kept out of the message: it holds a secret.
        raise ConfigError("url holds a user name or password (give --authid and --secret instead)")
    if not parts.hostname:
        raise ConfigError(f"url {text!r} names no host (want {_FORMS})")
    if parts.fragment:
        raise ConfigError(f"url {text!r} has a fragment (#...), which means nothing here")
    if parts.scheme not in _DEFAULT_PORT and (parts.path not in ("", "/") or parts.query):
        raise ConfigError(f"url {text!r} has a path, but RawSocket has none (drop {parts.path})")
