"""SGP40: raw ticks, compensation by another device, the index across restarts and gaps."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.site.rig import RunningSite, config_of, on_site
from tests.support.driving import RecordedContext, driver_of
from tests.support.on_chip import on_chip
from tests.support.virtual import virtual
from wampedge.devices.registermap.vectors import RecordedBus
from wampedge.devices.values import Value
from wampedge.errors import BadReadingError, BusError
from wampedge_drivers.i2c.sgp40 import SGP40

SERIAL = "000081015983b1d282"


def answering(*answers: str) -> RecordedBus:
    """Return a bus that answers reads one after another."""
    return RecordedBus([(b"", bytes.fromhex(answer)) for answer in answers])


class KnownAir:
    """A peer whose channels have fixed values."""

    def __init__(self, values: Mapping[str, Value]) -> None:
        self._values = values

    def value(self, channel: str) -> Value:
        return self._values.get(channel)


@virtual
async def test_a_measurement_sends_the_air_and_gives_ticks() -> None:
    """50 %RH and 25 °C are 0x8000 and 0x6666, with the checksums the datasheet prints."""
    bus = answering(SERIAL, "7fa2bd")
    driver = driver_of(SGP40, bus=bus)
    await driver.setup()

    assert await driver.read() == {"voc_index": None, "voc_raw": 32674}
    assert [written.hex() for written in bus.writes] == ["3682", "260f8000a2666693"]


@pytest.mark.parametrize(
    ("humidity", "temperature", "written"),
    [
        (0.0, -45.0, "260f000081000081"),
        (100.0, 130.0, "260fffffacffffac"),
        (140.0, 300.0, "260fffffacffffac"),  # what a broken neighbour may say
        (None, 25.0, "260f8000a2666693"),
        (50.0, None, "260f8000a2666693"),
        (True, "warm", "260f8000a2666693"),
    ],
)
@virtual
async def test_the_air_is_what_another_device_says(
    humidity: Value, temperature: Value, written: str
) -> None:
    """Table 8 of the datasheet: 0 to 100 %RH and -45 to 130 °C over 16 bits each."""
    bus, context = answering("7fa2bd"), RecordedContext()
    context.peers["air"] = KnownAir({"humidity": humidity, "temperature": temperature})

    driver = driver_of(SGP40, bus=bus, context=context, humidity_from="air", temperature_from="air")
    await driver.read()

    assert bus.writes[0].hex() == written


@pytest.mark.parametrize(
    ("answer", "complaint"),
    [
        ("7fa3bd", "checksum of 7fa3bd"),  # a flipped bit
        ("000081", "0 ticks"),  # the checksum of zeros is right
        ("ffffac", "65535 ticks"),
        ("ffffff", "checksum of ffffff"),
    ],
)
@virtual
async def test_what_is_no_measurement_is_an_error(answer: str, complaint: str) -> None:
    with pytest.raises(BadReadingError, match=complaint):
        await driver_of(SGP40, bus=answering(answer)).read()


@virtual
async def test_a_floating_bus_is_no_chip() -> None:
    with pytest.raises(BadReadingError, match="checksum of ffffff"):
        await driver_of(SGP40, bus=answering("ff" * 9)).setup()


@virtual
async def test_the_index_comes_after_45_seconds_and_rises_with_gas() -> None:
    with on_chip(SGP40) as (driver, part, board):
        await driver.setup()
        board.set("part", "voc_raw", 30_000)
        found = []
        for _second in range(3600):
            found.append((await driver.read())["voc_index"])
            await driver.sleep(0.97)  # a measurement takes 30 ms, and its transfers 1.5 ms
        assert found[:45] == [None] * 45
        assert found[3000:] == [100] * 600

        board.set("part", "voc_raw", 29_000)
        for _second in range(60):
            await driver.read()
            await driver.sleep(0.97)

        gassed = (await driver.read())["voc_index"]
        assert isinstance(gassed, int)
        assert gassed > 350
        assert part.is_hot
        await driver.safe()
        assert not part.is_hot


@virtual
async def test_a_gap_of_more_than_ten_minutes_begins_anew() -> None:
    with on_chip(SGP40) as (driver, _, board):
        board.set("part", "voc_raw", 30_000)
        for _second in range(60):
            await driver.read()
            await driver.sleep(1)
        await driver.sleep(300)
        assert (await driver.read())["voc_index"] is not None

        await driver.sleep(601)

        assert (await driver.read())["voc_index"] is None


@pytest.mark.parametrize(("gap_s", "index"), [(300, 264), (700, 1), (-5, 1)])
@virtual
async def test_a_restart_within_ten_minutes_knows_the_usual_air(gap_s: float, index: int) -> None:
    """As in the test of the algorithm: 300 ticks below the mean are 264; a new one begins at 1."""
    context = RecordedContext()
    ended_at = context.clock.time() - gap_s
    context.kept.put("voc_index", {"mean": 10_000.0, "deviation": 80.0, "at": ended_at})
    with on_chip(SGP40, context=context) as (driver, _, board):
        board.set("part", "voc_raw", 29_700)
        for _second in range(46):
            await driver.read()
            await driver.sleep(0.97)

        assert (await driver.read())["voc_index"] == index


@pytest.mark.parametrize(
    "kept", [None, "x", {"mean": 1}, {"mean": -1.0, "deviation": 0.0, "at": 0.0}]
)
@virtual
async def test_kept_values_that_are_none_are_left_alone(kept: Any) -> None:
    context = RecordedContext()
    context.kept.put("voc_index", kept)
    driver = driver_of(SGP40, bus=answering("7fa2bd"), context=context)

    assert await driver.read() == {"voc_index": None, "voc_raw": 32674}


@virtual
async def test_what_was_learned_in_three_hours_is_kept() -> None:
    context = RecordedContext()
    with on_chip(SGP40, context=context) as (driver, _, board):
        board.set("part", "voc_raw", 30_000)
        for _sample in range(3 * 3600 // 5):
            await driver.read()
            await driver.sleep(4.97)
        assert context.kept.get("voc_index") is None
        for _sample in range(30):
            await driver.read()
            await driver.sleep(4.97)

        kept = context.kept.get("voc_index")

    assert isinstance(kept, dict)
    assert kept["mean"] == pytest.approx(10_000, abs=0.01)


@virtual
async def test_a_wrong_checksum_on_the_wire_is_no_reading() -> None:
    with on_chip(SGP40) as (driver, _, board):
        await driver.setup()
        board.fault("part", "bad_crc")
        with pytest.raises(BadReadingError, match="checksum"):
            await driver.read()

        assert (await driver.read())["voc_raw"] is not None


@virtual
async def test_reading_too_early_is_not_acknowledged() -> None:
    with on_chip(SGP40) as (driver, _, _):
        await driver.bus.send(bytes.fromhex("260f8000a2666693"))
        await driver.sleep(0.029)

        with pytest.raises(BusError):
            await driver.bus.receive(3)


FILE = """wampedge = 1
node.name = "n"
[buses.bus]
type = "i2c"
bus = 1
[devices.air]
driver = "sht3x"
bus = "bus"
every = "1s"
[devices.smell]
driver = "sgp40"
bus = "bus"
humidity_from = "air"
temperature_from = "air"
"""


def test_in_a_node_the_sensor_is_told_the_air_of_its_neighbour(tmp_path: Path) -> None:
    """20 °C are 65 / 175 · 65535 = 24341, 40 %RH are 26214; both within a step of the SHT3x."""

    async def act(site: RunningSite) -> tuple[int, int]:
        site.simulator.set("air", "temperature", 20.0)
        site.simulator.set("air", "humidity", 40.0)
        await asyncio.sleep(5)
        part = site.simulator.part("smell")
        return part.temperature_ticks, part.humidity_ticks

    temperature, humidity = on_site(config_of(tmp_path, FILE), act)

    assert abs(temperature - 24_341) <= 1
    assert abs(humidity - 26_214) <= 1
