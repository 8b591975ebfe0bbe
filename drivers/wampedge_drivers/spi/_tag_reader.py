"""What readers of tags have in common: the channel ``tag``, and the events when one comes or goes.

A tag at the edge of the field is not heard each time, so it has left only when it was not heard for
``leave_after``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final

from wampedge.devices.driver import Driver, param, reading
from wampedge.devices.fields import Duration, Field, Text
from wampedge.devices.values import Value

__all__ = ["TAG_DETAILS", "TAG_EVENTS", "TagReader"]

UID: Final = Text(
    "(?:[0-9A-F]{8}|[0-9A-F]{14}|[0-9A-F]{20})",
    maximum_length=20,
    doc="4, 7 or 10 bytes in hexadecimal",
)
TAG_EVENTS: Final = ("arrived", "left")
"""Events of every reader, each with the tag it is about."""
TAG_DETAILS: Final[Mapping[str, Field]] = {"tag": UID}


class TagReader(Driver):
    """A reader that looks for one tag at each sampling. Channel ``tag``."""

    tag = reading(kind=UID, may_be_empty=True, doc="UID of the tag in front of it; null: none")
    leave_after: float = param(
        Duration(0.0, 10.0), 0.5, doc="how long a tag may be unheard before it has left"
    )

    _tag: str | None = None
    _heard_s = -math.inf

    async def find(self) -> bytes | None:
        """Unit: return the UID of a tag in the field, or None; raises DeviceError."""
        raise NotImplementedError("each reader has its way to find tags")

    def take_over(self, before: Driver) -> None:
        """Go on with the tag that is there."""
        if isinstance(before, TagReader):
            self._tag, self._heard_s = before._tag, before._heard_s

    async def read(self) -> Mapping[str, Value]:
        """Look for a tag and tell who came or went; raises DeviceError."""
        found = await self.find()
        now_s = self.context.clock.monotonic()
        if found is not None:
            self._heard_s = now_s
            self._take(found.hex().upper())
        elif now_s - self._heard_s >= self.leave_after:
            self._take(None)
        return {"tag": self._tag}

    def _take(self, tag: str | None) -> None:
        before, self._tag = self._tag, tag
        if tag == before:
            return
        if before is not None:
            self.emit("left", tag=before)
        if tag is not None:
            self.emit("arrived", tag=tag)
