"""Unmodified CircuitPython drivers from PyPI give right values, from the device file to a call."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.interop.circuitpython_chips import CHIPS
from tests.interop.peers import CIRCUITPYTHON, PeerMissingError
from tests.site.rig import RunningSite, config_of, on_site
from wampedge.devices.catalog import find_driver
from wampedge.devices.circuitpython import sources
from wampedge.errors import ConfigError
from wampedge_simulator import placing
from wampedge_simulator.catalog import find_part

pytestmark = pytest.mark.interop

SETTLED_S = 2.0
"""How long a part that measures by itself may show what was before."""
Wanted = Mapping[str, tuple[float, float, str]]
"""By channel: value, how far off it may be, unit."""

OURS: Mapping[str, tuple[Mapping[str, float], Wanted]] = {
    # What our simulated part senses, and what the driver makes of it: within a step of the part.
    "bme280.basic": (
        {"temperature": -12.5, "pressure": 98_765.0, "humidity": 40.0},
        {
            "temperature": (-12.5, 0.02, "°C"),
            "pressure": (987.65, 0.05, "hPa"),
            "humidity": (40.0, 0.05, "%RH"),
        },
    ),
    "bmp280": (
        {"temperature": -12.5, "pressure": 98_765.0},
        {"temperature": (-12.5, 0.02, "°C"), "pressure": (987.65, 0.05, "hPa")},
    ),
    "ds3231": ({"temperature": -10.25}, {"temperature": (-10.25, 0.0, "°C")}),
    "htu21d": (
        {"temperature": -10.0, "humidity": 40.0},
        {"temperature": (-10.0, 0.02, "°C"), "humidity": (40.0, 0.05, "%RH")},
    ),
    "ina219": (
        {"voltage": 12.0, "current": -0.5},  # times 0.1 ohm is 50 mV
        {
            "voltage": (12.0, 0.004, "V"),
            "shunt_voltage": (-0.05, 0.00001, "V"),
            "current": (-500.0, 0.2, "mA"),
        },
    ),
    "sht31d": (
        {"temperature": -10.0, "humidity": 40.0},
        {"temperature": (-10.0, 0.01, "°C"), "humidity": (40.0, 0.01, "%RH")},
    ),
    "sht4x": (
        {"temperature": -10.0, "humidity": 40.0},
        {"temperature": (-10.0, 0.01, "°C"), "humidity": (40.0, 0.01, "%RH")},
    ),
    "tmp117": ({"temperature": -10.0}, {"temperature": (-10.0, 0.008, "°C")}),
    "mlx90614": (
        {"ambient": -10.0, "object": 200.0},
        {"ambient": (-10.0, 0.02, "°C"), "object": (200.0, 0.02, "°C")},
    ),
    "veml7700": ({"illuminance": 400.0}, {"illuminance": (400.0, 1.0, "lx")}),
    # 819 of 4096 steps
    "as5600": ({"angle": 71.982}, {"angle": (819, 0, "")}),
    # A step of 430 ohm / 2¹⁵ is 0.034 °C.
    "max31865": ({"temperature": -50.0}, {"temperature": (-50.0, 0.05, "°C")}),
    "max31855": (
        {"temperature": -100.25, "internal": -10.5},
        {"temperature": (-100.25, 0.0, "°C"), "reference": (-10.5, 0.0, "°C")},
    ),
}

FIXED: Mapping[str, tuple[str, Wanted]] = {
    # Which chip, and what its registers mean: circuitpython_chips.py has the arithmetic.
    "adt7410": ("adt7410", {"temperature": (-25.0, 0.0, "°C")}),
    "pct2075": ("pct2075", {"temperature": (-25.0, 0.0, "°C")}),
    "hts221": ("hts221", {"temperature": (-15.0, 1e-9, "°C"), "humidity": (50.0, 1e-9, "%RH")}),
    "lps35hw": ("lps35hw", {"temperature": (-5.0, 1e-9, "°C"), "pressure": (1013.25, 1e-9, "hPa")}),
    "lis3mdl": (
        "lis3mdl",
        {"x": (50.0, 1e-9, "µT"), "y": (-100.0, 1e-9, "µT"), "z": (0.0, 0.0, "µT")},
    ),
    "mcp9600": ("mcp9600", {"temperature": (-10.0, 0.0, "°C"), "ambient": (21.5, 0.0, "°C")}),
    "ltr390": ("ltr390", {"light": (4096, 0, ""), "uvs": (100, 0, "")}),
    "mcp9808": ("mcp9808", {"temperature": (-20.25, 0.0, "°C")}),
    "ina260": (
        "ina260",
        {"voltage": (12.0, 1e-9, "V"), "current": (-500.0, 1e-9, "mA"), "power": (6000, 0, "mW")},
    ),
    # The driver counts 16380 a g where the datasheet has 16000: 9.807 · 16000 / 16380 = 9.579.
    "lis3dh": (
        "lis3dh",
        {"x": (9.579, 0.001, "m/s²"), "y": (0.0, 0.0, "m/s²"), "z": (-9.579, 0.001, "m/s²")},
    ),
    # The driver takes 4 mg a step where the datasheet has 3.9: 256 · 0.004 · 9.80665 = 10.042.
    "adxl34x": ("adxl345", {"x": (-10.042, 0.001, "m/s²"), "y": (5.021, 0.001, "m/s²")}),
    "mpu6050": (
        "mpu6050",
        {
            "temperature": (-3.47, 1e-9, "°C"),
            "x": (9.80665, 1e-3, "m/s²"),
            "y": (-4.90333, 1e-3, "m/s²"),
        },
    ),
    # Counts times 16: 0.0304 · 1600 - 0.062 · 1600 · 0.2^1.4 = 48.64 - 10.42 = 38.22.
    "tsl2561": ("tsl2561", {"illuminance": (38.22, 0.01, "lx")}),
    "max1704x": ("max17048", {"voltage": (3.85, 1e-9, "V"), "charge": (75.5, 1e-9, "%")}),
    "bno055": (
        "bno055",
        {
            "temperature": (-5, 0, "°C"),
            "heading": (90.0, 0.0, "°"),
            "roll": (-45.0, 0.0, "°"),
            "pitch": (10.0, 0.0, "°"),
        },
    ),
    "hdc302x": ("hdc302x", {"temperature": (-10.0, 1e-9, "°C"), "humidity": (50.0, 0.001, "%RH")}),
    "htu31d": ("htu31d", {"temperature": (-7.0, 1e-9, "°C"), "humidity": (50.0, 0.001, "%RH")}),
    "ahtx0": ("aht20", {"temperature": (-10.0, 0.001, "°C"), "humidity": (50.0, 0.0, "%RH")}),
    # It chooses the mode with half the step: 33680 / 1.2 / 2.
    "bh1750": ("bh1750", {"illuminance": (14033.33, 0.01, "lx")}),
    # The driver counts in whole hundredths, rounded down.
    "shtc3": ("shtc3", {"temperature": (-10.01, 1e-9, "°C"), "humidity": (50.0, 0.01, "%RH")}),
    "si7021": (
        "si7021",
        {"temperature": (-11.7066, 0.001, "°C"), "humidity": (56.5, 0.001, "%RH")},
    ),
    "scd30": (
        "scd30",
        {
            "co2": (439.09, 0.01, "ppm"),
            "temperature": (27.24, 0.01, "°C"),
            "humidity": (48.81, 0.01, "%RH"),
        },
    ),
    "sgp40": ("sgp40", {"raw": (32768, 0, "")}),
    "am2320": ("am2320", {"temperature": (-10.1, 1e-9, "°C"), "humidity": (50.5, 1e-9, "%RH")}),
}


@pytest.fixture(autouse=True)
def packages(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let Python find the drivers and the simulator the chips, for one test."""
    try:
        folder = CIRCUITPYTHON.install()
    except PeerMissingError as error:
        pytest.skip(str(error))
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.setattr(placing, "find_part", lambda name: CHIPS.get(name) or find_part(name))
    for cached in (sources.classes_of, sources._tree, find_driver):
        cached.cache_clear()
    yield
    for cached in (sources.classes_of, sources._tree, find_driver):
        cached.cache_clear()


