"""Filters on a bench: what comes out of a chain for a list of samples."""

from __future__ import annotations

from typing import Any

from wampedge.devices.fields.amounts import settled
from wampedge.devices.filters.base import HELD, Bad, FilterSpec
from wampedge.devices.filters.chain import FilterChain
from wampedge.devices.filters.registry import FILTERS

__all__ = ["BAD", "chain_of", "sent"]

BAD = object()
"""Stands for a bad sample, and for one that a filter made bad."""


def chain_of(*filters: tuple[str, Any], unit: str = "°C") -> FilterChain:
    """Return the chain of *filters*, each a name and its options as the device file has them."""
    specs = [
        FilterSpec(name, settled(FILTERS[name].field.convert(options), unit))
        for name, options in filters
    ]
    return FilterChain(specs)


def sent(chain: FilterChain, *samples: Any, every_s: float = 1.0) -> list[Any]:
    """Return what comes out of *chain* for *samples*, one every so long; nothing for none."""
    found = []
    for turn, sample in enumerate(samples):
        if sample is BAD:
            chain.reset()
            found.append(BAD)
            continue
        out = chain.take(sample, turn * every_s)
        if out is not HELD:
            found.append(BAD if type(out) is Bad else out)
    return found
