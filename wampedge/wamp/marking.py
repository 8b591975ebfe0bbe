"""The mark of an event that a node sends up: whose it is, which one, and how old.

An event may come twice: who sent it and never heard that it was taken sends it again. Its mark
lets a router of ours drop the second one, and tells subscribers that an event has waited. Not part
of the specification; routers that do not know the option ignore it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from wampedge.wamp.retaining import TIME_DETAIL

__all__ = [
    "HISTORICAL_DETAIL",
    "INGEST_FEATURE",
    "INGEST_PROCEDURE",
    "LANES",
    "MARK_OPTION",
    "MAX_BATCH",
    "TIME_DETAIL",
    "Mark",
    "event_mistake",
    "historical_options",
    "mark_mistake",
]

MARK_OPTION: Final = "x_wampedge"
"""Option of PUBLISH: a dict with the fields of ``Mark``."""

HISTORICAL_DETAIL: Final = "x_historical"
"""Detail of an EVENT that waited before it went up: true."""

INGEST_PROCEDURE: Final = "wampedge.ingest"
"""Takes many marked events at once."""

INGEST_FEATURE: Final = "x_wampedge_ingest"
"""Feature of the broker of a router that has the procedure, in WELCOME."""

MAX_BATCH: Final = 256
"""Events that one call of it may bring."""

LANES: Final = 2
"""Streams of one node and epoch: events in order, and those that may overtake them."""

_MAX_NAME: Final = 255
_MAX_EPOCH: Final = 2**64


class Mark(NamedTuple):
    """What the option says.

    Attributes:
        node: the name of the node.
        epoch: a random number that the node's store was made with.
        lane: the stream, 0 or 1.
        seq: number in the stream, from 1; a number that came before is the same event.
        time: when it was published, in seconds since 1970, as far as the node knew.
        is_historical: it waited before it went up.
    """

    node: str
    epoch: int
    lane: int
    seq: int
    time: float
    is_historical: bool

    @classmethod
    def found_in(cls, option: Mapping[str, Any]) -> Mark:
        """Return what a checked option says (see ``mark_mistake``)."""
        return cls(
            option["node"],
            option["epoch"],
            option["lane"],
            option["seq"],
            option["time"],
            option["historical"],
        )

    @property
    def option(self) -> dict[str, Any]:
        """The value of the option of PUBLISH."""
        return {
            "node": self.node,
            "epoch": self.epoch,
            "lane": self.lane,
            "seq": self.seq,
            "time": self.time,
            "historical": self.is_historical,
        }

    @property
    def details(self) -> dict[str, Any]:
        """What subscribers are told of it; never the epoch, which whoever knows it can block."""
        return {HISTORICAL_DETAIL: True, TIME_DETAIL: self.time} if self.is_historical else {}


def historical_options(details: Mapping[str, Any]) -> dict[str, Any]:
    """Return what an event goes on with whose EVENT has *details*: that it has waited, if so."""
    return {HISTORICAL_DETAIL: True} if details.get(HISTORICAL_DETAIL) is True else {}


def mark_mistake(option: Any) -> str | None:
    """Return what is wrong with the value of the option, naming the field; None if nothing is."""
    if type(option) is not dict:
        return "must be a dict"
    node, epoch, lane = option.get("node"), option.get("epoch"), option.get("lane")
    if type(node) is not str or not 1 <= len(node) <= _MAX_NAME:
        return f"node must be a text of 1 to {_MAX_NAME} characters"
    if type(epoch) is not int or not 0 <= epoch < _MAX_EPOCH:
        return "epoch must be an integer of 64 bits"
    if type(lane) is not int or not 0 <= lane < LANES:
        return "lane must be 0 or 1"
    if type(option.get("historical")) is not bool:
        return "historical must be true or false"
    return event_mistake(option.get("seq"), option.get("time"))


def event_mistake(seq: Any, time: Any) -> str | None:
    """Return what is wrong with number and time of an event, naming it; None if nothing is."""
    if type(seq) is not int or not 1 <= seq < 2**63:
        return "seq must be an integer from 1"
    if not isinstance(time, int | float) or isinstance(time, bool) or not 0 <= time < 1e12:
        return "time must be a number of seconds since 1970"
    return None
