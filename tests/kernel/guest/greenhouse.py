"""Plays the story of the greenhouse on the buses and lines of this kernel."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

from tests.kernel.greenhouse import play
from tests.kernel.guest.bridge import Bridge
from tests.kernel.guest.header import Header
from tests.kernel.guest.report import hand_over, i2c_number
from tests.support.node_process import NodeProcess
from wampedge.client import Session

__all__: list[str] = []

DRIP, LAMP, FAN, BELL, RAIN, INTERRUPT = 17, 27, 18, 22, 23, 25
CHIPS = (
    "air=bme280@0x76",
    "outside=sht3x@0x44",
    "solar=ina219@0x40",
    "soil=ads1115@0x48",
    "io=mcp23017@0x20",
)
FILE = Path(__file__).parents[3] / "devices.toml"


class KernelStage:
    """The chips behind the kernel's bus, and its header."""

    def __init__(self, bridge: Bridge, header: Header) -> None:
        self._bridge, self._header = bridge, header

    async def set(self, device: str, channel: str, value: float) -> None:
        """Let a chip measure something."""
        self._bridge.order("set", device, channel, value)

    async def press(self, is_pressed: bool) -> None:
        """Pull the line of the doorbell to ground, or let go of it."""
        self._header.pull(BELL, not is_pressed)

    async def level(self, bank: str, line: int) -> bool:
        """Return what the kernel, or the chip, has at a line."""
        if bank == "gpio":
            return self._header.level(line)
        return bool(self._bridge.order("pin_level", bank, line))


def main() -> None:
    """Hand over what happened."""
    header = Header((DRIP, LAMP, FAN, BELL, RAIN, INTERRUPT))
    for line in (BELL, RAIN, INTERRUPT):
        header.pull(line, True)
    with Bridge(*CHIPS) as bridge:
        bridge.order("set", "air", "temperature", 20.0)
        number = i2c_number(bridge.nodes["i2c"])
        file = Path(tempfile.mkdtemp()) / "devices.toml"
        file.write_text(FILE.read_text("utf-8").replace("bus = 1 ", f"bus = {number} "))
        node = NodeProcess(
            file,
            listen=("unix:",),
            flags=("--hardware",),
            environment={"TMPDIR": tempfile.gettempdir()},
        )
        with node:
            found = asyncio.run(_played(node, KernelStage(bridge, header)))
            node.stop()
            log = node.log()
    hand_over({"story": found, "log": log})


async def _played(node: NodeProcess, stage: KernelStage) -> list[list[object]]:
    async with await Session.connect(node.url("unix"), "edge") as session:
        return await play(session, stage)


if __name__ == "__main__":
    main()
