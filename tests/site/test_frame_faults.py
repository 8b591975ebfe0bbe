"""B2: parts that send frames over a real pty, with everything that goes wrong on one."""

from __future__ import annotations

import asyncio
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from tests.site.rig import RunningSite, config_of, on_site
from wampedge.errors import ApplicationError

SITE = """\
wampedge = 1
[node]
name = "n1"
[buses.a]
type = "serial"
match = { vid = "1546", pid = "01a8" }
[buses.b]
type = "serial"
port = "/dev/ttyUSB1"
[buses.c]
type = "serial"
match = { path = "platform-*-usb-0:1.2:*" }
[buses.d]
type = "serial"
port = "/dev/ttyUSB3"
[devices.dust]
driver = "sds011"
bus = "a"
[devices.co2]
driver = "mhz19"
bus = "b"
[devices.depth]
driver = "frame"
bus = "c"
header = "aa 55"
length = { at = 2, plus = 4 }
checksum = { kind = "sum", at = -1 }
channels.level = { at = 3, size = 2, scale = 0.5, unit = "mm" }
commands.beep = "aa 55 00 ff"
[devices.bare]
driver = "serial"
bus = "d"
"""


@pytest.fixture
def site_file(tmp_path: Path) -> Any:
    return config_of(tmp_path, SITE)


async def say(site: RunningSite, bus: str, data: bytes, *, times: int = 1) -> None:
    """Put *data* on a serial line, and let the node read it, so many times."""
    for _ in range(times):
        site.simulator._ports.on(bus)._send(data)
        await asyncio.sleep(0)
        await asyncio.sleep(0)


def test_frames_become_readings(site_file: Any) -> None:
    async def act(site: RunningSite) -> None:
        await site.call("sim.set", "dust", "pm2_5", 123.6)
        await site.call("sim.set", "co2", "co2", 608)
        await site.call("sim.set", "depth", "level", 410.5)
        await asyncio.sleep(11.0)

        assert await site.call("dust.pm2_5.get") == 123.6
        assert await site.call("co2.co2.get") == 608
        assert await site.call("depth.level.get") == 410.5

    on_site(site_file, act)


@pytest.mark.parametrize("byte", [b"\xff", b"\x00", b"\xaa"])
def test_megabytes_of_noise_cost_no_memory_and_the_next_frame_counts(
    site_file: Any, byte: bytes
) -> None:
    async def act(site: RunningSite) -> None:
        await say(site, "a", byte * 4096, times=8)
        tracemalloc.start()
        await say(site, "a", byte * 4096, times=2560)
        grown, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()

        assert grown < 64 * 1024
        await say(site, "a", bytes.fromhex("aac0d4043a0aa1601dab"))
        assert await site.call("dust.pm10.get") == 261.8

    on_site(site_file, act)


@pytest.mark.parametrize("kind", ["bad_crc", "garbage", "half_frame", "silent"])
def test_a_disturbed_frame_costs_at_most_itself(site_file: Any, kind: str) -> None:
    async def act(site: RunningSite) -> None:
        heard = await site.hear("dust.status")
        await asyncio.sleep(2.5)
        before = (await site.call("dust.health"))["frames"]
        await site.call("sim.fault", "dust", kind, 1)
        await asyncio.sleep(4.0)

        health = await site.call("dust.health")
        assert health["frames"] - before in (3, 4)
        assert health["state"] == "ok"
        assert heard.values("dust.status") in ([], ["ok"])

    on_site(site_file, act)


@pytest.mark.parametrize(
    ("kind", "reason"),
    [("silent", "no answer to ff0186"), ("bad_crc", "damaged"), ("half_frame", "no answer")],
)
def test_a_part_that_has_to_be_asked_fails_alone_and_comes_back(
    site_file: Any, kind: str, reason: str
) -> None:
    async def act(site: RunningSite) -> None:
        await asyncio.sleep(1.0)
        await site.call("sim.fault", "co2", kind, 1)
        with pytest.raises(ApplicationError, match=reason):
            await site.call("co2.co2.get", fresh=True)

        assert await site.call("co2.co2.get", fresh=True) is not None
        assert (await site.call("dust.health"))["state"] == "ok"

    on_site(site_file, act)


def test_an_echo_of_the_request_does_no_harm(site_file: Any) -> None:
    async def act(site: RunningSite) -> None:
        site.simulator.fault("co2", "echo", None)

        assert await site.call("co2.co2.get", fresh=True) is not None

    on_site(site_file, act)


def test_a_port_comes_back_under_another_name(site_file: Any) -> None:
    async def act(site: RunningSite) -> None:
        await asyncio.sleep(2.0)
        heard = await site.hear("dust.status", "depth.status")
        await site.call("sim.fault", "dust", "unplug")
        await asyncio.sleep(30.0)
        await site.call("sim.fault", "dust", "none")
        await asyncio.sleep(62.0)

        assert heard.values("dust.status") == ["down", "ok"]
        assert heard.values("depth.status") == []

    on_site(site_file, act)


def test_commands_and_streams_reach_the_part(site_file: Any) -> None:
    async def act(site: RunningSite) -> None:
        assert await site.call("depth.beep") is None
        assert await site.call("dust.power_down") is None
        assert await site.call("bare.query", "*IDN?") == "OK *IDN?"
        assert await site.call("bare.write", b"RST\n") is None
        await asyncio.sleep(0.1)
        assert await site.call("bare.line.get") == "OK RST"
        with pytest.raises(ApplicationError, match="timeout"):
            await site.call("bare.query", "x", timeout=5)

    on_site(site_file, act)
