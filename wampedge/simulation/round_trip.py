"""A driver and its simulated part, tried on each other: what is sensed is what is read.

The part is made from the datasheet, or from the map of the driver. Where the two disagree, one of
them is wrong.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from wampedge.errors import ApplicationError
from wampedge.records import Record
from wampedge.simulation.site import SimulatedSite
from wampedge_simulator.part import Part

__all__ = ["LONGEST_S", "SETTLED_S", "RoundTrip", "resolution_of", "round_trip"]

SETTLED_S = 1.0
"""How long a part that measures without end may show what was before."""
LONGEST_S = 60.0
"""How long a part may take to its next measurement."""
_SHARES = (0.25, 0.7)
"""Where in the range of a quantity it is tried."""
_ROUNDED = 1e-9
_SHARE_OF_RANGE = 0.005
"""How far a reading may be off where nobody knows the resolution of the part."""


class RoundTrip(Record):
    """What came of it.

    Attributes:
        tried: how many values.
        failures: what did not hold, a line each.
    """

    tried: int
    failures: tuple[str, ...] = ()


def resolution_of(part: Part, channel: str) -> tuple[float, float]:
    """Return how far a reading may be off: at all, and as a share of the value."""
    step = getattr(part, "step", None)
    if callable(step):
        return float(step(channel)), 1e-9
    quantity = part.quantity_of(channel)
    return _SHARE_OF_RANGE * (quantity.high - quantity.low), 0.0


async def round_trip(
    site: SimulatedSite,
    device: str,
    *,
    resolution: Callable[[Part, str], tuple[float, float]] = resolution_of,
    values: Callable[[str], Sequence[float] | None] = lambda _: None,
) -> RoundTrip:
    """Set each quantity the part of *device* senses, and read it through the node.

    Args:
        site: a running site.
        device: which of its devices.
        resolution: how far a reading may be off, by part and channel; see ``resolution_of``.
        values: what to try for a channel; None: two values within its range.
    """
    part, tried, failures = site.part(device), 0, []
    await asyncio.sleep(part.warm_up_s)
    for channel in _readable(site, device):
        quantity = part.quantity_of(channel)
        low, high = quantity.low, quantity.high
        given = [value for value in values(channel) or () if low <= value <= high]
        for wanted in given or [low + share * (high - low) for share in _SHARES]:
            site.board.set(device, channel, wanted)
            await asyncio.sleep(SETTLED_S)
            tried += 1
            try:
                found = await _fresh(site, device, channel)
            except ApplicationError as error:
                failures.append(f"{channel}: {wanted:g} {quantity.unit} is set, and: {error}")
                continue
            step, share = resolution(part, channel)
            if not _is_near(found, wanted, step * 1.001 + share * abs(wanted) + _ROUNDED):
                text = f"{channel}: the part senses {wanted:g} {quantity.unit}, read is {found}"
                failures.append(f"{text} (resolution {step:g})")
        site.board.release(device, channel)
    return RoundTrip(tried, tuple(failures))


def _readable(site: SimulatedSite, device: str) -> Iterable[str]:
    """Return the channels the part senses and the driver reads, by the driver's name."""
    read = {
        channel.source
        for channel in site.node.config.devices[device].channels.values()
        if not channel.spec.is_settable
    }
    return [channel for channel in site.part(device).sensed if channel in read]


def _is_near(found: Any, wanted: float, tolerance: float) -> bool:
    return isinstance(found, int | float) and abs(found - wanted) <= tolerance


async def _fresh(site: SimulatedSite, device: str, channel: str) -> Any:
    """Return a new sample, when the part has one; raises ApplicationError."""
    ends_s = asyncio.get_running_loop().time() + LONGEST_S
    while True:
        try:
            return await site.call(f"{device}.{channel}.get", fresh=True)
        except ApplicationError as error:
            is_late = asyncio.get_running_loop().time() >= ends_s
            if error.uri != "wampedge.error.not_ready" or is_late:
                raise
            await asyncio.sleep(1.0)