def file_of(driver: str, more: str = "") -> str:
    """Return a device file with one device called ``part``."""
    bus, place = '[buses.bus]\ntype = "i2c"\nbus = 1\n', ""
    if find_driver(f"adafruit:{driver}").bus == "spi":
        bus, place = '[buses.bus]\ntype = "spi"\nbus = 0\n', ""
    device = f'[devices.part]\ndriver = "adafruit:{driver}"\nbus = "bus"\n{place}{more}'
    return f'wampedge = 1\nnode.name = "n"\n{bus}{device}'


async def check_values(site: RunningSite, wanted: Wanted) -> None:
    """Read each channel through the router and compare value and unit."""
    channels = site.node.config.devices["part"].channels
    for channel, (value, tolerance, unit) in wanted.items():
        found = await site.call(f"part.{channel}.get", fresh=True)
        assert found == pytest.approx(value, rel=0, abs=tolerance), channel
        assert channels[channel].unit == unit, channel


@pytest.mark.parametrize("driver", OURS)
def test_a_driver_reads_what_our_simulated_part_senses(driver: str, tmp_path: Path) -> None:
    sensed, wanted = OURS[driver]

    async def act(site: RunningSite) -> None:
        for channel, value in sensed.items():
            site.simulator.set("part", channel, value)
        await asyncio.sleep(SETTLED_S)
        await check_values(site, wanted)

    on_site(config_of(tmp_path, file_of(driver)), act)


