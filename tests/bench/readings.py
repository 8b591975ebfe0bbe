"""How many readings a second one core takes, from what a driver gives to events on topics.

Run it as ``python -m tests.bench.readings``. Ten devices with three channels each; every channel
has a conversion or an offset, a median of five, a range and a policy. A client on the local router
hears every event in the second measurement. Goal: 10,000 readings a second of CPU time.
"""

from __future__ import annotations

import asyncio
import gc
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from wampedge.client import Session
from wampedge.config.checking import load
from wampedge.config.model import SiteConfig
from wampedge.runtime.ground import wiring_of
from wampedge.runtime.node import Node
from wampedge_simulator.clock import SimulatedClock
from wampedge_simulator.substrate import SimulatedSubstrate

__all__ = ["GOAL", "readings_per_s"]

GOAL = 10_000
ROUNDS = 400
_DEVICES = 10
_HEAD = """\
wampedge = 1
[node]
name = "bench"
"""
_DEVICE = """\
[buses.b{n}]
type = "i2c"
bus = {n}
[devices.d{n}]
driver = "bme280"
bus = "b{n}"
every = "1h"
channels.temperature = {{ filters = [{{ median = 5 }}, {{ offset = -0.4 }}], range = [-20, 60] }}
channels.pressure = {{ unit = "hPa", filters = [{{ median = 5 }}, {{ round = 2 }}] }}
channels.humidity = {{ filters = [{{ median = 5 }}, {{ clamp = [0, 100] }}] }}
"""


def main() -> int:
    """Print both figures; 1 when one of them misses the goal."""
    missed = False
    for name, with_client in (("no subscriber", False), ("one subscriber", True)):
        rate = max(asyncio.run(readings_per_s(with_client=with_client)) for _ in range(3))
        missed |= rate < GOAL
        verdict = "ok" if rate >= GOAL else f"goal {GOAL:,} missed"
        print(f"{name:<16}{rate:>10,.0f} readings/s  {1e6 / rate:6.1f} us each  {verdict}")
    return int(missed)


async def readings_per_s(*, with_client: bool) -> float:
    """Return how many readings a second of CPU time get through to the local router."""
    config = _config()
    node = Node(config, SimulatedSubstrate(wiring_of(config)), clock=SimulatedClock())
    await node.start()
    heard = 0

    def count(value: object, **_: object) -> None:
        nonlocal heard
        heard += 1

    client = await Session.over(node.server.attach_local("bench"), config.router.realm)
    if with_client:
        await client.subscribe("edge.bench.", count, options={"match": "prefix"})
    devices = list(node.site.devices.values())
    gc.collect()
    values = _values(0)
    begin = time.process_time()
    for turn in range(ROUNDS):
        values = _values(turn)
        for device in devices:
            device.succeed(values)
        await asyncio.sleep(0)
    # The router answers in order: its answer means that all events before are on their way.
    await client.call("edge.bench.sys.list")
    spent_s = time.process_time() - begin
    readings = ROUNDS * _DEVICES * len(values)
    if with_client and heard < readings:
        raise RuntimeError(f"only {heard} of {readings} readings were heard")
    await client.leave()
    await node.stop()
    return readings / spent_s


def _values(turn: int) -> Mapping[str, float]:
    """Return values that differ from those before."""
    step = turn % 97
    return {
        "temperature": 20.0 + step * 0.11,
        "pressure": 100_000.0 + step * 13.0,
        "humidity": 40.0 + step * 0.2,
    }


def _config() -> SiteConfig:
    text = _HEAD + "".join(_DEVICE.format(n=number) for number in range(_DEVICES))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "devices.toml"
        path.write_text(text, encoding="utf-8")
        config = load(path)
    return config.but(router=config.router.but(listen=()))


if __name__ == "__main__":
    sys.exit(main())
