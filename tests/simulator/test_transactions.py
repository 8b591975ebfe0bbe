from __future__ import annotations

import asyncio

import pytest
from smbus2 import SMBus

from tests.simulator.board import I2C_PATH, board, chip, talker
from wampedge.devices.contracts import SpiSettings, WiredDevice, Wiring
from wampedge_simulator.clock import SteppedClock, run_virtual
from wampedge_simulator.substrate import SimulatedSubstrate
from wampedge_simulator.transactions import Taps, Transaction


def test_listener_hears_what_was_written_and_read_at_which_address() -> None:
    clock = SteppedClock()
    heard: list[Transaction] = []
    with board(chip("bme280", 0x76), clock=clock) as simulator, SMBus(1) as bus:
        simulator.tap(heard.append)
        clock.spend(2.5)

        bus.read_byte_data(0x76, 0xD0)

    assert heard == [Transaction(2.5, I2C_PATH, "0x76", b"\xd0", b"\x60")]


def test_failed_transaction_is_told_with_its_error_number() -> None:
    heard: list[Transaction] = []
    with board(chip("bme280", 0x76)) as simulator, SMBus(1) as bus:
        simulator.tap(heard.append)
        with pytest.raises(OSError, match="121"):
            bus.read_byte_data(0x77, 0xD0)

    assert [(each.target, each.error, each.read) for each in heard] == [("0x77", 121, b"")]


def test_spi_selection_is_told_with_both_directions() -> None:
    heard: list[Transaction] = []
    wired = WiredDevice("oven", "max31855", bus="spi0", spi=SpiSettings(0, 0, 1_000_000))
    simulator = SimulatedSubstrate(Wiring(spi={"spi0": 0}, devices=(wired,)), clock=SteppedClock())
    simulator.start()
    try:
        simulator.tap(heard.append)
        answer = simulator.spi_buses[0].transfer(0, 0, bytes(4))
    finally:
        simulator.stop()

    assert heard == [Transaction(0.0, "/dev/spidev0", "0", bytes(4), answer)]


def test_what_an_instrument_says_is_told_as_read() -> None:
    heard: list[Transaction] = []

    async def main() -> None:
        with board(talker(match=r"(?P<weight>\d+)")) as simulator:
            simulator.tap(heard.append)
            await asyncio.sleep(3.0)

    run_virtual(main())

    assert heard
    assert all(each.bus == "usb" and each.read and not each.written for each in heard)


def test_listener_that_was_removed_hears_no_more() -> None:
    taps, heard = Taps(), list[Transaction]()
    taps.add(heard.append)
    taps.remove(heard.append)

    taps.tell(Transaction(0.0, "i2c", "", b"", b""))

    assert heard == []
