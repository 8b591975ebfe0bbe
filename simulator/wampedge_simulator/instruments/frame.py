"""A talker of the frames the device file describes: the other end of ``frame``."""

from __future__ import annotations

from wampedge.devices.contracts import WiredDevice
from wampedge.devices.frames.keys import format_of, out_of
from wampedge_simulator.instruments._frames import FrameTalker, Placed
from wampedge_simulator.part import Bench

__all__ = ["PART", "AnyFrameTalker"]


class AnyFrameTalker(FrameTalker):
    """A talker made from the ``channels`` of a device."""

    def __init__(self, wired: WiredDevice, bench: Bench) -> None:
        placed = {}
        for name, table in wired.channel_options.items():
            place = out_of(name, table).field
            assert place is not None, "every channel lies in the frame"
            unit = str(table.get("unit") or "")
            placed[name] = Placed(place, table["scale"], table["offset"], unit)
        ask = wired.params.get("ask")
        request = ask["send"] if ask else b""
        super().__init__(
            wired, bench, frame=format_of(wired.params), placed=placed, request=request
        )


PART = AnyFrameTalker
