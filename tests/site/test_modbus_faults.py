"""A Modbus line with dead, disturbed and refusing units: the others keep their period."""

from __future__ import annotations

import asyncio
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.site.rig import RunningSite, config_of, on_site
from wampedge.errors import ApplicationError

CABINET = """\
wampedge = 1
[node]
name = "cab7"
[buses.rs485]
type = "modbus_rtu"
port = "/dev/ttyUSB0"
baud = 9600
parity = "E"
timeout = "300ms"
gap = "20ms"
offline = { after = 3, retry = "30s" }
[buses.net]
type = "modbus_tcp"
host = "192.168.1.30"
timeout = "300ms"
[devices.meter_a]
driver = "modbus"
bus = "rs485"
unit_id = 1
every = "5s"
byte_order = "ABCD"
  [devices.meter_a.channels]
  voltage_l1 = { input = 0x0000, type = "f32", unit = "V", range = [180, 265] }
  current_l1 = { input = 0x0006, type = "f32", unit = "A" }
  energy     = { input = 0x0156, type = "f32", unit = "kWh", total = true, every = "60s" }
  baud_code  = { holding = 0x001C, type = "f32", write = true }
  relay      = { coil = 0x0002, write = true }
[devices.meter_b]
driver = "sdm120"
bus = "rs485"
unit_id = 2
[devices.pump]
driver = "pzem004t"
bus = "net"
"""


@pytest.fixture
def cabinet(tmp_path: Path) -> Any:
    return config_of(tmp_path, CABINET)


def periods(heard: Any, topic: str) -> list[float]:
    times = [details["time"] for name, _, details, _ in heard.events if name == topic]
    return [round(late - early, 2) for early, late in pairwise(times)]


def test_units_on_a_line_and_on_the_network_tell_what_they_measure(cabinet: Any) -> None:
    async def act(site: RunningSite) -> None:
        for device, channel, value in (
            ("meter_a", "voltage_l1", 231.5),
            ("meter_b", "power", -1150.5),
            ("pump", "current", 0.108),
        ):
            await site.call("sim.set", device, channel, value)
            assert await site.call(f"{device}.{channel}.get", fresh=True) == value

    on_site(cabinet, act)


def test_a_dead_unit_delays_the_others_by_its_timeout_and_then_no_more(cabinet: Any) -> None:
    async def act(site: RunningSite) -> None:
        await asyncio.sleep(2.0)
        heard = await site.hear("meter_a.current_l1", "pump.current", "meter_b.status")
        site.simulator.fault("meter_b", "silent", None)
        await asyncio.sleep(120.0)

        assert heard.values("meter_b.status") == ["degraded", "down"]
        assert len(heard.values("meter_a.current_l1")) >= 23
        assert all(abs(period - 5.0) <= 0.35 for period in periods(heard, "meter_a.current_l1"))
        assert all(abs(period - 5.0) <= 0.02 for period in periods(heard, "pump.current"))
        health = await site.call("sys.health")
        assert health["buses"]["rs485"]["offline"] == [2]
        counts = await site.call("meter_b.health")
        assert 4 <= counts["unanswered"] <= 3 + 120 / 30
        assert counts["skipped"] > 0

        site.simulator.clear("meter_b")
        await asyncio.sleep(91.0)
        assert heard.values("meter_b.status")[-1] == "ok"

    on_site(cabinet, act)


@pytest.mark.parametrize("kind", ["bad_crc", "half_frame"])
def test_a_damaged_answer_is_asked_for_again_and_nobody_notices(cabinet: Any, kind: str) -> None:
    async def act(site: RunningSite) -> None:
        await asyncio.sleep(2.0)
        await site.call("sim.fault", "meter_b", kind, 1)

        assert await site.call("meter_b.voltage.get", fresh=True) is not None
        health = await site.call("meter_b.health")
        assert (health["state"], health["damaged"]) == ("ok", 1)

    on_site(cabinet, act)


@pytest.mark.parametrize("kind", ["echo", "garbage"])
def test_echo_and_noise_before_answers_do_no_harm(cabinet: Any, kind: str) -> None:
    async def act(site: RunningSite) -> None:
        site.simulator.fault("meter_a", kind, None)
        await asyncio.sleep(20.0)
        assert await site.call("meter_a.baud_code.set", 2.0) == 2.0

        health = await site.call("meter_a.health")
        assert (health["state"], health["errors"]) == ("ok", 0)
        assert await site.call("meter_a.baud_code.get", fresh=True) == 2.0

    on_site(cabinet, act)


def test_a_unit_that_refuses_holes_is_read_without_them(cabinet: Any) -> None:
    async def act(site: RunningSite) -> None:
        site.simulator.fault("meter_b", "strict", None)

        assert await site.call("meter_b.current.get", fresh=True) is not None
        assert (await site.call("meter_b.health"))["refused"] == 1

    on_site(cabinet, act)


def test_an_adapter_that_is_unplugged_and_comes_back_is_found_again(cabinet: Any) -> None:
    async def act(site: RunningSite) -> None:
        await asyncio.sleep(2.0)
        heard = await site.hear("meter_a.status", "pump.status")
        await site.call("sim.fault", "meter_a", "unplug")
        await asyncio.sleep(60.0)
        await site.call("sim.fault", "meter_a", "none")
        await asyncio.sleep(62.0)

        assert heard.values("meter_a.status") == ["degraded", "down", "ok"]
        assert heard.values("pump.status") == []

    on_site(cabinet, act)


def test_a_network_that_is_gone_and_comes_back_is_found_again(cabinet: Any) -> None:
    async def act(site: RunningSite) -> None:
        await asyncio.sleep(2.0)
        heard = await site.hear("pump.status", "meter_a.status")
        await site.call("sim.fault", "pump", "unplug")
        await asyncio.sleep(60.0)
        await site.call("sim.fault", "pump", "none")
        await asyncio.sleep(62.0)

        assert heard.values("pump.status") == ["degraded", "down", "ok"]
        assert heard.values("meter_a.status") == []

    on_site(cabinet, act)


def test_registers_and_coils_are_written(cabinet: Any) -> None:
    async def act(site: RunningSite) -> None:
        assert await site.call("meter_a.relay.set", True) is True
        assert await site.call("meter_a.relay.get", fresh=True) is True
        assert await site.call("pump.reset_energy") is None

    on_site(cabinet, act)


@pytest.mark.parametrize(
    ("procedure", "arguments"),
    [
        ("relay.set", [1]),
        ("baud_code.set", ["2"]),
        ("baud_code.set", []),
        ("baud_code.set", [1e39]),
    ],
)
def test_a_wrong_value_leaves_the_line_untouched_and_names_the_field(
    cabinet: Any, procedure: str, arguments: list[Any]
) -> None:
    async def act(site: RunningSite) -> None:
        await asyncio.sleep(1.0)
        before = (await site.call("meter_a.health"))["requests"]
        with pytest.raises(ApplicationError) as caught:
            await site.call(f"meter_a.{procedure}", *arguments)

        assert caught.value.uri == "wamp.error.invalid_argument"
        assert "value" in str(caught.value)
        assert (await site.call("meter_a.health"))["requests"] == before

    on_site(cabinet, act)
