"""Talkers of frames, made from the frame files of parts or from the channels of ``frame``.

A frame is filled in byte by byte and protected with code of its own, from what the file says.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from wampedge.devices.contracts import WiredDevice
from wampedge.devices.frames.format import FrameFormat, FrameLength
from wampedge.devices.registermap.decoder import Field
from wampedge_simulator.part import Bench, Part
from wampedge_simulator.world import Curve, Quantity, sense_all

__all__ = ["FRAME_FAULTS", "PERIOD_S", "FrameTalker", "Placed"]

PERIOD_S = 1.0
"""Time between two frames of a part that speaks by itself."""
FRAME_FAULTS = {
    "silent": "a frame is not sent",
    "bad_crc": "the checksum of a frame is wrong",
    "garbage": "noise comes before a frame",
    "half_frame": "a frame breaks off in its middle",
    "echo": "a request comes back before its answer",
    "stuck": "the values of the last frame come again",
}
_NOISE = bytes.fromhex("ff00aa5542ff")
_LONGEST_REQUEST = 64
_CURVES = {
    "ppm": Curve(700.0, 250.0, 5.0),
    "°C": Curve(21.0, 4.0, 0.1),
    "µg/m³": Curve(12.0, 6.0, 0.5),
}


@dataclass(frozen=True, slots=True)
class Placed:
    """A value and where its number lies in a frame."""

    place: Field
    scale: float = 1.0
    offset: float = 0.0
    unit: str = ""
    limits: tuple[float, float] | None = None

    def quantity(self) -> Quantity:
        """Return what can be set."""
        low, high = self.limits or self._ends()
        curve = _CURVES.get(self.unit, Curve((low + high) / 2 if self.limits else 50.0))
        if not low <= curve.mean <= high:
            curve = Curve((low + high) / 2)
        return Quantity(curve, low, high, self.unit)

    def put(self, frame: bytearray, value: float) -> None:
        """Write *value* where it belongs."""
        place, raw = self.place, (value - self.offset) / self.scale
        size = place.end - place.start
        order = ">" if place.endian == "big" else "<"
        if place.is_float:
            frame[place.start : place.end] = struct.pack(order + ("f" if size == 4 else "d"), raw)
            return
        whole = int.from_bytes(frame[place.start : place.end], place.endian)
        mask = (1 << place.bits) - 1
        whole = whole & ~(mask << place.shift) | (round(raw) & mask) << place.shift
        frame[place.start : place.end] = whole.to_bytes(size, place.endian)

    def _ends(self) -> tuple[float, float]:
        if self.place.is_float:
            return -1e6, 1e6
        bits = min(self.place.bits, 53)
        low, high = (-(1 << bits - 1), (1 << bits - 1) - 1) if self.place.is_signed else (0, (1 << bits) - 1)  # fmt: skip # noqa: E501 # limits of two kinds
        ends = sorted((low * self.scale + self.offset, high * self.scale + self.offset))
        return ends[0], ends[1]


class FrameTalker(Part):
    """Sends frames by itself, or one for each request.

    Args:
        wired: how the device file wires the device.
        bench: what the parts of the board share.
        frame: what a frame looks like.
        placed: the values in it.
        request: what asks for a frame; empty for a part that sends by itself.
        example: a frame whose other bytes are as the part sends them.
    """

    fault_kinds: ClassVar[Mapping[str, str]] = FRAME_FAULTS

    def __init__(
        self,
        wired: WiredDevice,
        bench: Bench,
        *,
        frame: FrameFormat,
        placed: Mapping[str, Placed],
        request: bytes = b"",
        example: bytes = b"",
    ) -> None:
        super().__init__(wired, bench)
        quantities = {name: each.quantity() for name, each in placed.items()}
        self._senses = sense_all(bench.world, wired.name, quantities)
        self._format, self._placed, self._request = frame, placed, request
        self._example = example or self._blank()
        self._received = b""
        self._next_at = bench.clock.monotonic() + PERIOD_S

    def receive(self, sent: bytes) -> bytes:
        """Take bytes from the node; returns a frame for each request in them."""
        self._received = (self._received + sent)[-_LONGEST_REQUEST:]
        answer = b""
        while self._request and self._request in self._received:
            self._received = self._received.partition(self._request)[2]
            answer += (self._request if self.faults.take("echo") else b"") + self._said()
        return answer

    def due_at(self) -> float | None:
        """Return when the next frame is sent; None where it waits for a request."""
        return None if self._request else self._next_at

    def speak(self) -> bytes:
        """Return the next frame; those that were due long ago are left out."""
        now = self.bench.clock.monotonic()
        self._next_at += PERIOD_S * max(1.0, (now - self._next_at) // PERIOD_S + 1)
        return self._said()

    def _said(self) -> bytes:
        if self.faults.take("silent"):
            return b""
        frame = bytearray(self._example)
        for name, value in self.sample().items():
            self._placed[name].put(frame, value)
        self._protect(frame)
        if self.faults.take("half_frame"):
            del frame[len(frame) // 2 :]
        return (_NOISE if self.faults.take("garbage") else b"") + bytes(frame)

    def _blank(self) -> bytes:
        """Return a frame without values."""
        length = self._format.length
        if isinstance(length, FrameLength):
            ends = [each.place.end for each in self._placed.values()]
            check = self._format.check
            room = len(self._format.tail) if check is None or check.at >= 0 else -check.at
            size = max([*ends, length.at + length.size]) + room
            frame = bytearray(size)
            number = (size - length.plus).to_bytes(length.size, length.endian)
            frame[length.at : length.at + length.size] = number
        else:
            frame = bytearray(length)
        frame[: len(self._format.header)] = self._format.header
        if self._format.tail:
            frame[-len(self._format.tail) :] = self._format.tail
        return bytes(frame)

    def _protect(self, frame: bytearray) -> None:
        check = self._format.check
        if check is None:
            return
        at = check.at if check.at >= 0 else len(frame) + check.at
        code = _checksum(check.kind, bytes(frame[check.start : at]))
        if self.faults.take("bad_crc"):
            code = bytes((code[0] ^ 0x01, *code[1:]))
        frame[at : at + len(code)] = code


def _checksum(kind: str, payload: bytes) -> bytes:
    """Return the bytes that protect *payload*."""
    simple: dict[str, Any] = {
        "sum": lambda: bytes((sum(payload) % 256,)),
        "minus_sum": lambda: bytes(((256 - sum(payload) % 256) % 256,)),
        "sum16": lambda: (sum(payload) % 65536).to_bytes(2, "big"),
        "sum16_little": lambda: (sum(payload) % 65536).to_bytes(2, "little"),
    }
    if kind in simple:
        made: bytes = simple[kind]()
        return made
    from wampedge.devices.frames.format import FRAME_CHECKSUMS  # noqa: PLC0415 # seldom needed

    return FRAME_CHECKSUMS[kind].to_wire(payload)
