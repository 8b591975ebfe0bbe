"""Parts the kernel drives: which folder is theirs, and what their files say."""

from __future__ import annotations

import errno
from collections.abc import Mapping
from typing import Any

import pytest

from tests.support.driving import RecordedContext, params_of
from wampedge.devices.driver import Driver
from wampedge.devices.sysfs import SysfsFolder
from wampedge.errors import BadReadingError, BusError, HardwareError
from wampedge_drivers.kernel.hwmon import Hwmon
from wampedge_drivers.kernel.iio import Iio


class PlainFiles:
    """Files by path; folders are what is before their last part."""

    def __init__(self, files: Mapping[str, str]) -> None:
        self.files = dict(files)

    def read(self, path: str) -> bytes:
        if path not in self.files:
            raise FileNotFoundError(errno.ENOENT, "No such file or directory")
        return f"{self.files[path]}\n".encode()

    def write(self, path: str, data: bytes) -> None:
        self.files[path] = data.decode()

    def names(self, path: str) -> list[str]:
        inside = [file[len(path) + 1 :] for file in self.files if file.startswith(f"{path}/")]
        if not inside:
            raise FileNotFoundError(errno.ENOENT, "No such file or directory")
        return sorted({name.partition("/")[0] for name in inside})


async def read(driver: type[Driver], files: Mapping[str, str], **channels: str) -> Any:
    device = driver(
        RecordedContext(), params_of(driver, {"device": "part"}), SysfsFolder(PlainFiles(files))
    )
    device.channel_options = {name: {"from": start} for name, start in channels.items()}
    await device.setup()
    return await device.read()


IIO = "/sys/bus/iio/devices/iio:device1"


async def test_iio_takes_a_value_or_makes_it_of_raw_offset_and_scale() -> None:
    files = {
        f"{IIO}/name": "part",
        "/sys/bus/iio/devices/iio:device0/name": "other",
        f"{IIO}/in_humidityrelative_input": "52300",
        f"{IIO}/in_temp_raw": "-4048",
        f"{IIO}/in_temp_offset": "12420",
        f"{IIO}/in_temp_scale": "2.941176",
        f"{IIO}/in_voltage3_raw": "1000",
        f"{IIO}/in_voltage_scale": "0.125",
    }

    values = await read(Iio, files, air="in_humidityrelative", chip="in_temp", tank="in_voltage3")

    assert values == pytest.approx({"air": 52.3, "chip": 24.6235, "tank": 0.125}, abs=1e-4)


async def test_hwmon_gives_si_units_and_no_value_of_a_sensor_with_a_fault() -> None:
    folder = "/sys/class/hwmon/hwmon0"
    files = {
        f"{folder}/name": "part",
        f"{folder}/temp1_input": "-10500",
        f"{folder}/in0_input": "4950",
        f"{folder}/power1_input": "2500000",
        f"{folder}/fan1_input": "0",
        f"{folder}/fan1_fault": "1",
    }

    values = await read(Hwmon, files, cpu="temp1", rail="in0", load="power1", fan="fan1")

    assert values == pytest.approx({"cpu": -10.5, "rail": 4.95, "load": 2.5, "fan": None})


async def test_a_device_the_kernel_does_not_have_is_named_with_those_it_has() -> None:
    with pytest.raises(HardwareError, match=r"no device part; it has iio:device0 \(bmp280\)"):
        await read(Iio, {"/sys/bus/iio/devices/iio:device0/name": "bmp280"})


async def test_two_devices_of_one_name_are_not_guessed_between() -> None:
    two = {f"/sys/bus/iio/devices/iio:device{n}/name": "part" for n in range(2)}

    with pytest.raises(HardwareError, match="iio:device0, iio:device1 are all called part"):
        await read(Iio, two)


async def test_a_device_with_no_value_at_all_fails() -> None:
    with pytest.raises(BusError, match="No such file"):
        await read(Iio, {f"{IIO}/name": "part"}, air="in_temp")
    with pytest.raises(BadReadingError, match="which is no number"):
        await read(Iio, {f"{IIO}/name": "part", f"{IIO}/in_temp_input": "n/a"}, air="in_temp")
