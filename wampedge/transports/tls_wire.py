"""TLS at the server, around a connection whose first bytes were read already.

asyncio has TLS of its own, but it cannot begin in the middle: one port takes plain and encrypted
connections, and only the first byte tells which one it is. It also keeps 256 KiB for each
connection, drops the alert that tells a client why its handshake failed, and cannot end one
direction alone, so that last words may be lost. The client's side has none of these needs, and
uses asyncio's.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Callable, Iterable
from typing import Any

from wampedge.transports.tls import reason_of
from wampedge.transports.wire import read_memory_of

__all__ = ["TlsWire"]

_RECORD_BYTES = 16 * 1024

# What arrived together is handed over together, up to this.
_BATCH_BYTES = 64 * 1024

_SHAKING, _OPEN, _ENDED = range(3)


class TlsWire(asyncio.Transport):
    """The encrypted side of a TCP connection, as a transport for the protocol above.

    States::

        shaking hands ──done──▶ open ──close(), peer's end, bad record──▶ ended
              └──failed, lost──────────────────────────────────────────────▶ ended

    Made for one connection in its event loop; takes the connection over at once.

    Args:
        lower: the TCP connection.
        context: TLS settings of the server.
        on_open: called once the handshake is done, before anything is read.
        on_failed: called with why, when the handshake fails or the connection ends before.
    """

    def __init__(
        self,
        lower: asyncio.Transport,
        context: ssl.SSLContext,
        *,
        on_open: Callable[[TlsWire], None],
        on_failed: Callable[[str], None],
    ) -> None:
        super().__init__()
        self._lower = lower
        self._on_open = on_open
        self._on_failed = on_failed
        self._loop = asyncio.get_running_loop()
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._session = context.wrap_bio(self._incoming, self._outgoing, server_side=True)
        self._protocol: Any = None
        self._state = _SHAKING
        self._is_paused = False
        self._has_sent_end = False
        self._has_peer_ended = False
        self._has_told_end = False
        self._is_kept = False
        self._error: Exception | None = None
        lower.set_protocol(_Below(self))

    def receive(self, data: bytes | memoryview) -> None:
        """Take encrypted bytes of the peer."""
        if self._has_sent_end:
            return  # nobody listens any more; read on, so that closing does not reset
        self._incoming.write(data)
        if self._state == _SHAKING:
            self._shake_hands()
        self._read()

    def _shake_hands(self) -> None:
        try:
            self._session.do_handshake()
        except ssl.SSLWantReadError:
            self._flush()
        except ssl.SSLError as error:
            # What is flushed now is the alert that tells the client.
            self._flush()
            self._fail(reason_of(error))
        else:
            self._flush()
            self._state = _OPEN
            self._on_open(self)

    def _fail(self, text: str) -> None:
        self._state = _ENDED
        self._has_sent_end = True
        self._lower.close()
        self._on_failed(text)

    def _read(self) -> None:
        """Hand over what can be decrypted, in one piece where it arrived in one."""
        is_more = True
        while is_more and self._state == _OPEN and not self._is_paused:
            pieces: list[bytes] = []
            is_more = self._decrypt(pieces)
            if pieces:
                self._protocol.data_received(b"".join(pieces))
            if self._outgoing.pending:  # an answer to a change of keys, or an alert
                self._flush()
            if self._has_peer_ended:
                self._end_of_peer()
            if self._error is not None:
                self._lower.close()
                self._state = _ENDED

    def _decrypt(self, pieces: list[bytes]) -> bool:
        """Decrypt into *pieces*; returns whether there is more for another batch."""
        size = 0
        try:
            while size < _BATCH_BYTES:
                piece = self._session.read(_RECORD_BYTES)
                if not piece:
                    self._has_peer_ended = True
                    return False
                pieces.append(piece)
                size += len(piece)
        except ssl.SSLWantReadError:
            return False
        except ssl.SSLError as error:
            self._error = ConnectionAbortedError(f"TLS failed: {reason_of(error)}")
            return False
        return True

    def end_of_stream(self) -> bool:
        """Hear that the peer sends no more bytes, with or without the proper end of TLS.

        Returns:
            Whether the connection stays open for what we have to say.
        """
        if self._state == _SHAKING:
            self._fail("connection ended during the TLS handshake")
        elif self._state == _OPEN:
            self._end_of_peer()
        return self._is_kept

    def _end_of_peer(self) -> None:
        """Tell the protocol of the end, once; it may keep our side open."""
        if self._state == _OPEN and not self._has_told_end:
            self._has_told_end = True
            self._is_kept = bool(self._protocol.eof_received())
            if not self._is_kept:
                self.close()

    def lost(self, error: Exception | None) -> None:
        """Hear that the TCP connection is gone."""
        protocol, self._protocol = self._protocol, None
        if self._state == _SHAKING:
            self._state = _ENDED
            self._on_failed("connection ended during the TLS handshake")
        elif protocol is not None:
            self._state = _ENDED
            protocol.connection_lost(self._error or error)

    def congested(self, *, is_congested: bool) -> None:
        """Hear that the peer falls behind or has caught up."""
        if self._protocol is not None:
            if is_congested:
                self._protocol.pause_writing()
            else:
                self._protocol.resume_writing()

    def write(self, data: bytes | bytearray | memoryview[Any]) -> None:
        """Encrypt and send *data*; dropped once the stream was ended."""
        if self._state == _OPEN and not self._has_sent_end and data:
            self._session.write(data)
            self._flush()

    def writelines(self, list_of_data: Iterable[bytes | bytearray | memoryview[Any]]) -> None:
        """Encrypt and send all of *list_of_data*."""
        self.write(b"".join(list_of_data))

    def can_write_eof(self) -> bool:
        """Tell that this side can end its stream and still read."""
        return True

    def write_eof(self) -> None:
        """End our stream, in TLS and in TCP; the peer's goes on, unread, until it ends, too."""
        self._send_end()
        if not self._lower.is_closing():
            self._lower.write_eof()

    def close(self) -> None:
        """Send what waits, end our stream and close; safe to call twice."""
        self._send_end()
        if self._state == _OPEN:
            self._state = _ENDED
        self._lower.close()

    def abort(self) -> None:
        """Close at once; what waits is lost."""
        self._has_sent_end = True
        self._lower.abort()

    def _send_end(self) -> None:
        if self._has_sent_end or self._state != _OPEN:
            return
        self._has_sent_end = True
        with contextlib.suppress(ssl.SSLError):  # it would like to read the peer's end, too
            self._session.unwrap()
        self._flush()

    def _flush(self) -> None:
        data = self._outgoing.read()
        if data:
            self._lower.write(data)

    def is_closing(self) -> bool:
        """Tell whether it is closed, or about to be."""
        return self._lower.is_closing()

    def pause_reading(self) -> None:
        """Read no more until ``resume_reading``."""
        self._is_paused = True
        self._lower.pause_reading()

    def resume_reading(self) -> None:
        """Read again, first what is here already."""
        if self._is_paused:
            self._is_paused = False
            self._lower.resume_reading()
            self._loop.call_soon(self._read)

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        """Hand what is read to *protocol* from now on."""
        self._protocol = protocol

    def get_protocol(self) -> asyncio.BaseProtocol:
        """Return who gets what is read."""
        protocol: asyncio.BaseProtocol = self._protocol
        return protocol

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """Set how many encrypted bytes may wait before the protocol is told to pause."""
        self._lower.set_write_buffer_limits(high=high, low=low)

    def get_write_buffer_size(self) -> int:
        """Return how many encrypted bytes wait to be sent."""
        return self._lower.get_write_buffer_size()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """Return ``ssl_object``, or what the TCP connection tells."""
        if name == "ssl_object":
            return self._session
        return self._lower.get_extra_info(name, default)


class _Below(asyncio.BufferedProtocol):
    """Passes what happens to the TCP connection up to its ``TlsWire``."""

    def __init__(self, wire: TlsWire) -> None:
        self._wire = wire
        self._memory = read_memory_of(asyncio.get_running_loop())

    def get_buffer(self, sizehint: int) -> memoryview:
        return self._memory

    def buffer_updated(self, nbytes: int) -> None:
        self._wire.receive(self._memory[:nbytes])

    def eof_received(self) -> bool:
        return self._wire.end_of_stream()

    def connection_lost(self, exc: Exception | None) -> None:
        self._wire.lost(exc)

    def pause_writing(self) -> None:
        self._wire.congested(is_congested=True)

    def resume_writing(self) -> None:
        self._wire.congested(is_congested=False)
