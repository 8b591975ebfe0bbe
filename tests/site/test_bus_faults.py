"""B1: one part on the bus misbehaves; the others keep their period, and it comes back by itself."""

import asyncio
from pathlib import Path

import pytest

from tests.site.rig import Heard, RunningSite, config_of, on_site
from wampedge.errors import ApplicationError

TWO_SENSORS = """\
wampedge = 1
[node]
name = "n1"
[buses.i2c1]
type = "i2c"
bus = 1
[devices.air]
driver = "bme280"
bus = "i2c1"
every = "1s"
[devices.outside]
driver = "sht3x"
bus = "i2c1"
every = "1s"
"""


def times(heard: Heard, topic: str) -> list[float]:
    """Return when the events of *topic* were sampled, in seconds after the first one."""
    stamps = [details["time"] for name, _, details, _ in heard.events if name == topic]
    return [round(stamp - stamps[0], 1) for stamp in stamps]


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("nack", "no acknowledge"),
        ("absent", "no acknowledge"),
        ("timeout", "did not answer in time"),
        ("bus_stuck", "transfer failed"),
    ],
)
def test_part_that_fails_goes_down_alone_and_comes_back(
    kind: str, text: str, tmp_path: Path
) -> None:
    async def act(site: RunningSite) -> None:
        heard = await site.hear(
            "air.status", "air.temperature", "outside.temperature", "outside.status"
        )
        await site.call("sim.fault", "air", kind, 1_000_000)
        await asyncio.sleep(10.0)
        with pytest.raises(ApplicationError) as caught:
            await site.call("air.temperature.get", fresh=True)
        reading = await site.client.call("edge.n1.air.temperature.get")
        await site.call("sim.fault", "air", "none")
        await asyncio.sleep(30.0)

        assert heard.values("air.status") == ["degraded", "down", "ok"]
        assert heard.values("outside.status") == []
        assert caught.value.uri in {"wampedge.error.bus", "wampedge.error.timeout"}
        assert caught.value.keywords["device"] == "air"
        assert text in caught.value.keywords["reason"]
        assert reading.value is None
        assert reading.kwargs["quality"] == "bad"
        assert isinstance(reading.kwargs["last"], float)
        seconds = times(heard, "outside.temperature")
        assert seconds == [float(n) for n in range(len(seconds))]
        assert len(seconds) >= 39

    on_site(config_of(tmp_path, TWO_SENSORS), act)


def test_part_that_is_down_is_probed_with_a_growing_pause(tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        await site.call("sim.fault", "air", "nack", 1_000_000)
        await asyncio.sleep(600.0)
        errors = (await site.call("air.health"))["errors"]

        # 3 at once, then after 1, 2, 4 .. 32 s, then every 60 s: 1 + 2 + .. + 32 + 9 * 60 = 603.
        assert 16 <= errors <= 18

    on_site(config_of(tmp_path, TWO_SENSORS), act)


def test_other_chip_at_the_address_is_named_and_never_read(tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        site.simulator.part("air")._registers[0xD0] = 0x58  # a BMP280
        site.node.site.devices["air"]._is_ready = False
        with pytest.raises(ApplicationError) as caught:
            await site.call("air.temperature.get", fresh=True)

        assert caught.value.uri == "wampedge.error.not_ready"
        assert "0x58" in caught.value.keywords["reason"]

    on_site(config_of(tmp_path, TWO_SENSORS), act)


def test_garbage_becomes_a_bad_reading_and_no_number(tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        heard = await site.hear("outside.temperature")
        await site.call("sim.fault", "outside", "glitch", 3)
        await asyncio.sleep(10.0)

        values = heard.values("outside.temperature")
        assert None in values
        good = [value for value in values if value is not None]
        assert max(good) - min(good) < 1.0  # no glitch got through its checksum

    on_site(config_of(tmp_path, TWO_SENSORS), act)
