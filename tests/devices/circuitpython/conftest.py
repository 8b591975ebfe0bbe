"""A CircuitPython driver of our own making, written as those on PyPI are."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.circuitpython_modules import Install, installing_in

DRIVER = '''
"""A thermometer with two registers."""
import time
from micropython import const

try:
    from typing import Tuple
    from busio import I2C
    from circuitpython_typing import ReadableBuffer
except ImportError:
    pass

_REG_TEMPERATURE = const(0x01)


class Base:
    @property
    def pair(self) -> Tuple[float, float]:
        return (self.temperature, None)


class Thermometer(Base):
    """Reads 16 bit, 1/128 degrees each."""

    def __init__(self, i2c: I2C, address: int = 0x40, *, gain: int = 1) -> None:
        self._i2c, self._address, self._gain = i2c, address, gain
        self.offset = 0.0
        while not i2c.try_lock():
            time.sleep(0)
        i2c.writeto(address, b"")

    def measure(self) -> float:
        self._i2c.writeto(self._address, bytes([0x03]))
        time.sleep(0.5)
        return self.temperature

    @property
    def temperature(self) -> float:
        answer = bytearray(3)
        self._i2c.writeto_then_readfrom(
            self._address, bytes([_REG_TEMPERATURE]), answer, in_start=1, in_end=3
        )
        return int.from_bytes(answer[1:], "big") / 128 * self._gain + self.offset

    def wait_a_second(self) -> float:
        start = time.monotonic()
        while time.monotonic() - start < 1:
            pass
        return 1.0
'''


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Return a function that puts a module where Python finds it, for this test alone."""
    with installing_in(tmp_path, monkeypatch) as put:
        yield put


@pytest.fixture
def thermometer(install: Install) -> str:
    """Return the name of a driver that is installed."""
    install("adafruit_warm", DRIVER)
    return "adafruit:warm"
