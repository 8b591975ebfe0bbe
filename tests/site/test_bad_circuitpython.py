"""Foreign drivers that hang, loop, raise or exit, on a whole node with real threads and time."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.site.rig import config_of
from tests.support.circuitpython_modules import Install, installing_in
from wampedge.client import EventDetails, Session
from wampedge.config.model import DeviceConfig
from wampedge.runtime.ground import wiring_of
from wampedge.runtime.node import Node
from wampedge.runtime.system_clock import SystemClock
from wampedge.wamp.payload import Payload
from wampedge_simulator.substrate import SimulatedSubstrate

PATIENCE_S = 10.0
"""How long to wait for what happens within two seconds, on a machine that is busy."""

FILE = """\
wampedge = 1
node.name = "n1"
[buses.one]
type = "i2c"
bus = 1
[buses.two]
type = "i2c"
bus = 3
[buses.port]
type = "serial"
port = "/dev/ttyUSB0"
"""
WIRED = """\
[devices.bad]
driver = "bme280"
bus = "one"
address = 0x76
[devices.neighbour]
driver = "sht3x"
bus = "one"
every = "100ms"
[devices.far]
driver = "sht3x"
bus = "two"
address = 0x44
every = "100ms"
[devices.dust]
driver = "pms5003"
bus = "port"
"""
DEVICE = """
every = "100ms"
[devices.{name}.channels]
temperature = {{ unit = "°C" }}
"""
BAD = """
import os, sys, time
{first}

class Bad:
    def __init__(self, {bus}):
        self.bus = {bus}
        {make}

    @property
    def temperature(self):
        if os.path.exists("{flag}"):
            {read}
        return 20.0
"""


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Return a function that installs a foreign driver."""
    with installing_in(tmp_path / "modules", monkeypatch) as put:
        yield put


@pytest.fixture
def gate(tmp_path: Path) -> Iterator[Path]:
    """Return a pipe that nobody writes into, so that who reads it hangs until the end."""
    path = tmp_path / "gate"
    os.mkfifo(path)
    yield path
    # Whoever hangs there comes back, and the thread ends.
    os.close(os.open(path, os.O_RDWR | os.O_NONBLOCK))
    path.unlink()


class Events:
    """What a node publishes."""

    def __init__(self) -> None:
        self.by_topic: dict[str, list[Any]] = {}
        self._came = asyncio.Event()

    def note(self, payload: Payload, event: EventDetails) -> None:
        """Keep one event."""
        self.by_topic.setdefault(event.topic.removeprefix("edge.n1."), []).append(payload.value)
        self._came.set()

    async def until(self, is_so: Callable[[dict[str, list[Any]]], bool]) -> None:
        """Wait until what has come makes *is_so* true; raises TimeoutError."""
        async with asyncio.timeout(PATIENCE_S):
            while not is_so(self.by_topic):
                self._came.clear()
                await self._came.wait()


@asynccontextmanager
async def running(folder: Path, **drivers: str) -> AsyncIterator[tuple[Session, Events]]:
    """Run a node in real time, with *drivers* by device; a client hears all it publishes."""
    wired = config_of(folder, FILE + WIRED)
    text = FILE + WIRED
    for name, driver in drivers.items():
        table = text[text.index(f"[devices.{name}]") :].partition("\n[")[0]
        place = [line for line in table.splitlines() if line.startswith(("bus", "address"))]
        lines = [f"[devices.{name}]", f'driver = "{driver}"', *place]
        text = text.replace(table, "\n".join(lines) + DEVICE.format(name=name))
    config = config_of(folder, text)
    devices = {n: d if n not in drivers else _hurried(d) for n, d in config.devices.items()}
    config = config.but(router=config.router.but(listen=()), devices=devices)
    node = Node(config, SimulatedSubstrate(wiring_of(wired)), clock=SystemClock())
    events = Events()
    try:
        async with asyncio.timeout(PATIENCE_S):
            await node.start()
        client = await Session.over(node.server.attach_local("test"), config.router.realm)
        everything = {"match": "prefix"}
        await client.subscribe("edge.n1.", events.note, options=everything, takes_payload=True)
        yield client, events
    finally:
        async with asyncio.timeout(PATIENCE_S):
            await node.stop()


def _hurried(device: DeviceConfig) -> DeviceConfig:
    """Return *device* with a deadline of one second in place of ten, for tests that are short."""
    return device.but(driver=device.driver.but(deadline_s=1.0))


