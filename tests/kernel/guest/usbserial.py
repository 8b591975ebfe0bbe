"""Runs a whole node on a USB serial port of this kernel whose plug is pulled and put back.

A gadget (a CDC ACM function on the dummy host controller) is the instrument's plug: the node has
``/dev/ttyACM*`` as of any USB instrument, the instrument talks on ``/dev/ttyGS0``. A meter on a
port of its own, which stays, counts on meanwhile.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import tempfile
import tty
from pathlib import Path
from typing import Any

from tests.kernel.guest.report import hand_over
from tests.support.node_process import NodeProcess
from wampedge.client import Session
from wampedge.errors import ApplicationError

__all__: list[str] = []

VENDOR, PRODUCT = "1546", "01a8"
SITE = """
wampedge = 1
[node]
name = "lab"
[router]
realm = "edge"
listen = ["unix:"]
[buses.usb]
type = "serial"
match = {{ vid = "{vendor}", pid = "{product}", serial = "T-1" }}
[devices.tank]
driver = "line"
bus = "usb"
match = '^L=(?P<level>\\d+)$'
stale_after = "5s"
channels.level = {{ type = "int", unit = "mm" }}
commands.zero = {{ send = "ZERO\\n", expect = "^OK$", timeout = "1500ms" }}
[buses.wired]
type = "serial"
port = "{wired}"
[devices.meter]
driver = "line"
bus = "wired"
match = '^C=(?P<count>\\d+)$'
channels.count = {{ type = "int" }}
"""
_PAUSE_S, _OUT_S, _WAIT_S = 0.5, 30, 120


class Plug:
    """The USB plug of the instrument."""

    def __init__(self) -> None:
        self._gadget = Path("/sys/kernel/config/usb_gadget/tank")
        config, strings = self._gadget / "configs/c.1", self._gadget / "strings/0x409"
        for folder in (config, strings, self._gadget / "functions/acm.usb0"):
            folder.mkdir(parents=True)
        for name, text in (("idVendor", VENDOR), ("idProduct", PRODUCT)):
            (self._gadget / name).write_text(f"0x{text}")
        (strings / "serialnumber").write_text("T-1")
        (config / "acm.usb0").symlink_to(self._gadget / "functions/acm.usb0")
        (self._controller,) = (each.name for each in Path("/sys/class/udc").iterdir())

    def put_in(self) -> None:
        """Plug it in; the kernel needs a moment to find it."""
        (self._gadget / "UDC").write_text(self._controller)

    def pull(self) -> None:
        """Pull it out."""
        (self._gadget / "UDC").write_text("\n")


class Instrument:
    """Says the level twice a second, and OK to each line it hears."""

    def __init__(self) -> None:
        self.level = 412
        self.heard = bytearray()

    async def run(self) -> None:
        """Talk until cancelled; a pulled plug hangs the line up, so it is opened anew."""
        while True:
            descriptor = os.open("/dev/ttyGS0", os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
            try:
                tty.setraw(descriptor)
                await self._talk(descriptor)
            except OSError:
                await asyncio.sleep(_PAUSE_S)
            finally:
                os.close(descriptor)

    async def _talk(self, descriptor: int) -> None:
        while True:
            with contextlib.suppress(BlockingIOError):
                os.write(descriptor, b"L=%d\n" % self.level)
            await asyncio.sleep(_PAUSE_S)
            with contextlib.suppress(BlockingIOError):
                said = os.read(descriptor, 256)
                self.heard += said
                os.write(descriptor, b"OK\n" * said.count(b"\n"))


class Meter:
    """Counts twice a second, on a pseudo-terminal."""

    def __init__(self) -> None:
        self._ours, theirs = os.openpty()
        tty.setraw(theirs)
        self.port = os.ttyname(theirs)
        os.close(theirs)  # the node takes no port that somebody has open

    async def run(self) -> None:
        """Count until cancelled."""
        for count in itertools.count():
            os.write(self._ours, b"C=%d\n" % count)
            await asyncio.sleep(_PAUSE_S)


def main() -> None:
    """Hand over what a client of the node saw."""
    plug = Plug()
    plug.put_in()
    file = Path(tempfile.mkdtemp()) / "devices.toml"
    meter = Meter()
    file.write_text(SITE.format(vendor=VENDOR, product=PRODUCT, wired=meter.port))
    node = NodeProcess(
        file,
        listen=("unix:",),
        flags=("--hardware",),
        environment={"TMPDIR": tempfile.gettempdir()},
    )
    with node:
        found = asyncio.run(_use(node, plug, meter))
        exit_status = node.stop()
        log = node.log()
    hand_over({**found, "exit status": exit_status, "log": log})


async def _use(node: NodeProcess, plug: Plug, meter: Meter) -> dict[str, Any]:
    instrument = Instrument()
    talking = [asyncio.create_task(each.run()) for each in (instrument, meter)]
    session = await Session.connect(node.url("unix"), "edge")
    levels: asyncio.Queue[Any] = asyncio.Queue()
    statuses: asyncio.Queue[Any] = asyncio.Queue()
    await session.subscribe(
        "edge.lab.tank.level", lambda level, quality, **_: levels.put_nowait((level, quality))
    )
    counts: list[int] = []
    await session.subscribe("edge.lab.meter.count", lambda count, **_: counts.append(count))
    await session.subscribe("edge.lab.tank.status", lambda what, **_: statuses.put_nowait(what))
    found: dict[str, Any] = {"before": await _until(levels, (412, "good"))}
    found["order"] = (await session.call("edge.lab.tank.zero")).value
    plug.pull()
    found["pulled"] = await _until(statuses, "down")
    found["ports while out"] = _ports()
    try:
        await session.call("edge.lab.tank.zero")
    except ApplicationError as error:
        found["order while out"] = error.uri
    await asyncio.sleep(_OUT_S)
    instrument.level = 500
    plug.put_in()
    found["put in"] = await _until(statuses, "ok")
    found["after"] = (await _until(levels, (500, "good")))[-1]
    found["order after"] = (await session.call("edge.lab.tank.zero")).value
    found["zeros"] = instrument.heard.count(b"ZERO\n")
    found["counts"] = counts
    for each in talking:
        each.cancel()
    await session.leave()
    return found


async def _until(queue: asyncio.Queue[Any], wanted: Any) -> list[Any]:
    """Return all that comes, up to *wanted*."""
    found: list[Any] = []
    while not found or found[-1] != wanted:
        found.append(await asyncio.wait_for(queue.get(), _WAIT_S))
    return found


def _ports() -> list[str]:
    return sorted(path.name for path in Path("/dev").glob("ttyACM*"))


if __name__ == "__main__":
    main()
