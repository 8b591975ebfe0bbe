"""The same board, driven by the real libraries in virtual time, does the same each time."""

from __future__ import annotations

import asyncio
import hashlib

import serial
from smbus2 import SMBus

from tests.simulator.board import PORT, board, chip, gpio, send_and_receive, talker
from wampedge.devices.contracts import SerialSettings
from wampedge_simulator.clock import SimulatedClock, run_virtual

DEVICES = (
    chip("bme280", 0x76, "air"),
    chip("mcp23017", 0x20, "io"),
    gpio("button", 22, "bell", pull="none"),
    talker("tank", match=r"L=(?P<level>\d+)"),
)


def trace_of_ten_minutes(seed: int) -> tuple[int, str]:
    """Return how many things happened in ten minutes, and a digest of all of them."""
    events: list[object] = []

    async def sample(bus: SMBus) -> None:
        for _ in range(60):
            bus.write_byte_data(0x76, 0xF4, 0x25)
            await asyncio.sleep(0.0093)
            events.append((loop().time(), send_and_receive(bus, 0x76, [0xF7], 8)))
            await asyncio.sleep(10 - 0.0093)

    async def main() -> None:
        with board(*DEVICES, clock=SimulatedClock(), seed=seed) as substrate, SMBus(1) as bus:
            bell = substrate._board().nets.net("gpio", 22)
            bell.watch(lambda level: events.append((loop().time(), level)))
            settings = substrate.serial_port(SerialSettings(PORT))
            with serial.Serial(settings.port, timeout=0) as port:
                loop().add_reader(
                    port.fileno(), lambda: events.append((loop().time(), port.read(100)))
                )
                substrate.fault("bell", "bounce")
                substrate.pulse("bell", 5, width_s=30, gap_s=30)
                await sample(bus)
                loop().remove_reader(port.fileno())

    run_virtual(main())
    return len(events), hashlib.sha256(repr(events).encode()).hexdigest()


def loop() -> asyncio.AbstractEventLoop:
    """The loop that runs now."""
    return asyncio.get_running_loop()


def test_ten_minutes_are_the_same_every_time() -> None:
    """60 samples, which last as long as 600 lines, 10 edges and as many bounces."""
    first = trace_of_ten_minutes(seed=1)

    assert [trace_of_ten_minutes(seed=1) for _ in range(2)] == [first, first]
    assert first[0] == 60 + 600 + 10 + 10


def test_another_seed_is_another_world() -> None:
    assert trace_of_ten_minutes(seed=1)[1] != trace_of_ten_minutes(seed=2)[1]
