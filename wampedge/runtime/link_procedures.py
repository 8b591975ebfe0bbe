"""``P.sys.link`` and ``P.sys.queue``: how the links do, and what waits for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wampedge.runtime.link_reports import LinkReports
    from wampedge.runtime.simulator_procedures import DeclaredProcedures

__all__ = ["link_procedures"]


def link_procedures(reports: LinkReports, prefix: str) -> DeclaredProcedures:
    """Return the procedures that tell of links and queues, below the node's *prefix*."""

    async def link() -> dict[str, Any]:
        """How each link upstream does, by its name in the device file."""
        return reports.links()

    async def queue() -> dict[str, Any]:
        """What waits for each link, and what is written to the card."""
        return reports.queues()

    return {f"{prefix}.sys.link": ({}, link), f"{prefix}.sys.queue": ({}, queue)}