def bad(folder: Path, *, first: str = "", make: str = "", read: str = "", bus: str = "i2c") -> str:
    """Return a driver that does *first* when imported, *make* when made, *read* when told to."""
    flag = folder / "flag"
    return BAD.format(first=first, make=make or "pass", read=read or "pass", bus=bus, flag=flag)


def more_of(name: str, seen: dict[str, list[Any]], count: int = 3) -> Callable[[Any], bool]:
    """Return what says that *count* more readings of *name* have come than there are in *seen*."""
    topic = f"{name}.temperature"
    wanted = len(seen.get(topic, ())) + count
    return lambda now: len(now.get(topic, ())) >= wanted


@pytest.mark.parametrize(
    "fault",
    [
        {"first": "sys.exit(3)"},
        {"first": "raise KeyboardInterrupt"},
        {"make": "sys.exit(3)"},
        {"make": "raise ZeroDivisionError"},
        {"make": "raise BaseException('on purpose')"},
        {"make": "self.bus = None; self.temperature()"},
        {"make": "raise RecursionError"},
    ],
)
async def test_driver_that_cannot_be_made_leaves_its_neighbours_alone(
    fault: dict[str, str], install: Install, tmp_path: Path
) -> None:
    install("adafruit_bad", bad(tmp_path, **fault))
    async with running(tmp_path, bad="adafruit:bad") as (client, events):
        await events.until(more_of("neighbour", {}))
        await events.until(more_of("far", {}))
        health = (await client.call("edge.n1.bad.health")).value
        listed = (await client.call("edge.n1.sys.list")).value

    assert health["errors"] >= 1
    assert health["state"] in {"degraded", "down"}
    assert set(events.by_topic.get("bad.temperature", ())) <= {None}
    assert listed == ["bad", "neighbour", "far", "dust"]


HANGING = {
    "system call": "open('{gate}').read()",
    "endless loop": "exec('while not os.path.exists(\"{gate}.end\"): pass')",
    "endless transactions": "exec('while True: self.bus.writeto(0x76, b\"\")')",
    "endless sleep": "time.sleep(1e9)",
}


@pytest.mark.parametrize("way", HANGING)
async def test_driver_that_hangs_costs_others_on_its_bus_a_moment_and_the_rest_nothing(
    way: str, install: Install, gate: Path, tmp_path: Path
) -> None:
    install("adafruit_bad", bad(tmp_path, read=HANGING[way].format(gate=gate)))
    async with running(tmp_path, bad="adafruit:bad") as (client, events):
        await events.until(more_of("bad", {}))
        before = dict.fromkeys(("far.temperature",), events.by_topic["far.temperature"][:])
        (tmp_path / "flag").touch()
        await events.until(lambda now: "degraded" in now.get("bad.status", ()))
        assert more_of("far", before)(events.by_topic)  # the deadline is ten of its periods
        await events.until(more_of("neighbour", {**events.by_topic}))
        await events.until(more_of("far", {**events.by_topic}))
        gate.with_name("gate.end").touch()
        health = (await client.call("edge.n1.bad.health")).value

    assert health["errors"] >= 1


async def test_driver_that_hangs_as_it_is_imported_holds_up_no_other_foreign_driver(
    install: Install, gate: Path, tmp_path: Path
) -> None:
    install("adafruit_bad", bad(tmp_path, first=f"open('{gate}').read()"))
    install("adafruit_good", bad(tmp_path, first="from adafruit_shared import X"))
    install("adafruit_shared", "X = 1\n")
    async with running(tmp_path, bad="adafruit:bad", far="adafruit:good") as (_, events):
        await events.until(more_of("far", {}))
        await events.until(more_of("neighbour", {}))

    assert set(events.by_topic.get("bad.temperature", ())) <= {None}


async def test_serial_driver_that_waits_for_ever_leaves_the_event_loop_alone(
    install: Install, gate: Path, tmp_path: Path
) -> None:
    endless = f"exec('while not os.path.exists(\"{gate}.end\"): self.bus.read(1)')"
    install("adafruit_bad", bad(tmp_path, read=endless, bus="uart"))
    async with running(tmp_path, dust="adafruit:bad") as (_, events):
        await events.until(more_of("dust", {}))
        (tmp_path / "flag").touch()
        await events.until(lambda now: "degraded" in now.get("dust.status", ()))
        await events.until(more_of("far", {**events.by_topic}))
        gate.with_name("gate.end").touch()
