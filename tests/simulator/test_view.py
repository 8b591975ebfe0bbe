"""What a person at the bench sees."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from smbus2 import SMBus

from wampedge.devices.contracts import WiredDevice, Wiring
from wampedge_simulator.clock import SteppedClock
from wampedge_simulator.substrate import SimulatedSubstrate
from wampedge_simulator.view import MAX_BYTES, MAX_TRANSACTIONS

WIRING = Wiring(
    i2c={"i2c1": "/dev/i2c-1"},
    devices=(
        WiredDevice("air", "lm75", bus="i2c1", address=0x48),
        WiredDevice("lamp", "led", pins={"pin": ("gpio", 27)}, params={"active": "high"}),
        WiredDevice("bell", "button", pins={"pin": ("gpio", 22)}, params={"pull": "up"}),
    ),
)


@pytest.fixture
def board() -> Iterator[SimulatedSubstrate]:
    board = SimulatedSubstrate(WIRING, clock=SteppedClock())
    board.start()
    yield board
    board.stop()


def test_parts_say_what_a_hand_can_do_to_them(board: SimulatedSubstrate) -> None:
    parts = board.view.describe()

    assert parts["air"]["bus"] == "/dev/i2c-1"
    assert parts["air"]["target"] == "0x48"
    assert parts["air"]["senses"]["temperature"]["unit"] == "°C"
    assert parts["air"]["faults"]["absent"].startswith("the part is unplugged")
    assert parts["bell"]["pins"] == {"pin": "gpio:22"}
    assert [name for name, part in parts.items() if part["is_contact"]] == ["bell"]


def test_pins_have_level_and_duty(board: SimulatedSubstrate) -> None:
    board.net("gpio", 27).drive("node", True)

    pins = board.view.snapshot(0)["pins"]

    assert set(pins) == {"gpio:22", "gpio:27"}
    assert pins["gpio:27"] == {
        "level": True,
        "duty": 1.0,
        "is_floating": False,
        "has_conflict": False,
    }
    assert pins["gpio:22"]["is_floating"], "no node has switched its resistor on"


def test_parts_show_what_they_sense_and_which_faults_wait(board: SimulatedSubstrate) -> None:
    board.set("air", "temperature", 21.5)
    board.fault("air", "nack", 3)
    board.net("gpio", 27).drive("node", True)

    parts = board.view.snapshot(0)["parts"]

    assert parts["air"] == {"senses": {"temperature": 21.5}, "faults": ["nack"]}
    assert parts["lamp"]["power"] == 1.0


def test_wires_that_are_wrong_are_told(board: SimulatedSubstrate) -> None:
    board.net("gpio", 27).drive("node", True)
    board.net("gpio", 27).drive("somebody", False)

    (finding,) = board.view.snapshot(0)["findings"]

    assert (finding["kind"], finding["place"]) == ("conflict", "GPIO27")


def test_transactions_are_told_once_and_in_order(board: SimulatedSubstrate) -> None:
    view = board.view
    with SMBus(1) as bus:
        bus.read_i2c_block_data(0x48, 0x03, 2)
        with pytest.raises(OSError, match="Remote I/O"):
            bus.read_byte(0x10)
        first = view.snapshot(0)["transactions"]
        bus.read_i2c_block_data(0x48, 0x03, 2)

    assert [each["number"] for each in first] == [1, 2]
    assert (first[0]["target"], first[0]["written"], first[0]["error"]) == ("0x48", "03", None)
    assert (first[1]["target"], first[1]["error"]) == ("0x10", "EREMOTEIO")
    assert [each["number"] for each in view.snapshot(2)["transactions"]] == [3]


def test_what_nobody_looks_at_is_forgotten(board: SimulatedSubstrate) -> None:
    view = board.view
    with SMBus(1) as bus:
        for _ in range(MAX_TRANSACTIONS + 5):
            bus.read_i2c_block_data(0x48, 0x00, 2)

    assert next(each["number"] for each in view.snapshot(0)["transactions"]) == 6


def test_long_transactions_are_cut(board: SimulatedSubstrate) -> None:
    view = board.view
    with SMBus(1) as bus:
        bus.read_i2c_block_data(0x48, 0x00, 32)

    (shown,) = view.snapshot(0)["transactions"]

    assert shown["read"].endswith(" … 32 bytes")
    assert len(shown["read"].split(" … ")[0].split()) == MAX_BYTES
