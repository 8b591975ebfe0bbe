"""The numbers that bound every connection: sizes, counts and times.

One frozen object is handed to listeners and ``connect``; tests give smaller ones.
The defaults are the product's promises (message and queue bounds, half-open peers found in 15 s).
"""

from __future__ import annotations

from wampedge.records import Record

__all__ = ["TransportLimits"]


class TransportLimits(Record, kw_only=True):
    """Bounds of connections; all sizes in bytes, all times in seconds.

    Attributes:
        max_message_bytes: longest message taken from a peer; longer ones are read over and refused.
        max_skipped_bytes: longest message that is read over; longer ones close the connection.
        max_unjoined_message_bytes: longest message before the session is welcomed; longer ones
            close the connection.
        max_outgoing_bytes: a peer with more waiting for it is closed as too slow.
        high_water_bytes: with more waiting, the peer counts as congested.
        max_pause_s: how long one congested receiver may hold up those who send to it.
        open_timeout_s: from the first byte to the end of the opening handshake.
        hello_timeout_s: from there until the session is welcomed.
        close_timeout_s: how long a polite close may take before the connection is cut.
        ping_interval_s: time between two pings.
        pong_timeout_s: a peer silent for so long after a ping is gone.
        max_connections: open connections of one server.
        max_unjoined_connections: of these, connections whose session is not welcomed yet.
        max_http_connections: open connections that ask for pages or carry long-poll sessions.
        http_patience_s: how long such a connection may bring nothing forward: no next request,
            a body that does not come, an answer that is not read.
        poll_timeout_s: a long-poll for which there is no message is answered empty after this.
        poll_gap_s: a long-poll session that does not poll for so long is gone.
    """

    max_message_bytes: int = 256 * 1024
    max_skipped_bytes: int = 8 * 1024 * 1024
    max_unjoined_message_bytes: int = 64 * 1024
    max_outgoing_bytes: int = 1024 * 1024
    high_water_bytes: int = 64 * 1024
    max_pause_s: float = 0.5
    open_timeout_s: float = 5.0
    hello_timeout_s: float = 5.0
    close_timeout_s: float = 2.0
    ping_interval_s: float = 10.0
    pong_timeout_s: float = 5.0
    max_connections: int = 64
    max_unjoined_connections: int = 8
    max_http_connections: int = 32
    http_patience_s: float = 15.0
    poll_timeout_s: float = 10.0
    poll_gap_s: float = 30.0

    def serving(self, connections: int) -> TransportLimits:
        """Return the limits of a server that so many may be connected to at once."""
        joining = max(1, connections // 8)
        return self.but(max_connections=connections, max_unjoined_connections=joining)

    def stretched(self, factor: float) -> TransportLimits:
        """Return the limits for a clock that runs *factor* times as fast as that of the peers."""
        if factor == 1.0:
            return self
        most = min(factor, _FASTEST)
        times = [name for name in vars(self) if name.endswith("_s")]
        return self.but(**{name: getattr(self, name) * most for name in times})


_FASTEST = 1e6
"""Any pace beyond is as good as this one."""
