"""What happens to the events of a peer that reads too slowly: the names of the policies.

Not part of the specification; its ``x_`` names keep out of the way of what it may define later.
"""

from __future__ import annotations

from typing import Final

__all__ = [
    "DISCONNECT",
    "DROPPED_DETAIL",
    "DROP_OLDEST",
    "LATEST_PER_TOPIC",
    "OVERFLOW_OPTION",
    "OVERFLOW_POLICIES",
]

DISCONNECT: Final = "disconnect"
"""No event is lost; publishers wait a moment, and a peer with too much waiting is closed."""

DROP_OLDEST: Final = "drop_oldest"
"""With too much waiting, the oldest events are dropped; nobody waits for the peer."""

LATEST_PER_TOPIC: Final = "latest_per_topic"
"""Only the newest event of each subscription and topic waits; nobody waits for the peer."""

OVERFLOW_POLICIES: Final = (DISCONNECT, DROP_OLDEST, LATEST_PER_TOPIC)

OVERFLOW_OPTION: Final = "x_on_overflow"
"""Option of SUBSCRIBE: the policy for the events of this subscription."""

DROPPED_DETAIL: Final = "x_dropped"
"""Detail of EVENT: how many events of this subscription were lost since the one before."""
