"""A simulated board for one test: what is wired, on a clock that the test moves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest
from smbus2 import SMBus, i2c_msg

from wampedge.devices.contracts import SerialSettings, WiredDevice, Wiring
from wampedge_simulator.clock import BoardClock, SteppedClock
from wampedge_simulator.substrate import SimulatedSubstrate

__all__ = [
    "I2C_PATH",
    "PORT",
    "board",
    "chip",
    "fails",
    "gpio",
    "send",
    "send_and_receive",
    "talker",
]

I2C_PATH = "/dev/i2c-1"
PORT = "/dev/ttyUSB0"


def chip(
    driver: str,
    address: int,
    name: str = "chip",
    *,
    pins: Mapping[str, tuple[str, int]] | None = None,
    **params: Any,
) -> WiredDevice:
    """A chip on the one I2C bus."""
    return WiredDevice(name, driver, bus="i2c1", address=address, pins=pins or {}, params=params)


def gpio(
    driver: str, line: int, name: str = "part", *, bank: str = "gpio", **params: Any
) -> WiredDevice:
    """A part on one pin."""
    return WiredDevice(name, driver, pins={"pin": (bank, line)}, params=params)


def talker(name: str = "scale", **params: Any) -> WiredDevice:
    """An instrument on the one serial bus."""
    return WiredDevice(name, "line", bus="usb", params=params)


@contextmanager
def board(
    *devices: WiredDevice, clock: BoardClock | None = None, seed: int = 0
) -> Iterator[SimulatedSubstrate]:
    """A board with *devices* that is up; on a clock that stands still if none is given."""
    buses = {device.bus for device in devices}
    wiring = Wiring(
        i2c={"i2c1": I2C_PATH} if "i2c1" in buses else {},
        serial={"usb": SerialSettings(PORT)} if "usb" in buses else {},
        devices=devices,
    )
    substrate = SimulatedSubstrate(wiring, seed=seed, clock=clock or SteppedClock())
    substrate.start()
    try:
        yield substrate
    finally:
        substrate.stop()


def fails(number: int) -> pytest.RaisesExc[OSError]:
    """Expect an OSError with error number *number*."""
    return pytest.raises(OSError, match=rf"^\[Errno {number}\]")


def send(bus: SMBus, address: int, *values: int) -> None:
    """Write bytes in one transaction."""
    bus.i2c_rdwr(i2c_msg.write(address, values))


def send_and_receive(bus: SMBus, address: int, values: list[int], count: int) -> bytes:
    """Write bytes, then read after a repeated start."""
    answer = i2c_msg.read(address, count)
    bus.i2c_rdwr(i2c_msg.write(address, values), answer)
    return bytes(answer)
