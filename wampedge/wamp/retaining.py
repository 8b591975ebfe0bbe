"""Names around event retention that the specification has no word for.

They start with ``x_`` to keep out of the way of what it may define later.
"""

from __future__ import annotations

from typing import Final

__all__ = [
    "CARRIED_DETAILS",
    "CLEAR_OPTION",
    "OMITTED_DETAIL",
    "RESTORED_DETAIL",
    "RETAINED_FOR_OPTION",
    "RETAIN_DETAIL",
    "TIME_DETAIL",
    "YIELDING_OPTION",
]

CLEAR_OPTION: Final = "x_clear_retained"
"""Option of PUBLISH: nothing is retained for the topic any more, this event neither."""

OMITTED_DETAIL: Final = "x_omitted"
"""Detail of the last retained EVENT for a pattern: how many more topics there were."""

RESTORED_DETAIL: Final = "x_restored"
"""Detail of a retained EVENT that was published before the router started: true."""

TIME_DETAIL: Final = "x_time"
"""Detail of such an EVENT: when it was published, in seconds since 1970."""

RETAIN_DETAIL: Final = "x_retain"
"""Detail of an EVENT for a link of the node: it was published with ``retain``."""

RETAINED_FOR_OPTION: Final = "x_retained_for"
"""Option of PUBLISH of a link: what another router retains, for this subscription id alone."""

YIELDING_OPTION: Final = "x_yielding"
"""Option of PUBLISH beside it: not where this router retains an event of the topic itself."""

CARRIED_DETAILS: Final = (OMITTED_DETAIL, RESTORED_DETAIL, TIME_DETAIL)
"""Details of a retained EVENT that are told on by the router it crosses to."""
