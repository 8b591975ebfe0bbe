"""B5: more callers than a bus or a device can serve."""

import asyncio
from collections import Counter
from pathlib import Path

from tests.site.rig import RunningSite, config_of, on_site
from tests.site.test_bus_faults import TWO_SENSORS
from wampedge.client import Session
from wampedge.errors import ApplicationError


async def outcome(session: Session, number: int, done: list[int]) -> str:
    """Ask for a fresh sample; return how it went."""
    try:
        await session.call("edge.n1.outside.temperature.get", fresh=True)
    except ApplicationError as error:
        return error.uri
    done.append(number)
    return "ok"


def test_thousand_callers_of_one_bus_are_served_in_order_or_told_that_it_is_busy(
    tmp_path: Path,
) -> None:
    async def act(site: RunningSite) -> None:
        heard = await site.hear("air.temperature", "air.status", "outside.status")
        done: list[int] = []

        outcomes = Counter(
            await asyncio.gather(*(outcome(site.client, n, done) for n in range(1000)))
        )
        await asyncio.sleep(5.0)

        assert set(outcomes) == {"ok", "wampedge.error.busy"}
        assert 32 <= outcomes["ok"] <= 34
        assert done == sorted(done)
        assert heard.values("outside.status") == []  # a crowd is no failure of the part
        assert heard.values("air.status") == []
        assert len(heard.values("air.temperature")) >= 4
        assert None not in heard.values("air.temperature")

    on_site(config_of(tmp_path, TWO_SENSORS), act)


def test_sampling_has_its_turn_though_callers_never_stop(tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        heard = await site.hear("air.temperature")
        is_over = False

        async def call_for_ever() -> None:
            while not is_over:
                await outcome(site.client, 0, [])
                await asyncio.sleep(0.05)

        callers = [asyncio.ensure_future(call_for_ever()) for _ in range(64)]
        await asyncio.sleep(10.0)
        is_over = True
        await asyncio.gather(*callers)

        assert len(heard.values("air.temperature")) >= 7
        assert None not in heard.values("air.temperature")

    on_site(config_of(tmp_path, TWO_SENSORS), act)


def test_commands_of_a_serial_device_are_bounded_too(tmp_path: Path) -> None:
    text = """\
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
channels.level = { type = "int", unit = "mm" }
commands.zero = { send = "ZERO\\n", expect = "^OK$", timeout = "500ms" }
"""

    async def act(site: RunningSite) -> None:
        answers = await asyncio.gather(
            *(site.client.call("edge.n1.tank.zero") for _ in range(200)), return_exceptions=True
        )

        refused = [a.uri for a in answers if isinstance(a, ApplicationError)]
        assert set(refused) == {"wampedge.error.busy"}
        assert len(refused) == 200 - 32
        assert (await site.call("tank.health"))["state"] == "ok"

    on_site(config_of(tmp_path, text), act)


def test_node_with_every_expander_line_in_use_offers_all_its_procedures(tmp_path: Path) -> None:
    text = '[buses.i2c1]\ntype = "i2c"\nbus = 1\n'
    for chip in range(8):
        text += f'[devices.io{chip}]\ndriver = "mcp23017"\nbus = "i2c1"\naddress = {0x20 + chip}\n'
        text += 'every = "10s"\n'
        for line in range(16):
            text += f'[devices.k{chip}_{line}]\ndriver = "relay"\npin = "io{chip}:{line}"\n'

    async def act(site: RunningSite) -> None:
        assert len(site.node._registration_by_uri) > 1_200
        assert await site.call("k7_15.on") is True
        assert site.simulator.pin_level("io7", 15) is True

    on_site(config_of(tmp_path, f'wampedge = 1\n[node]\nname = "n1"\n{text}'), act)
