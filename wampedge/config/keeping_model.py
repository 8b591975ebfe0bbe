"""What a checked device file says of what outlives the node."""

from __future__ import annotations

from wampedge.records import Record

__all__ = ["RetainedConfig", "StoreConfig"]


class RetainedConfig(Record):
    """What becomes of retained events when the node ends.

    Attributes:
        is_on_disk: they come back with the next start.
        commit_s: when those of clients are safe at the latest.
        readings_commit_s: when the newest readings of the node are.
    """

    is_on_disk: bool = True
    commit_s: float = 1.0
    readings_commit_s: float = 60.0


class StoreConfig(Record):
    """How much history there may be.

    Attributes:
        history_max_bytes: of all channels together.
        history_commit_s: when a row is safe at the latest.
    """

    history_max_bytes: int = 268_435_456
    history_commit_s: float = 60.0
