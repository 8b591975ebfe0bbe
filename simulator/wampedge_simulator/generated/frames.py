"""Talkers made from the frame files of parts: every file is also the model of its part."""

from __future__ import annotations

from weakref import WeakKeyDictionary

from wampedge.devices.contracts import WiredDevice
from wampedge.devices.driver import DriverSpec
from wampedge.devices.frames.maps import FramePartDriver, read_frames
from wampedge_simulator.instruments._frames import FrameTalker, Placed
from wampedge_simulator.part import Bench

__all__ = ["talker_from"]

_talkers: WeakKeyDictionary[type[FramePartDriver], type[FrameTalker]] = WeakKeyDictionary()


def talker_from(spec: DriverSpec) -> type[FrameTalker]:
    """Return the talker that the frame file behind *spec* describes, the same class each time."""
    driver = spec.driver_class
    assert issubclass(driver, FramePartDriver), "only frame files describe their parts"
    if driver not in _talkers:
        _talkers[driver] = _made(driver, spec)
    return _talkers[driver]


def _made(driver: type[FramePartDriver], spec: DriverSpec) -> type[FrameTalker]:
    document = read_frames(driver.part_file)
    placed = {}
    for out in driver.outs:
        table = document["out"][out.name]
        assert out.field is not None, "every value lies in the frame"
        limits = tuple(table["range"]) if table["range"] else None
        placed[out.name] = Placed(out.field, table["scale"], table["offset"], table["unit"], limits)
    example = _example(driver, document["test"])

    class FileTalker(FrameTalker):
        """A talker with the frame of one part."""

        quantities = {name: each.quantity() for name, each in placed.items()}  # noqa: RUF012 # read only

        def __init__(self, wired: WiredDevice, bench: Bench) -> None:
            super().__init__(
                wired,
                bench,
                frame=driver.frame_format,
                placed=placed,
                request=driver.request,
                example=example,
            )

    FileTalker.__name__ = FileTalker.__qualname__ = f"Generated_{spec.name}"
    FileTalker.__doc__ = f"{spec.title}, made from its frame file."
    return FileTalker


def _example(driver: type[FramePartDriver], vectors: list[dict[str, bytes]]) -> bytes:
    """Return the first frame among the vectors."""
    header = driver.frame_format.header
    for vector in vectors:
        frame = vector["bytes"]
        if frame.startswith(header) and driver.frame_format.is_whole(frame):
            return frame
    return b""
