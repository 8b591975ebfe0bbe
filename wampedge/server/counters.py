"""What a server counts."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["ServerCounters"]


@dataclass(slots=True)
class ServerCounters:
    """Running totals of one server since it was made; written by the server, read by anyone.

    Args:
        connections_accepted: connections that passed their opening handshake.
        connections_refused: connections turned away because too many were open.
        handshakes_failed: connections that ended before their opening handshake was done.
        sessions_aborted: sessions ended because the peer broke a rule or did not join in time.
        slow_sessions_closed: sessions closed because the peer did not read what waited for it.
        events_dropped: events one receiver could not get, because its serializer or its limit
            cannot carry them.
        events_overflowed: events one receiver could not get, because it read too slowly.
        events_conflated: events one receiver did not get, because it read too slowly and a newer
            one of the same topic took their place.
        messages_replaced: calls and results answered with an ERROR for the same reason.
    """

    connections_accepted: int = 0
    connections_refused: int = 0
    handshakes_failed: int = 0
    sessions_aborted: int = 0
    slow_sessions_closed: int = 0
    events_dropped: int = 0
    events_overflowed: int = 0
    events_conflated: int = 0
    messages_replaced: int = 0
