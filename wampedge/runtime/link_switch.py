"""``P.sys.link.stop`` and ``P.sys.link.start``: leaving a router upstream for a while.

Both are for who has to do with the node itself: they are not offered upstream, where nobody could
start again what was stopped.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from wampedge.devices.fields import Field, Text
from wampedge.errors import InvalidValueError
from wampedge.runtime.links import Links
from wampedge.runtime.upstream import MAIN_LINK

if TYPE_CHECKING:
    from wampedge.runtime.simulator_procedures import DeclaredProcedures

__all__ = ["WHICH_LINK", "switch_procedures"]

WHICH_LINK: Final[Mapping[str, Field]] = {
    "link": Text(
        minimum_length=1, maximum_length=64, default=MAIN_LINK, doc="its name in the device file"
    )
}
"""What both take."""


def switch_procedures(upstream: Links, prefix: str) -> DeclaredProcedures:
    """Return the procedures that stop and start links, below the node's *prefix*."""

    async def stop(*, link: str) -> str:
        """Leave the router upstream until start is called, also over a reload; tells the state."""
        _check(link, upstream)
        await upstream.pause(link)
        return str(upstream.links()[link]["state"])

    async def start(*, link: str) -> str:
        """Link up again after a stop; tells the state the link is in now."""
        _check(link, upstream)
        await upstream.resume(link)
        return str(upstream.links()[link]["state"])

    base = f"{prefix}.sys.link"
    return {f"{base}.stop": (WHICH_LINK, stop), f"{base}.start": (WHICH_LINK, start)}


def _check(link: str, upstream: Links) -> None:
    """Refuse a link that is not there."""
    names = list(upstream.links())
    if link not in names:
        known = f"there is {', '.join(names)}" if names else "the device file has none"
        raise InvalidValueError(f"link: there is no {link} ({known})", field="link")