@pytest.mark.parametrize("driver", FIXED)
def test_a_driver_reads_the_registers_of_the_datasheet(driver: str, tmp_path: Path) -> None:
    chip, wanted = FIXED[driver]

    async def act(site: RunningSite) -> None:
        await check_values(site, wanted)

    on_site(config_of(tmp_path, file_of(driver, f'simulated_as = "fixed_{chip}"\n')), act)


def test_a_driver_on_a_serial_port_reads_what_streams_in(tmp_path: Path) -> None:
    text = (
        'wampedge = 1\nnode.name = "n"\n[buses.usb]\ntype = "serial"\nport = "/dev/ttyUSB0"\n'
        '[devices.dust]\ndriver = "adafruit:pm25.uart"\nbus = "usb"\nevery = "5s"\n'
    )

    async def act(site: RunningSite) -> None:
        for channel, value in (("pm1", 12), ("pm2_5", 34), ("pm10", 56)):
            await site.call("sim.set", "dust", channel, value)
        await asyncio.sleep(60)  # it reads one frame each time, the oldest of half a KiB
        for channel, value in (("pm1_0", 12), ("pm2_5", 34), ("pm10", 56)):
            reading = await site.client.call(f"edge.n.dust.{channel}.get")
            assert (reading.value, reading.kwargs["unit"]) == (value, "µg/m³")

    on_site(config_of(tmp_path, text), act)


def test_a_driver_sets_a_voltage(tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        await site.call("part.output.set", 0.5)
        # int(0.5 · 4095) = 2047 of 4096 steps of 3.3 V
        assert site.simulator.shown("part") == pytest.approx(3.3 * 2047 / 4096)

    on_site(config_of(tmp_path, file_of("mcp4725")), act)


def test_two_parts_of_one_kind_keep_apart(tmp_path: Path) -> None:
    second = '[devices.other]\ndriver = "adafruit:tmp117"\nbus = "bus"\naddress = 0x49\n'

    async def act(site: RunningSite) -> None:
        site.simulator.set("part", "temperature", -10.0)
        site.simulator.set("other", "temperature", 30.0)
        await asyncio.sleep(SETTLED_S)
        await check_values(site, {"temperature": (-10.0, 0.008, "°C")})
        site.simulator.fault("part", "absent", None)
        await asyncio.sleep(60)
        found = await site.call("other.temperature.get", fresh=True)
        assert found == pytest.approx(30.0, abs=0.008)

    on_site(config_of(tmp_path, file_of("tmp117", "address = 0x48\n" + second)), act)


def test_a_part_that_is_pulled_says_why_and_comes_back(tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        site.simulator.set("part", "temperature", -10.0)
        await check_values(site, {"temperature": (-10.0, 0.008, "°C")})
        site.simulator.fault("part", "absent", None)
        await asyncio.sleep(60)
        with pytest.raises(Exception, match=r"answer|acknowledge|Remote|down") as caught:
            await site.call("part.temperature.get", fresh=True)
        assert "wampedge.error" in str(getattr(caught.value, "uri", ""))
        site.simulator.clear("part")
        await asyncio.sleep(120)
        await check_values(site, {"temperature": (-10.0, 0.008, "°C")})

    on_site(config_of(tmp_path, file_of("tmp117")), act)


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ('class = "SHT31"\n', "has no class SHT31"),
        ("channels.temprature = {}\n", "has no attribute temprature (did you mean temperature"),
        ("arguments = { adress = 1 }\n", "takes no adress (did you mean address"),
    ],
)
def test_wrong_names_are_told_with_their_place(more: str, told: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        config_of(tmp_path, file_of("sht31d", more))

    line = file_of("sht31d", more).count("\n")
    assert told in str(caught.value)
    assert f"devices.toml:{line}" in str(caught.value)
