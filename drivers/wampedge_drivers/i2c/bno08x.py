"""CEVA BNO080, BNO085, BNO086: orientation in space, acceleration and rotation.

Chip: BNO08X, I2C address 0x4A (SA0 low) or 0x4B (SA0 high), up to 400 kHz.
Datasheet: BNO08X 1000-3927: 1.2.2 (I2C), 1.3.1 (channels), 5.2.1 (reset); SH-2 reference manual
1000-3625: 6.3.1 (product id), 6.5.4 and 6.5.5 (set and get feature), 6.5.8 (accelerometer), 6.5.13
(gyroscope), 6.5.18 and 6.5.19 (rotation vectors), 7.2.1 (time base).

Axes are those of Android: east, north and up while all angles are zero. The heading turns with the
clock, as on a compass; roll is about x, pitch about y, and the order is heading, pitch, roll. In
mode "game" the magnetometer is not used: the heading counts from where the chip was at its start.

The hub sends reports all the time; a read throws away what has piled up and waits for new ones. It
holds the clock line for long, which the I2C of a Raspberry Pi up to model 4 gets wrong now and
then: use a bus of driver i2c-gpio there.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from wampedge.devices.driver import Driver, DriverContext, param, reading
from wampedge.devices.fields import Choice, Duration, Integer
from wampedge.devices.values import Value
from wampedge.errors import BadReadingError, WrongChipError
from wampedge_drivers.i2c._shtp import Cargo, Shtp

__all__ = ["BNO08X"]

COMMAND, EXECUTABLE, CONTROL, REPORTS, WAKE_REPORTS = range(5)
RESET, RESET_COMPLETE = b"\x01", b"\x01"
COMMAND_RESPONSE, INITIALIZED = 0xF1, 0x84
PRODUCT_ID_RESPONSE, PRODUCT_ID_REQUEST = 0xF8, b"\xf9\x00"
TIME_BASE, TIME_REBASE = 0xFB, 0xFA
GET_FEATURE_RESPONSE, SET_FEATURE = 0xFC, 0xFD
ACCELEROMETER, GYROSCOPE, ROTATION, GAME_ROTATION = 0x01, 0x02, 0x05, 0x08
SIZES = {
    TIME_BASE: 5,
    TIME_REBASE: 5,
    ACCELEROMETER: 10,
    GYROSCOPE: 10,
    ROTATION: 14,
    GAME_ROTATION: 12,
}
NAMES = {
    ACCELEROMETER: "the accelerometer",
    GYROSCOPE: "the gyroscope",
    ROTATION: "the rotation vector",
    GAME_ROTATION: "the game rotation vector",
}
Q8, Q9, Q14 = 1 / (1 << 8), 1 / (1 << 9), 1 / (1 << 14)

BOOT_S, PATIENCE_S, STEP_S = 0.2, 1.0, 0.01
MOST_PENDING = 64
"""More cargoes than a hub keeps: what comes after so many is new."""


class BNO08X(
    Driver,
    bus="i2c",
    addresses=(0x4A, 0x4B),
    title="CEVA BNO080/BNO085/BNO086 orientation sensor",
    default_every_s=1.0,
    deadline_s=8.0,
):
    """Lets the hub report, and takes the newest report of each sensor."""

    heading = reading("°", range=(0, 360))
    pitch = reading("°", range=(-90, 90))
    roll = reading("°", range=(-180, 180))
    quaternion_w = reading(range=(-1.001, 1.001), doc="the same as a unit quaternion")
    quaternion_x = reading(range=(-1.001, 1.001))
    quaternion_y = reading(range=(-1.001, 1.001))
    quaternion_z = reading(range=(-1.001, 1.001))
    accuracy = reading(
        kind=Integer(0, 3), doc="0 (not at all) to 3 (fully): how far the angles can be trusted"
    )
    acceleration_x = reading("m/s²", range=(-80, 80), doc="with gravity")
    acceleration_y = reading("m/s²", range=(-80, 80), doc="with gravity")
    acceleration_z = reading("m/s²", range=(-80, 80), doc="with gravity")
    rotation_x = reading("°/s", range=(-2100, 2100))
    rotation_y = reading("°/s", range=(-2100, 2100))
    rotation_z = reading("°/s", range=(-2100, 2100))
    mode: str = param(
        Choice(("compass", "game")),
        "compass",
        doc="compass: heading from magnetic north; game: without magnetometer, from the start on",
    )
    interval: float = param(
        Duration(minimum_s=0.01, maximum_s=1.0),
        0.05,
        doc="how often the hub reports; a read waits for up to two of them",
    )

    def __init__(self, context: DriverContext, params: Mapping[str, Any], bus: Any = None) -> None:
        super().__init__(context, params, bus)
        self._link: Shtp | None = None
        self._rotation = ROTATION if self.mode == "compass" else GAME_ROTATION
        self._wanted = frozenset((ACCELEROMETER, GYROSCOPE, self._rotation))

    async def setup(self) -> None:
        """Reset the hub and switch reports on; raises WrongChipError, BadReadingError."""
        await self._hub.receive()  # something else at the address has no header, and is left alone
        await self._hub.send(EXECUTABLE, RESET)
        self._hub.restart()
        await self.sleep(BOOT_S)
        await self._await("the hub does not start", is_start)
        await self._hub.send(CONTROL, PRODUCT_ID_REQUEST)
        try:
            await self._await("no product id", is_product_id)
        except BadReadingError as error:
            raise WrongChipError("a BNO08x tells its product id, this chip does not") from error
        for report in sorted(self._wanted):
            await self._enable(report)

    async def read(self) -> Mapping[str, Value]:
        """Wait for a new report of each sensor; raises BadReadingError when one fails to come."""
        newest: dict[int, bytes] = {}
        for _ in range(MOST_PENDING):
            if await self._receive() is None:
                break
        for _ in range(int((PATIENCE_S + 2 * self.interval) / STEP_S)):
            cargo = await self._receive()
            if cargo is None:
                await self.sleep(STEP_S)
                continue
            if cargo.channel in (REPORTS, WAKE_REPORTS):
                newest |= reports_in(cargo.payload)
            if self._wanted <= newest.keys():
                return self._values(newest)
        missing = ", ".join(NAMES[report] for report in sorted(self._wanted - newest.keys()))
        raise BadReadingError(f"no report of {missing}")

    def counters(self) -> Mapping[str, int]:
        """Return how many transfers of the hub were missed."""
        return {"lost_transfers": 0 if self._link is None else self._link.lost}

    async def safe(self) -> None:
        """Reset the hub: without reports it sleeps."""
        await self._hub.send(EXECUTABLE, RESET)

    @property
    def _hub(self) -> Shtp:
        """The link to the hub; the bus is not there from the first instant on."""
        if self._link is None:
            self._link = Shtp(self.bus)
        return self._link

    async def _enable(self, report: int) -> None:
        """Let the hub send *report*; raises BadReadingError when it does not want to."""
        interval_us = round(self.interval * 1e6).to_bytes(4, "little")
        # No flags, no change sensitivity, no batching, nothing of the sensor's own.
        await self._hub.send(
            CONTROL, bytes((SET_FEATURE, report, 0, 0, 0)) + interval_us + bytes(8)
        )
        answer = await self._await(
            f"the hub does not answer for {NAMES[report]}",
            lambda cargo: cargo.payload[:2] == bytes((GET_FEATURE_RESPONSE, report)),
        )
        if not any(answer.payload[5:9]):
            raise BadReadingError(f"the hub does not switch {NAMES[report]} on")

    async def _await(self, complaint: str, is_wanted: Callable[[Cargo], bool]) -> Cargo:
        """Return the first cargo that *is_wanted*; raises BadReadingError with *complaint*."""
        for _ in range(int(PATIENCE_S / STEP_S)):
            cargo = await self._hub.receive()
            if cargo is None:
                await self.sleep(STEP_S)
            elif is_wanted(cargo):
                return cargo
        raise BadReadingError(complaint)

    async def _receive(self) -> Cargo | None:
        """Return the next cargo; raises BadReadingError after a reset, which ends all reports."""
        cargo = await self._hub.receive()
        if cargo is not None and is_start(cargo):
            raise BadReadingError("the hub was reset (was its power cut?)")
        return cargo

    def _values(self, reports: Mapping[int, bytes]) -> dict[str, Value]:
        """Return the channels that *reports* carry."""
        rotation = reports[self._rotation]
        x, y, z, w = (number * Q14 for number in numbers_in(rotation, 4))
        values: dict[str, Value] = {"accuracy": rotation[2] & 0x03}
        for axis, number in zip("xyz", numbers_in(reports[ACCELEROMETER], 3), strict=True):
            values[f"acceleration_{axis}"] = number * Q8
        for axis, number in zip("xyz", numbers_in(reports[GYROSCOPE], 3), strict=True):
            values[f"rotation_{axis}"] = math.degrees(number * Q9)
        # Before its first fusion the hub may give zeros, which are no orientation.
        if not 0.95 < w * w + x * x + y * y + z * z < 1.05:
            return values | dict.fromkeys(ORIENTATION)
        angles = angles_of(w, x, y, z)
        return values | dict(zip(ORIENTATION, (*angles, w, x, y, z), strict=True))


ORIENTATION = (
    "heading",
    "pitch",
    "roll",
    "quaternion_w",
    "quaternion_x",
    "quaternion_y",
    "quaternion_z",
)


def is_start(cargo: Cargo) -> bool:
    """Say whether the hub tells that it was reset: on its executable channel, or as initialized."""
    if cargo.channel == EXECUTABLE:
        return cargo.payload == RESET_COMPLETE
    is_response = cargo.channel == CONTROL and cargo.payload[:1] == bytes((COMMAND_RESPONSE,))
    return is_response and cargo.payload[2:3] == bytes((INITIALIZED,))


def is_product_id(cargo: Cargo) -> bool:
    """Say whether the hub tells what it is."""
    return cargo.channel == CONTROL and cargo.payload[:1] == bytes((PRODUCT_ID_RESPONSE,))


def reports_in(payload: bytes) -> dict[int, bytes]:
    """Return the reports of a cargo by their numbers, up to the first that is not known."""
    found, at = {}, 0
    while at < len(payload):
        report = payload[at]
        size = SIZES.get(report)
        if size is None or at + size > len(payload):
            break
        found[report] = payload[at : at + size]
        at += size
    return found


def numbers_in(report: bytes, count: int) -> list[int]:
    """Return the numbers of a report: signed, behind its number, sequence, status and delay."""
    places = range(4, 4 + 2 * count, 2)
    return [int.from_bytes(report[at : at + 2], "little", signed=True) for at in places]


def angles_of(w: float, x: float, y: float, z: float) -> tuple[float, float, float]:
    """Return heading, pitch and roll of a quaternion of about unit length, in degrees."""
    square = w * w + x * x + y * y + z * z
    roll = math.atan2(2 * (w * x + y * z), w * w - x * x - y * y + z * z)
    pitch = math.asin(max(-1.0, min(1.0, 2 * (w * y - z * x) / square)))
    yaw = math.atan2(2 * (w * z + x * y), w * w + x * x - y * y - z * z)
    return math.degrees(-yaw) % 360.0, math.degrees(pitch), math.degrees(roll)
