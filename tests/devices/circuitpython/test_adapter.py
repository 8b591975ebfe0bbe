"""A CircuitPython driver as a device: its properties are channels, its errors ours."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

from wampedge.devices.catalog import find_driver
from wampedge.devices.circuitpython.adapter import CircuitPythonDriver
from wampedge.devices.circuitpython.library import Library, library_of
from wampedge.devices.i2c import I2cDevice
from wampedge.errors import BusError, BusTimeoutError, ConfigError, DeviceError
from wampedge_simulator.clock import SteppedClock


class Bus:
    """An I2C bus with one chip: two bytes behind register 1."""

    name = "i2c1"

    def __init__(self, word: bytes = b"\x0c\x80") -> None:
        self.word = word
        self.seen: list[tuple[int, list[bytes | int]]] = []
        self.is_broken = False

    def transfer(self, address: int, messages: Sequence[bytes | int]) -> list[bytes]:
        self.seen.append((address, list(messages)))
        if address != 0x40 or self.is_broken:
            raise BusError("no acknowledge", errno=121)
        return [self.word[:size] for size in messages if isinstance(size, int)]

    def close(self) -> None:
        pass


class Context:
    """What a driver gets of the runtime, as far as this one uses it."""

    name = "air"

    def __init__(self) -> None:
        self.clock = SteppedClock()


def made(
    name: str,
    bus: Bus,
    channels: Mapping[str, Mapping[str, Any]] | None = None,
    address: int = 0x40,
    **params: Any,
) -> CircuitPythonDriver:
    spec = find_driver(name)
    given = {key: field.default for key, field in spec.params.items()} | params
    driver = spec.driver_class(Context(), given, I2cDevice(bus, address))  # type: ignore[arg-type] # as much as it uses
    assert isinstance(driver, CircuitPythonDriver)
    driver.channel_options = channels or {"temperature": {}}
    return driver


def test_a_property_is_a_channel(thermometer: str) -> None:
    driver = made(thermometer, bus := Bus())

    async def run() -> Mapping[str, Any]:
        await driver.setup()
        return await driver.read()

    assert asyncio.run(run()) == {"temperature": 25.0}  # 0x0c80 / 128
    assert bus.seen == [(0x40, [b""]), (0x40, [b"\x01", 2])]


def test_methods_items_arguments_and_options_can_be_named(thermometer: str) -> None:
    channels: dict[str, dict[str, Any]] = {
        "slow": {"attribute": "measure()"},
        "first": {"attribute": "pair", "index": 0},
        "none": {"attribute": "pair", "index": 1},
        "is_warm": {"attribute": "temperature", "kind": "flag"},
        "words": {"attribute": "temperature", "kind": "text"},
    }
    driver = made(thermometer, Bus(), channels, arguments={"gain": 2}, options={"offset": -0.5})

    async def run() -> Mapping[str, Any]:
        await driver.setup()
        return await driver.read()

    assert asyncio.run(run()) == {
        "slow": 49.5, "first": 49.5, "none": None, "is_warm": True, "words": "49.5",
    }  # fmt: skip
    assert driver.context.clock.monotonic() == pytest.approx(0.5)


def test_a_property_can_be_set(thermometer: str) -> None:
    channels = {"offset": {"write": True}}
    driver = made(thermometer, Bus(), channels)

    async def run() -> Any:
        await driver.setup()
        return await driver.set_offset(1.5)

    assert asyncio.run(run()) == 1.5
    assert asyncio.run(driver.read()) == {"offset": 1.5}


def test_a_part_that_does_not_answer_is_a_bus_error(thermometer: str) -> None:
    driver = made(thermometer, Bus(), address=0x41)

    with pytest.raises(BusError, match="no acknowledge") as caught:
        asyncio.run(driver.setup())

    assert caught.value.errno == 121


def test_a_foreign_exception_is_told_in_one_sentence(
    install: Callable[[str, str], None],
) -> None:
    install(
        "adafruit_odd",
        "class Odd:\n"
        "    def __init__(self, i2c_bus): pass\n"
        "    @property\n"
        "    def value(self): return {}['gone']\n"
        "    @property\n"
        "    def other(self): raise RuntimeError('Failed to find chip ID')\n",
    )
    driver = made("adafruit:odd", Bus(), {"value": {}})
    asyncio.run(driver.setup())

    with pytest.raises(DeviceError, match="the driver says: 'gone'"):
        asyncio.run(driver.read())
    driver.channel_options = {"other": {}}
    with pytest.raises(DeviceError, match="found another part: Failed to find chip ID"):
        asyncio.run(driver.read())


def test_a_wait_for_a_moment_ends_in_virtual_time(thermometer: str) -> None:
    driver = made(thermometer, Bus(), {"late": {"attribute": "wait_a_second()"}})

    async def run() -> Mapping[str, Any]:
        await driver.setup()
        return await driver.read()

    assert asyncio.run(run()) == {"late": 1.0}
    assert driver.context.clock.monotonic() == pytest.approx(1.0, abs=1e-3)


def test_the_modules_of_drivers_stay_out_of_the_program(thermometer: str) -> None:
    asyncio.run(made(thermometer, Bus()).setup())

    assert not {"adafruit_warm", "busio", "digitalio", "micropython"} & sys.modules.keys()


def test_two_clocks_have_two_worlds() -> None:
    first, second = SteppedClock(), SteppedClock()

    library = library_of(first, "adafruit_bme280.basic")
    assert library_of(first, "adafruit_bme280.advanced") is library
    assert library_of(second, "adafruit_bme280.basic") is not library


def test_what_a_driver_holds_up_as_it_is_imported_is_its_own_package() -> None:
    clock = SteppedClock()

    assert library_of(clock, "adafruit_sht4x") is not library_of(clock, "adafruit_bme280")


def test_packages_and_relative_imports_work(install: Callable[[str, str], None]) -> None:
    install("adafruit_many.__init__", "from . import core\nfrom .core import ANSWER as FOUND\n")
    install("adafruit_many.core", "import struct, adafruit_many.more\nANSWER = 42\n")
    install("adafruit_many.more", "from adafruit_many import core\nimport collections.abc\n")

    module = Library(SteppedClock()).load("adafruit_many.more")

    assert module.core.ANSWER == 42
    assert module.collections.abc.Mapping


def test_a_module_that_fails_to_load_can_be_tried_again(
    install: Callable[[str, str], None],
) -> None:
    install("adafruit_bad", "import board\n")
    library = Library(SteppedClock())

    for _ in range(2):
        with pytest.raises(ModuleNotFoundError, match="board"):
            library.load("adafruit_bad")


def test_a_package_that_is_not_installed_is_named_with_the_command() -> None:
    with pytest.raises(ConfigError) as caught:
        find_driver("adafruit:sht31")

    text = str(caught.value)
    assert "did you mean sht31d" in text
    assert "pip install --no-deps adafruit-circuitpython-sht31" in text


@pytest.mark.parametrize("name", ["adafruit:", "adafruit:../etc", "adafruit:a.b:usb", "adafruit:A"])
def test_what_is_no_name_is_refused(name: str) -> None:
    with pytest.raises(ConfigError, match="is no driver name"):
        find_driver(name)


def mistakes_of(name: str, channels: Mapping[str, Any], **params: Any) -> list[str]:
    spec = find_driver(name)
    given = {key: field.default for key, field in spec.params.items()} | params
    found = spec.driver_class.check_params(given, channels)
    return [f"{'.'.join(map(str, path))}: {text}" for path, text in found]


def test_wrong_names_are_found_without_running_the_driver(thermometer: str) -> None:
    assert mistakes_of(thermometer, {"temperature": {}, "pair": {"index": 0}}) == []
    assert mistakes_of(thermometer, {"temprature": {}}) == [
        "channels.temprature: Thermometer has no attribute temprature (did you mean temperature?)"
    ]
    assert mistakes_of(thermometer, {"temperature": {}}, **{"class": "Thermo"})[0].startswith(
        "class: adafruit_warm has no class Thermo"
    )
    assert mistakes_of(thermometer, {"temperature": {}}, arguments={"gian": 1}) == [
        "arguments.gian: Thermometer takes no gian (did you mean gain?)"
    ]
    assert mistakes_of(thermometer, {})[0].startswith("channels: is missing: name some of")


def test_a_driver_that_asks_its_part_for_ever_is_ended(install: Callable[[str, str], None]) -> None:
    install(
        "adafruit_loop",
        "class Loop:\n"
        "    def __init__(self, i2c): self.i2c = i2c\n"
        "    @property\n"
        "    def value(self):\n"
        "        while True: self.i2c.writeto(0x40, b'x')\n",
    )
    driver = made("adafruit:loop", Bus(), {"value": {}})
    asyncio.run(driver.setup())

    for _ in range(2):  # and each call has its whole patience
        with pytest.raises(BusTimeoutError, match="came to no end within 20000 transactions"):
            asyncio.run(driver.read())
