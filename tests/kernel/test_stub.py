"""``i2c-stub``, the emulator of the kernel, against the adapter of that name of the simulator."""

from __future__ import annotations

import errno
from typing import Any

import pytest

from tests.kernel.conftest import UnderKernel
from tests.kernel.stub_exchanges import ADDRESS, exchange, exchange_blocks, refusal
from tests.simulator.board import I2C_PATH, chip
from wampedge.devices.contracts import Wiring
from wampedge_simulator.clock import SteppedClock
from wampedge_simulator.physics.plan import WorldPlan
from wampedge_simulator.substrate import SimulatedSubstrate
from wampedge_simulator.wiring import PinNote

pytestmark = pytest.mark.kernel

GUESTS = {"stub": "smbus2"}


@pytest.fixture(scope="module")
def found(under_kernel: UnderKernel) -> Any:
    return under_kernel("stub")


@pytest.fixture
def simulated() -> Any:
    wiring = Wiring(i2c={"i2c1": I2C_PATH}, devices=(chip("mcp23017", ADDRESS, "pins"),))
    substrate = SimulatedSubstrate(wiring, clock=SteppedClock())
    substrate.attach(WorldPlan(pins={"i2c1": PinNote(adapter="i2c-stub")}))
    substrate.start()
    answers = exchange(1)
    yield {"answers": answers, "blocks": exchange_blocks(1), "refusal": refusal(I2C_PATH)}
    substrate.stop()


def test_every_call_and_every_error_is_the_same_in_the_simulator(
    found: Any, simulated: Any
) -> None:
    assert found["answers"] == simulated["answers"]


def test_blocks_with_their_length_are_the_known_difference(found: Any, simulated: Any) -> None:
    """The emulator takes them all the same; the profile keeps to what it announces."""
    assert found["blocks"] == [None, [7, 8, 9]]
    assert simulated["blocks"] == [f"errno {errno.EOPNOTSUPP}"] * 2


def test_the_node_says_what_is_wrong_with_such_a_bus(found: Any, simulated: Any) -> None:
    assert found["refusal"] == simulated["refusal"]
    assert found["refusal"].endswith(
        "the adapter knows SMBus calls only, and drivers need I2C messages (use another bus)"
    )


def test_the_emulator_answers_as_its_source_says(found: Any) -> None:
    """Documentation/i2c/i2c-stub.rst of Linux: no messages, no blocks unless asked for."""
    answers = found["answers"]

    assert answers["read it back"] == 0x5A
    assert answers["read the word"] == 0xA55A
    assert answers["read the block"] == [1, 2, 3, 4]
    assert answers["read what is next"] == 2
    assert answers["read a byte from nobody"] == f"errno {errno.ENODEV}"
    assert answers["messages"] == f"errno {errno.EOPNOTSUPP}"
