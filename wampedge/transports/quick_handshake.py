"""The opening handshake of a WebSocket at the server, for requests as nearly all clients write.

What is read here is a request without anything unusual in it: known headers, each once, in plain
characters, from no web page. Every other one gives None and is read by ``websockets``, which takes
it or says what is wrong: correctness never depends on this module. (RFC 6455 section 4.2.)
"""

from __future__ import annotations

import re
from base64 import b64encode
from hashlib import sha1

from wampedge.transports.subprotocols import SUBPROTOCOLS, WampSubprotocol

__all__ = ["quick_answer"]

_HEAD = re.compile(rb"GET [!-~]+ HTTP/1\.1\r\n(?:[A-Za-z-]+:[ \t]*[!-~][ -~]*\r\n)+\r\n")
_KEY = re.compile(rb"[A-Za-z0-9+/]{22}==")
_KEY_SUFFIX = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

_UPGRADES = frozenset({b"upgrade", b"keep-alive, upgrade"})
_NEEDED = frozenset(
    {
        b"host",
        b"upgrade",
        b"connection",
        b"sec-websocket-key",
        b"sec-websocket-version",
        b"sec-websocket-protocol",
    }
)
_IGNORED = frozenset({b"user-agent", b"pragma", b"cache-control"})

_SUBPROTOCOL_BY_NAME = {name.encode(): known for name, known in SUBPROTOCOLS.items()}


def quick_answer(head: bytes) -> tuple[bytes, WampSubprotocol] | None:
    """Accept a plain request; None for one that has to be looked at more closely.

    Args:
        head: a whole request, with the empty line at its end.

    Returns:
        What to write to the client, and what the session will use.
    """
    if _HEAD.fullmatch(head) is None:
        return None
    fields: dict[bytes, bytes] = {}
    for line in head[:-4].split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        name = name.lower()
        if name in _NEEDED and name not in fields:
            fields[name] = value.strip(b" \t")
        elif name not in _IGNORED:
            return None
    if len(fields) != len(_NEEDED):
        return None
    chosen = _first_known(fields[b"sec-websocket-protocol"])
    key = fields[b"sec-websocket-key"]
    if (
        chosen is None
        or _KEY.fullmatch(key) is None
        or fields[b"upgrade"].lower() != b"websocket"
        or fields[b"connection"].lower() not in _UPGRADES
        or fields[b"sec-websocket-version"] != b"13"
    ):
        return None
    # SHA-1 is what RFC 6455 wants here; it proves that the server speaks WebSocket, and no more.
    accept = b64encode(sha1(key + _KEY_SUFFIX, usedforsecurity=False).digest())
    answer = (
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: %b\r\nSec-WebSocket-Protocol: %b\r\n\r\n"
    )
    return answer % (accept, chosen.name.encode()), chosen


def _first_known(offered: bytes) -> WampSubprotocol | None:
    """Return the client's first choice among ours, if it offers nothing but names that are ours."""
    names = [name.strip(b" \t") for name in offered.split(b",")]
    chosen = [_SUBPROTOCOL_BY_NAME.get(name) for name in names]
    return None if None in chosen else chosen[0]
