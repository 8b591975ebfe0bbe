"""One order of events in an outbox."""

from __future__ import annotations

from collections import OrderedDict
from typing import NamedTuple

from wampedge.store.outbox_entry import Item

__all__ = ["Handed", "Lane"]


class Handed(NamedTuple):
    """An event that was handed out."""

    rule: int
    size: int
    time: float


class Lane:
    """One order of events.

    Attributes:
        items: those in memory, by number.
        handed: those that were handed out and are not acknowledged, by number.
        acked: up to here all are upstream.
        handed_until: up to here all were handed out.
        cold_until: nothing beyond it is cold.
        cold_time: when the first of those that are cold was published, about.
        lost_until: up to here what is on the disk counts as lost.
        next_seq: the number of the next one.
    """

    __slots__ = (
        "acked",
        "cold_time",
        "cold_until",
        "handed",
        "handed_until",
        "items",
        "lost_until",
        "next_seq",
    )

    def __init__(self) -> None:
        self.items: OrderedDict[int, Item] = OrderedDict()
        self.handed: dict[int, Handed] = {}
        self.acked = self.handed_until = self.cold_until = self.lost_until = 0
        self.cold_time = 0.0
        self.next_seq = 1

    def new_seq(self) -> int:
        """Return the next number."""
        seq = self.next_seq
        self.next_seq = seq + 1
        return seq
