"""The way of a call or an event across routers: ``forward_for``, an option and a detail.

A list with one dict for each station, the first one first, each with ``session``, ``authid`` and
``authrole`` (0 or an empty text where they are not told: some routers take no null). The first
names who called or published. A node that passes something on adds itself, with nothing but a
number of its own as ``x_node``: whoever finds its number in the list has sent it in a circle.

Only ``x_node`` of a list can be believed without knowing who sent it, for what it is worth: a list
that lies keeps its own call from being passed on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

__all__ = ["FORWARD_OPTION", "MAX_HOPS", "Speaker", "forwarded", "speaker_of", "way_of"]

FORWARD_OPTION: Final = "forward_for"
MAX_HOPS: Final = 16
"""Stations a list may have; what is longer goes in a circle, or somebody is testing us."""
_NODE: Final = "x_node"


class Speaker(NamedTuple):
    """Who called or published, as far as it was disclosed."""

    session: int | None
    authid: str | None
    authrole: str | None


def way_of(options: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the numbers of the nodes that passed it on; *options* were checked before."""
    hops = options.get(FORWARD_OPTION) or ()
    return tuple(node for hop in hops if isinstance(node := hop.get(_NODE), str))


def speaker_of(options: Mapping[str, Any]) -> Speaker | None:
    """Return who called or published first, as the list has it; None where it does not say."""
    hops = options.get(FORWARD_OPTION)
    if not hops:
        return None
    speaker = Speaker(*(hops[0].get(key) or None for key in Speaker._fields))
    return None if speaker == (None, None, None) else speaker


def forwarded(speaker: Speaker | None, way: Iterable[str]) -> list[dict[str, Any]]:
    """Return the list for what *speaker* said and the nodes of *way* passed on."""
    hops: list[dict[str, Any]] = []
    if speaker is not None:
        session, authid, authrole = speaker
        hops = [{"session": session or 0, "authid": authid or "", "authrole": authrole or ""}]
    return [*hops, *({"session": 0, "authid": "", "authrole": "", _NODE: node} for node in way)]
