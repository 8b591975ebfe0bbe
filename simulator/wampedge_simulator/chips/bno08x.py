"""CEVA BNO080, BNO085, BNO086: orientation sensor hub, I2C 0x4A or 0x4B.

From the datasheet 1000-3927 (channels, 90 ms to boot), the SHTP reference 1000-3535 (headers,
continued cargoes, sequence numbers of each channel and direction, advertisement) and the SH-2
reference manual 1000-3625 (reset complete, initialize response, product id, features, reports in
fixed point). Reports nobody fetches are dropped, the oldest first.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Mapping
from typing import ClassVar

from wampedge.devices.contracts import WiredDevice
from wampedge_simulator.faults import I2C_FAULTS
from wampedge_simulator.part import Bench, Part
from wampedge_simulator.world import Curve, Quantity

__all__ = ["PART", "Bno08x"]

COMMAND, EXECUTABLE, CONTROL, REPORTS = range(4)
HEADER_SIZE, CONTINUATION = 4, 0x80
ADVERTISEMENT_SIZE = 276
BOOT_S = 0.094
MOST_WAITING = 16
ACCELEROMETER, GYROSCOPE, ROTATION, GAME_ROTATION = 0x01, 0x02, 0x05, 0x08
SHORTEST_US = {ACCELEROMETER: 2000, GYROSCOPE: 2500, ROTATION: 2500, GAME_ROTATION: 2500}
PRODUCT_ID = bytes.fromhex("f8 01 03 02 9b 7f 98 00 65 01 00 00 08 00 00 00")
"""Reset by a host, version 3.2.8, part 10,000,283, build 357."""
INITIALIZED = bytes.fromhex("f1 00 84 00 00 01") + bytes(10)
ACCURACY = 3


class Bno08x(Part):
    """The hub; as a target it gives its cargoes one after another."""

    quantities: ClassVar = {
        "heading": Quantity(Curve(180.0, 90.0, 0.2), 0.0, 360.0, "°"),
        "pitch": Quantity(Curve(0.0, 20.0, 0.1), -90.0, 90.0, "°"),
        "roll": Quantity(Curve(0.0, 30.0, 0.1), -180.0, 180.0, "°"),
        "acceleration_x": Quantity(Curve(0.0, 0.5, 0.05), -78.0, 78.0, "m/s²"),
        "acceleration_y": Quantity(Curve(0.0, 0.5, 0.05), -78.0, 78.0, "m/s²"),
        "acceleration_z": Quantity(Curve(9.81, 0.2, 0.05), -78.0, 78.0, "m/s²"),
        "rotation_x": Quantity(Curve(0.0, 5.0, 0.2), -2000.0, 2000.0, "°/s"),
        "rotation_y": Quantity(Curve(0.0, 5.0, 0.2), -2000.0, 2000.0, "°/s"),
        "rotation_z": Quantity(Curve(0.0, 5.0, 0.2), -2000.0, 2000.0, "°/s"),
    }
    fault_kinds: ClassVar = {
        **I2C_FAULTS,
        "stall": "the hub sends nothing more until it is reset",
        "lost_report": "a report is not sent, and its number is missing",
        "refused": "the next report that is asked for stays off",
        "no_fusion": "the rotation vector is all zeros",
    }

    def __init__(self, wired: WiredDevice, bench: Bench) -> None:
        super().__init__(wired, bench)
        self.target = self
        self.stretch_s = 0.0
        self.host_number_errors = 0
        self.power_up()
        self._up_at = 0.0  # the board has had its supply for long

    def power_up(self) -> None:
        """Boot: nothing is acknowledged; then say what there is to say after a reset."""
        self._up_at = self.bench.after(BOOT_S)
        self._waiting: deque[tuple[int, bytes]] = deque()
        advertisement = bytes(ADVERTISEMENT_SIZE - HEADER_SIZE)
        self._waiting.append((COMMAND, advertisement))
        self._waiting.append((EXECUTABLE, b"\x01"))
        self._waiting.append((CONTROL, INITIALIZED))
        self._is_continued = self._is_stalled = False
        self._numbers = [0] * 6
        self._host_numbers: dict[int, int] = {}
        self._features: dict[int, tuple[int, float]] = {}
        self._sequences: dict[int, int] = {}
        self._wire, self._position, self._received = b"", 0, bytearray()

    @property
    def features(self) -> Mapping[int, int]:
        """The reports that are on, and their intervals in microseconds."""
        return {report: interval_us for report, (interval_us, _) in self._features.items()}

    def start(self, is_read: bool) -> bool:
        """Take a start; not acknowledged while the hub boots."""
        if self.bench.now() < self._up_at:
            return False
        self._received.clear()
        self._position = 0
        if is_read:
            self._report()
            self._wire = self._transfer()
        return True

    def write(self, byte: int) -> bool:
        """Take a byte of a cargo of the host."""
        self._received.append(byte)
        return True

    def read(self) -> int:
        """Give a byte of the cargo in front; zeros after its end."""
        at, self._position = self._position, self._position + 1
        return self._wire[at] if at < len(self._wire) else 0

    def stop(self) -> None:
        """Obey what was received, or go on to what was not fetched."""
        if self._received:
            self._obey(bytes(self._received))
            self._received.clear()
        elif self._position and self._wire:
            self._fetched(self._position)
        self._wire, self._position = b"", 0

    def _transfer(self) -> bytes:
        """Return the transfer the host may fetch now."""
        if not self._waiting:
            return b""
        channel, payload = self._waiting[0]
        size = (HEADER_SIZE + len(payload)).to_bytes(2, "little")
        flag = CONTINUATION if self._is_continued else 0
        return bytes((size[0], size[1] | flag, channel, self._numbers[channel])) + payload

    def _fetched(self, count: int) -> None:
        """Forget *count* bytes of the transfer; what is left of the cargo is continued."""
        channel, payload = self._waiting.popleft()
        rest = payload[max(0, count - HEADER_SIZE) :]
        self._numbers[channel] = (self._numbers[channel] + 1) & 0xFF
        self._is_continued = bool(rest)
        if rest:
            self._waiting.appendleft((channel, rest))

    def _obey(self, wire: bytes) -> None:
        """Take a cargo of the host; one whose length is wrong is ignored."""
        if len(wire) < HEADER_SIZE or int.from_bytes(wire[:2], "little") != len(wire):
            return
        channel, number, payload = wire[2], wire[3], wire[HEADER_SIZE:]
        if number != self._host_numbers.get(channel, number):
            self.host_number_errors += 1
        self._host_numbers[channel] = (number + 1) & 0xFF
        if channel == EXECUTABLE and payload == b"\x01":
            self.power_up()
        elif channel == CONTROL and payload[:1] == b"\xf9":
            self._waiting.append((CONTROL, PRODUCT_ID))
        elif channel == CONTROL and payload[:1] == b"\xfd" and len(payload) == 17:
            self._set_feature(payload)

    def _set_feature(self, payload: bytes) -> None:
        """Switch a report on or off, and tell how it is now; an unknown one stays off."""
        report, wanted_us = payload[1], int.from_bytes(payload[5:9], "little")
        interval_us = 0
        if report in SHORTEST_US and wanted_us and not self.faults.take("refused"):
            interval_us = max(wanted_us, SHORTEST_US[report])
            self._features[report] = interval_us, self.bench.after(interval_us / 1e6)
        else:
            self._features.pop(report, None)
        answer = b"\xfc" + payload[1:5] + interval_us.to_bytes(4, "little") + payload[9:]
        self._waiting.append((CONTROL, answer))

    def _report(self) -> None:
        """Put the reports that are due behind what waits."""
        if self.faults.take("stall"):
            self._is_stalled = True
        if self._is_stalled:
            self._waiting.clear()
            return
        now = self.bench.now()
        for report, (interval_us, due_at) in self._features.items():
            if now < due_at:
                continue
            interval_s = interval_us / 1e6
            missed = int((now - due_at) / interval_s)
            for late in range(min(missed, MOST_WAITING), -1, -1):
                self._send_report(report, now - due_at - (missed - late) * interval_s)
            following = round(due_at + (missed + 1) * interval_s, 9)
            self._features[report] = interval_us, following
        while len(self._waiting) > MOST_WAITING:
            del self._waiting[1 if self._is_continued else 0]

    def _send_report(self, report: int, age_s: float) -> None:
        sequence = self._sequences.get(report, 0)
        self._sequences[report] = (sequence + 1) & 0xFF
        body = REPORT_BODIES[report](self.sample(age_s))
        if report in {ROTATION, GAME_ROTATION} and self.faults.take("no_fusion"):
            body = bytes(len(body))
        if self.faults.take("lost_report"):
            self._numbers[REPORTS] = (self._numbers[REPORTS] + 1) & 0xFF
            return
        delay = round(age_s * 1e4)
        status = ACCURACY | (delay >> 8 & 0x3F) << 2
        time_base = b"\xfb" + bytes(4)
        header = bytes((report, sequence, status, delay & 0xFF))
        self._waiting.append((REPORTS, time_base + header + body))


def fixed(*numbers: float, point: int) -> bytes:
    """Return numbers in fixed point, 16 bit, low byte first."""
    words = (max(-0x8000, min(0x7FFF, round(number * (1 << point)))) for number in numbers)
    return b"".join((word & 0xFFFF).to_bytes(2, "little") for word in words)


def quaternion_of(sample: Mapping[str, float]) -> tuple[float, float, float, float]:
    """Return i, j, k and real of heading (with the clock), pitch and roll."""
    yaw, pitch, roll = (
        math.radians(angle) / 2 for angle in (-sample["heading"], sample["pitch"], sample["roll"])
    )
    (cy, sy), (cp, sp), (cr, sr) = ((math.cos(a), math.sin(a)) for a in (yaw, pitch, roll))
    return (
        sr * cp * cy - cr * sp * sy,
        cr * sp * cy + sr * cp * sy,
        cr * cp * sy - sr * sp * cy,
        cr * cp * cy + sr * sp * sy,
    )


def _acceleration(sample: Mapping[str, float]) -> bytes:
    return fixed(*(sample[f"acceleration_{axis}"] for axis in "xyz"), point=8)


def _rotation_rate(sample: Mapping[str, float]) -> bytes:
    return fixed(*(math.radians(sample[f"rotation_{axis}"]) for axis in "xyz"), point=9)


def _rotation(sample: Mapping[str, float]) -> bytes:
    return fixed(*quaternion_of(sample), point=14) + fixed(math.radians(3.0), point=12)


def _game_rotation(sample: Mapping[str, float]) -> bytes:
    return fixed(*quaternion_of(sample), point=14)


REPORT_BODIES: Mapping[int, Callable[[Mapping[str, float]], bytes]] = {
    ACCELEROMETER: _acceleration,
    GYROSCOPE: _rotation_rate,
    ROTATION: _rotation,
    GAME_ROTATION: _game_rotation,
}

PART = Bno08x
