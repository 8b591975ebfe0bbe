"""B2: a serial line that says anything at all, goes away and comes back."""

import asyncio
import tracemalloc
from pathlib import Path

import pytest

from tests.site.rig import RunningSite, config_of, on_site
from wampedge.errors import ApplicationError

TANK = """\
wampedge = 1
[node]
name = "n1"
[buses.usb]
type = "serial"
port = "/dev/ttyUSB0"
[devices.tank]
driver = "line"
bus = "usb"
match = '^L=(?P<level>\\d+)$'
stale_after = "5s"
channels.level = { type = "int", unit = "mm" }
commands.zero = { send = "ZERO\\n", expect = "^OK$", timeout = "500ms" }
[devices.lamp]
driver = "led"
pin = 17
"""


async def say(site: RunningSite, data: bytes, *, times: int = 1) -> None:
    """Put *data* on the serial line, and let the node read it, so many times."""
    for _ in range(times):
        site.simulator._ports.on("usb")._send(data)
        await asyncio.sleep(0)
        await asyncio.sleep(0)


@pytest.mark.parametrize("byte", [b"x", b"\xff", b"\x00"])
def test_ten_megabytes_without_an_end_of_line_cost_no_memory(byte: bytes, tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        await say(site, byte * 4096, times=8)
        tracemalloc.start()
        await say(site, byte * 4096, times=2560)
        grown, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()

        assert grown < 64 * 1024
        assert await site.call("lamp.on") is True
        await say(site, b"\nL=412\n")
        result = await site.client.call("edge.n1.tank.level.get")
        assert result.value == 412

    on_site(config_of(tmp_path, TANK), act)


def test_half_a_line_and_then_silence_makes_the_value_stale_and_the_next_line_good(
    tmp_path: Path,
) -> None:
    async def act(site: RunningSite) -> None:
        await site.call("sim.set", "tank", "level", 400)
        await asyncio.sleep(2.0)
        heard = await site.hear("tank.level")
        await site.call("sim.fault", "tank", "half_line", 1)
        await asyncio.sleep(1.0)
        await site.call("sim.fault", "tank", "silent", 9)
        await asyncio.sleep(20.0)

        assert heard.values("tank.level").count(None) == 1
        assert heard.values("tank.level")[-1] == 400
        stale = next(details for _, value, details, _ in heard.events if value is None)
        assert (stale["quality"], stale["last"]) == ("stale", 400)
        assert stale["reason"] == "no fresh value for 5s"

    on_site(config_of(tmp_path, TANK), act)


def test_port_that_is_unplugged_and_comes_back_under_another_name_is_found_again(
    tmp_path: Path,
) -> None:
    async def act(site: RunningSite) -> None:
        await asyncio.sleep(2.0)
        heard = await site.hear("tank.status", "tank.level")
        await site.call("sim.fault", "tank", "unplug")
        await asyncio.sleep(3.0)
        with pytest.raises(ApplicationError) as caught:
            await site.call("tank.zero")
        await asyncio.sleep(120.0)
        await site.call("sim.fault", "tank", "none")
        await asyncio.sleep(61.0)

        assert caught.value.keywords["device"] == "tank"
        assert heard.values("tank.status") == ["down", "ok"]
        assert heard.values("tank.level")[0] is None
        assert heard.values("tank.level")[-1] is not None
        assert await site.call("tank.zero") == "OK"

    on_site(config_of(tmp_path, TANK), act)


def test_echo_of_our_own_bytes_is_no_answer_and_no_value(tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        call = asyncio.ensure_future(site.call("tank.zero"))
        await asyncio.sleep(0)
        await say(site, b"ZERO\n")

        assert await call == "OK"
        assert (await site.call("tank.health"))["state"] == "ok"

    on_site(config_of(tmp_path, TANK), act)
