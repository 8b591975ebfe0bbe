"""The keys of frames, in the device file and in the files of parts, and what becomes of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from wampedge.devices.expressions import Expression
from wampedge.devices.fields import (
    Boolean,
    Choice,
    Field,
    FieldError,
    Integer,
    ListOf,
    Number,
    Table,
)
from wampedge.devices.frames.format import (
    FRAME_CHECKSUMS,
    MAX_FRAME,
    FrameCheck,
    FrameFormat,
    FrameLength,
)
from wampedge.devices.registermap.decoder import Field as Place
from wampedge.devices.registermap.decoder import Out
from wampedge.devices.tomlfile import HexText

__all__ = ["CHECK", "LENGTH", "PLACE_KEYS", "format_of", "out_of", "place_mistake"]

_ENDIAN: Final = Choice(("big", "little"), default="big", doc="byte order")


class _Length(Field):
    """Bytes of a frame, or where the frame says it."""

    def convert(self, value: Any) -> int | FrameLength:
        """Return the number, or where it stands; raises FieldError."""
        if isinstance(value, Mapping):
            return FrameLength(**_LENGTH_PLACE.convert(value))
        return Integer(2, MAX_FRAME).convert(value)

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of both forms."""
        return {"anyOf": [Integer(2, MAX_FRAME).schema(), _LENGTH_PLACE.schema()]}


_LENGTH_PLACE: Final = Table(
    {
        "at": Integer(0, 64, doc="first byte of the length"),
        "size": Integer(1, 4, default=1, doc="bytes of the length"),
        "endian": _ENDIAN,
        "plus": Integer(-64, 64, default=0, doc="added to it for the length of the whole frame"),
    }
)
LENGTH: Final = _Length(doc="bytes of the whole frame, or { at = 2, plus = 4 }: where it says so")


class _Check(Table):
    """What protects a frame; a ``FrameCheck`` inside."""

    def convert(self, value: Any) -> Any:
        """Return what protects the frame; raises FieldError."""
        return FrameCheck(**super().convert(value))


CHECK: Final = _Check(
    {
        "kind": Choice(tuple(FRAME_CHECKSUMS), doc="how it is computed"),
        "start": Integer(0, MAX_FRAME, default=0, doc="first byte that is protected"),
        "at": Integer(-MAX_FRAME, MAX_FRAME, doc="where it is; below zero: from the end"),
    },
    default=None,
    doc="what protects the frame; all bytes from start up to the checksum",
)

PLACE_KEYS: Final[Mapping[str, Field]] = {
    "at": Integer(0, MAX_FRAME - 1, doc="its first byte in the frame, counted from 0"),
    "size": Integer(1, 8, default=1, doc="its bytes"),
    "endian": _ENDIAN,
    "shift": Integer(0, 63, default=0, doc="bits dropped at the low end"),
    "bits": Integer(1, 64, default=None, doc="bits kept after that; all if absent"),
    "signed": Boolean(default=False, doc="two's complement"),
    "float": Boolean(default=False, doc="IEEE 754, of 4 or 8 bytes"),
    "scale": Number(default=1, doc="factor from the raw number to the value"),
    "offset": Number(default=0, doc="added after that"),
    "invalid": ListOf(Integer(0), 0, 16, default=(), doc="raw numbers that are no measurement"),
}

HEADER: Final = HexText(doc='the bytes a frame begins with, such as "aa c0"')


def format_of(tables: Mapping[str, Any]) -> FrameFormat:
    """Return the format that checked keys declare.

    Raises:
        FieldError: they do not go together.
    """
    frame = FrameFormat(
        tables["header"], tables["length"], tables["tail"] or b"", tables["checksum"]
    )
    check, length = frame.check, frame.length
    if isinstance(length, int) and length < len(frame.header) + len(frame.tail):
        raise FieldError("is shorter than header and tail", path=("length",))
    if check is not None and isinstance(length, int):
        size = FRAME_CHECKSUMS[check.kind].size
        at = check.at if check.at >= 0 else length + check.at
        if not check.start < at <= length - size:
            raise FieldError(f"is not within the {length} bytes of a frame", path=("checksum",))
    return frame


def place_mistake(table: Mapping[str, Any], frame: FrameFormat) -> str:
    """Return what is wrong with where a number lies, or nothing."""
    if isinstance(frame.length, int) and table["at"] + table["size"] > frame.length:
        return f"goes beyond the {frame.length} bytes of a frame"
    if table["float"] and table["size"] not in (4, 8):
        return "a float has a size of 4 or 8"
    if table["shift"] + (table["bits"] or 1) > 8 * table["size"]:
        return f"shift and bits go beyond {table['size']} bytes"
    return ""


def out_of(name: str, table: Mapping[str, Any]) -> Out:
    """Return how the value *name* is made from a frame."""
    bits = table["bits"] or 8 * table["size"] - table["shift"]
    place = Place(
        source="frame",
        start=table["at"],
        end=table["at"] + table["size"],
        endian=table["endian"],
        shift=table["shift"],
        bits=bits,
        is_signed=table["signed"],
        is_float=table["float"],
        invalid=frozenset(table["invalid"]),
    )
    limits = table.get("range")
    return Out(
        name,
        place,
        Expression(repr(table["scale"]), ()),
        Expression(repr(table["offset"]), ()),
        limits=tuple(limits) if limits else None,
    )
