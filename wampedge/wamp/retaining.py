"""Names around event retention that the specification has no word for.

They start with ``x_`` to keep out of the way of what it may define later.
"""

from __future__ import annotations

from typing import Final

__all__ = ["CLEAR_OPTION", "OMITTED_DETAIL", "RESTORED_DETAIL", "TIME_DETAIL"]

CLEAR_OPTION: Final = "x_clear_retained"
"""Option of PUBLISH: nothing is retained for the topic any more, this event neither."""

OMITTED_DETAIL: Final = "x_omitted"
"""Detail of the last retained EVENT for a pattern: how many more topics there were."""

RESTORED_DETAIL: Final = "x_restored"
"""Detail of a retained EVENT that was published before the router started: true."""

TIME_DETAIL: Final = "x_time"
"""Detail of such an EVENT: when it was published, in seconds since 1970."""
