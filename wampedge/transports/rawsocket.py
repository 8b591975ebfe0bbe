"""RawSocket frames of one open connection, over TCP or a Unix socket, without I/O.

The bytes themselves are ``wampedge.wamp.framing``'s; here they become what a transport needs.

RawSocket PING is part of the specification, yet autobahn and Crossbar end the connection when
they get one. So a peer is pinged only once it is known to cope: because it sent a PING itself, or
because its owner says so (a wampedge at the other end). For all others a half-open TCP connection
is found by the keep-alive probes of the system (``wire.keep_alive``).
"""

from __future__ import annotations

from wampedge.errors import RemoteProtocolError, TooLongForPeerError
from wampedge.transports.base import Ending
from wampedge.wamp.framing import FrameKind, FrameSplitter, encode_frame

__all__ = ["RawSocketFraming"]


class RawSocketFraming:
    """The frames of one open raw socket.

    Args:
        max_message_bytes: longest message taken.
        max_outgoing_bytes: longest message the peer takes, as it said in its handshake.
    """

    name = "rawsocket"
    seal = None
    has_closing_handshake = False
    ends_stream = True
    withholds = False

    def __init__(self, *, max_message_bytes: int, max_outgoing_bytes: int) -> None:
        self.replies: list[bytes] = []
        self.answers_pings = False
        self.bad_message: RemoteProtocolError | None = None
        self.ending: Ending | None = None
        # Frames are the same for all peers, but a peer may take shorter messages than others.
        self.frame_key = f"rawsocket {max_outgoing_bytes}"
        self._max_outgoing_bytes = max_outgoing_bytes
        self._splitter = FrameSplitter(max_message_bytes)

    @property
    def max_message_bytes(self) -> int:
        """Longest message taken."""
        return self._splitter.max_length

    @max_message_bytes.setter
    def max_message_bytes(self, value: int) -> None:
        self._splitter.max_length = value

    @property
    def max_skipped_bytes(self) -> int:
        """Longest message read over and answered, instead of closing the connection."""
        return self._splitter.max_skipped

    @max_skipped_bytes.setter
    def max_skipped_bytes(self, value: int) -> None:
        self._splitter.max_skipped = value

    def receive(self, data: bytes) -> list[bytes]:
        """Take bytes of the wire, give the bodies of the messages they complete.

        A PING is answered in ``replies``; a broken rule sets ``ending``.
        """
        bodies: list[bytes] = []
        if self.ending is not None:
            return bodies
        try:
            for kind, body in self._splitter.feed(data):
                if kind == FrameKind.MESSAGE:
                    bodies.append(body)
                elif kind == FrameKind.PING:
                    self.answers_pings = True
                    self.replies.append(encode_frame(body, FrameKind.PONG))
        except RemoteProtocolError as error:
            self.ending = Ending(text=str(error), is_fault=True)
        return bodies

    def frame(self, body: bytes) -> bytes:
        """Put one message into a frame; raises TooLongForPeerError when the peer takes no such."""
        if len(body) > self._max_outgoing_bytes:
            raise TooLongForPeerError(
                f"message of {len(body)} bytes is longer than the peer takes"
                f" ({self._max_outgoing_bytes})"
            )
        return encode_frame(body)

    def ping(self) -> bytes:
        """Build a PING without payload: any byte that comes back proves the peer alive."""
        return encode_frame(b"", FrameKind.PING)

    def end_of_stream(self) -> str:
        """Tell that the end of the stream is the orderly end of a raw socket."""
        return ""

    def close(self, code: int, reason: str) -> bytes:
        """Build nothing: a raw socket closes by ending the stream."""
        return b""
