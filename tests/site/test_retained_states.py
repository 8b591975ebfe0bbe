"""What a client that comes late learns at once: the state of every device."""

import asyncio
from pathlib import Path
from typing import Any

from tests.site.rig import RunningSite, config_of, on_site
from wampedge.client import EventDetails, Session
from wampedge.wamp.payload import Payload

SITE = """\
wampedge = 1
[node]
name = "n1"
[buses.i2c1]
type = "i2c"
bus = 1
[devices.lamp]
driver = "led"
pin = 17
[devices.air]
driver = "bme280"
bus = "i2c1"
every = "1s"
"""
LAMP = ("[devices.lamp]", 'driver = "led"', "pin = 17")


async def states(site: RunningSite, pattern: str, **options: Any) -> dict[str, Any]:
    """Join, ask for what is retained, leave, and return the first values by topic."""
    heard: dict[str, Any] = {}

    def listen(payload: Payload, details: EventDetails) -> None:
        assert details.is_retained
        assert details.topic not in heard
        heard[details.topic] = payload.value

    client = await Session.over(site.node.server.attach_local("late"), "edge")
    asked = {"get_retained": True, **options}
    await client.subscribe(pattern, listen, options=asked, takes_payload=True)
    await asyncio.sleep(0)
    await client.leave()
    return heard


def test_a_late_subscriber_hears_the_state_of_every_device(tmp_path: Path) -> None:
    """Specification, "Event Retention"."""

    async def act(site: RunningSite) -> None:
        await site.call("lamp.on")
        await asyncio.sleep(2.5)

        heard = await states(site, "edge.n1.", match="prefix")

        assert list(heard) == [
            "edge.n1.air.humidity",
            "edge.n1.air.pressure",
            "edge.n1.air.status",
            "edge.n1.air.temperature",
            "edge.n1.lamp.state",
            "edge.n1.lamp.status",
            "edge.n1.status",
        ]
        assert heard["edge.n1.lamp.state"] is True
        assert heard["edge.n1.air.status"] == "ok"
        assert await states(site, "edge.n1.lamp.state") == {"edge.n1.lamp.state": True}
        everywhere = await states(site, "edge..air.temperature", match="wildcard")
        assert list(everywhere) == ["edge.n1.air.temperature"]

    on_site(config_of(tmp_path, SITE), act)


def test_nothing_is_said_of_a_device_that_is_gone(tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        live = await site.hear("lamp.state")
        assert len(await states(site, "edge.n1.lamp.", match="prefix")) == 2
        gone = "\n".join(line for line in SITE.splitlines() if line not in LAMP)
        await site.node.reload(config_of(tmp_path, gone).but(router=site.node.config.router))
        await asyncio.sleep(0)

        heard = await states(site, "edge.n1.lamp.", match="prefix")

        assert heard == {}
        assert live.values("lamp.state") == []

    on_site(config_of(tmp_path, SITE), act)
