"""Runs a whole node on the buses and lines of this kernel, with a client on its Unix socket."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import Any

from tests.kernel.guest.bridge import Bridge
from tests.kernel.guest.header import Header
from tests.kernel.guest.report import hand_over, i2c_number
from tests.support.node_process import NodeProcess
from wampedge.client import Session

__all__: list[str] = []

HEATER, BELL = 17, 27
CHIPS = ("air=bme280@0x76", "room=sht3x@0x44", "power=ina219@0x40")
SITE = """
wampedge = 1
[node]
name = "lab"
[router]
realm = "edge"
listen = ["unix:"]
[defaults]
every = "1s"
[buses.i2c1]
type = "i2c"
bus = {bus}
[devices.air]
driver = "bme280"
bus = "i2c1"
address = 0x76
[devices.room]
driver = "sht3x"
bus = "i2c1"
address = 0x44
[devices.power]
driver = "ina219"
bus = "i2c1"
address = 0x40
shunt = "100mohm"
[devices.heater]
driver = "relay"
pin = 17
[devices.bell]
driver = "button"
pin = 27
"""


def main() -> None:
    """Hand over what the client saw, what the lines did, and how the node ended."""
    header = Header((HEATER, BELL))
    header.pull(BELL, True)
    with Bridge(*CHIPS) as bridge:
        bridge.order("set", "air", "pressure", 98765.0)
        bridge.order("set", "room", "temperature", 21.5)
        bridge.order("set", "power", "voltage", 12.0)
        file = Path(tempfile.mkdtemp()) / "devices.toml"
        file.write_text(SITE.format(bus=i2c_number(bridge.nodes["i2c"])))
        node = NodeProcess(
            file,
            listen=("unix:",),
            flags=("--hardware",),
            environment={"TMPDIR": tempfile.gettempdir()},
        )
        with node:
            seen = asyncio.run(_use(node, header, bridge))
            exit_status = node.stop()
            log = node.log()
    hand_over({**seen, "exit status": exit_status, "log": log})


async def _use(node: NodeProcess, header: Header, bridge: Bridge) -> dict[str, Any]:
    session = await Session.connect(node.url("unix"), "edge")
    events: asyncio.Queue[Any] = asyncio.Queue()
    await session.subscribe("edge.lab.bell.event", lambda what, **_: events.put_nowait(what))
    found: dict[str, Any] = {
        "air": await _value(session, "air.pressure"),
        "room": await _value(session, "room.temperature"),
        "power": await _value(session, "power.voltage"),
    }
    found["heater"] = [header.level(HEATER)]
    for wanted in (True, False):
        await session.call("edge.lab.heater.set", wanted)
        found["heater"].append(header.level(HEATER))
    header.pull(BELL, False)
    found["bell"] = [await asyncio.wait_for(events.get(), 5)]
    header.pull(BELL, True)
    found["bell"].append(await asyncio.wait_for(events.get(), 5))
    found["faulty room"] = await _fail(session, bridge)
    await session.leave()
    return found


async def _value(session: Session, channel: str) -> Any:
    """Return a new reading of *channel*: value, unit and quality."""
    result = await session.call(f"edge.lab.{channel}.get", fresh=True)
    return [result.args[0], result.kwargs["unit"], result.kwargs["quality"]]


async def _fail(session: Session, bridge: Bridge) -> list[Any]:
    """Unplug a chip and plug it in again; returns the status of the device each time."""
    statuses: asyncio.Queue[Any] = asyncio.Queue()
    await session.subscribe("edge.lab.room.status", lambda what, **_: statuses.put_nowait(what))
    bridge.order("fault", "room", "absent", None)
    told = [await asyncio.wait_for(statuses.get(), 60)]
    while told[-1] != "down":
        told.append(await asyncio.wait_for(statuses.get(), 60))
    bridge.order("clear", "room")
    while told[-1] != "ok":
        told.append(await asyncio.wait_for(statuses.get(), 120))
    return told


if __name__ == "__main__":
    main()
