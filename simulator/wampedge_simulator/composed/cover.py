"""A cover has no part of its own: what moves it is behind the relays it uses."""

from __future__ import annotations

from wampedge_simulator.part import Part

__all__ = ["PART", "Cover"]


class Cover(Part):
    """Nothing to sense and nothing to break; the relays are parts themselves."""


PART = Cover
