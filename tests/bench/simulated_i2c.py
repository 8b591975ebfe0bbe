"""What one call of smbus2 costs on a simulated bus; the goal is less than 25 us.

Run: ``python tests/bench/simulated_i2c.py``. Prints one line a kind of call, with the best of five
rounds: the rest is what else the machine did meanwhile.
"""

from __future__ import annotations

import timeit
from collections.abc import Callable

from smbus2 import SMBus, i2c_msg

from wampedge.devices.contracts import WiredDevice, Wiring
from wampedge_simulator.clock import SteppedClock
from wampedge_simulator.substrate import SimulatedSubstrate

CALLS = 5_000
ROUNDS = 5
WIRING = Wiring(
    i2c={"i2c1": "/dev/i2c-1"},
    devices=(
        WiredDevice("air", "bme280", bus="i2c1", address=0x76),
        WiredDevice("load", "ina219", bus="i2c1", address=0x40),
    ),
)


def main() -> None:
    """Measure and print."""
    substrate = SimulatedSubstrate(WIRING, clock=SteppedClock())
    substrate.start()
    with SMBus(1) as bus:
        calls: dict[str, Callable[[], object]] = {
            "read_byte_data": lambda: bus.read_byte_data(0x76, 0xD0),
            "write_byte_data": lambda: bus.write_byte_data(0x76, 0xF5, 0),
            "read_word_data": lambda: bus.read_word_data(0x40, 0x02),
            "read_i2c_block_data of 8": lambda: bus.read_i2c_block_data(0x76, 0xF7, 8),
            "i2c_rdwr, write and read 8": lambda: bus.i2c_rdwr(
                i2c_msg.write(0x76, [0xF7]), i2c_msg.read(0x76, 8)
            ),
        }
        for name, call in calls.items():
            best_s = min(timeit.repeat(call, number=CALLS, repeat=ROUNDS)) / CALLS
            print(f"{name:30} {best_s * 1e6:6.1f} us")
    substrate.stop()


if __name__ == "__main__":
    main()
