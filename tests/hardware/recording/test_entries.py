"""What a transaction failed with survives the way through a trace."""

from __future__ import annotations

import json

import pytest

from wampedge.devices.modbus.offline import UnitOfflineError
from wampedge.errors import (
    BusBusyError,
    BusError,
    BusTimeoutError,
    DeviceError,
    HardwareError,
)
from wampedge.hardware.recording.entries import Entry, encode, entry_of, error_of, failed


@pytest.mark.parametrize(
    "error",
    [
        BusError("no acknowledge", errno=121),
        BusTimeoutError("no answer", errno=110),
        BusBusyError("too much waits"),
        UnitOfflineError("unit 3 is offline"),
        HardwareError("GPIO4 is in use: by another"),
        DeviceError("something"),
    ],
)
def test_error_of_a_bus_comes_back_as_it_was(error: DeviceError) -> None:
    number, text = failed(error)
    line = encode(Entry(1, "modbus", "line", "3", "", "03", errno=number, error=text))

    again = error_of(entry_of(json.loads(line), 2))

    assert type(again) is type(error)
    assert str(again) == str(error)
    assert getattr(again, "errno", None) == getattr(error, "errno", None)


def test_error_of_a_file_is_one_of_the_system() -> None:
    entry = Entry(1, "files", "sysfs", "/sys/x", "read", errno=5, error="OSError: I/O error")

    again = error_of(entry)

    assert isinstance(again, OSError)
    assert again.errno == 5


def test_everything_an_entry_has_comes_back() -> None:
    entry = Entry(7, "pins", "gpio", "17", "read", None, False, 12, None, "", 3)

    assert entry_of(json.loads(encode(entry)), 3) == entry
