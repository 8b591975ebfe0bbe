"""Adapters differ in what they carry and in how errors look; what our own bus says does not.

Numbers are those of the drivers in Linux 6.12: i2c-bcm2835.c, i2c-designware-master.c (RP1),
i2c-algo-bit.c and i2c-stub.c.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from smbus2 import I2cFunc, SMBus, i2c_msg

from tests.simulator.board import I2C_PATH, chip, fails, send_and_receive
from wampedge.devices.contracts import Wiring
from wampedge.errors import BusError, BusTimeoutError
from wampedge.hardware.i2c import SmbusI2cBus
from wampedge_simulator.clock import SteppedClock
from wampedge_simulator.i2c.profile import ADAPTERS
from wampedge_simulator.physics.plan import WorldPlan
from wampedge_simulator.substrate import SimulatedSubstrate
from wampedge_simulator.wiring import PinNote

AIR, NOBODY, ID = 0x76, 0x50, 0xD0
MESSAGES = ("bcm2835", "rp1", "i2c-gpio")


@contextmanager
def board_with(adapter: str) -> Iterator[SimulatedSubstrate]:
    wiring = Wiring(i2c={"i2c1": I2C_PATH}, devices=(chip("bme280", AIR, "air"),))
    substrate = SimulatedSubstrate(wiring, clock=SteppedClock())
    substrate.attach(WorldPlan(pins={"i2c1": PinNote(adapter=adapter)}))
    substrate.start()
    try:
        yield substrate
    finally:
        substrate.stop()


class Block:
    """A part at 0x0B that announces how many bytes it sends, as a smart battery does."""

    def __init__(self, answer: bytes) -> None:
        self.stretch_s = 0.0
        self.received = bytearray()
        self._bytes = iter(answer)

    def start(self, is_read: bool) -> bool:
        return True

    def write(self, byte: int) -> bool:
        self.received.append(byte)
        return True

    def read(self) -> int:
        return next(self._bytes)

    def stop(self) -> None:
        pass


@pytest.mark.parametrize(
    ("adapter", "kind", "number"),
    [
        ("bcm2835", "nack", errno.EREMOTEIO),
        ("bcm2835", "nack_data", errno.EREMOTEIO),
        ("bcm2835", "bus_stuck", errno.EIO),
        ("bcm2835", "timeout", errno.ETIMEDOUT),
        ("rp1", "nack", errno.EREMOTEIO),
        ("rp1", "nack_data", errno.EREMOTEIO),
        ("rp1", "bus_stuck", errno.ETIMEDOUT),
        ("rp1", "timeout", errno.ETIMEDOUT),
        ("i2c-gpio", "nack", errno.ENXIO),
        ("i2c-gpio", "nack_data", errno.EIO),
        ("i2c-gpio", "bus_stuck", errno.ENXIO),
        ("i2c-gpio", "timeout", errno.ETIMEDOUT),
        ("i2c-stub", "nack", errno.ENODEV),
    ],
)
def test_a_fault_has_the_error_number_of_its_adapter(adapter: str, kind: str, number: int) -> None:
    with board_with(adapter) as board, SMBus(1) as bus:
        board.fault("air", kind)

        with fails(number):
            bus.write_byte_data(AIR, 0xF5, 0)
        assert bus.read_byte_data(AIR, ID) == 0x60


@pytest.mark.parametrize("adapter", MESSAGES)
def test_our_bus_says_the_same_of_a_missing_part_on_every_adapter(adapter: str) -> None:
    with board_with(adapter):
        bus = SmbusI2cBus(I2C_PATH)

        with pytest.raises(BusError) as caught:
            bus.transfer(NOBODY, [b"\x00", 1])
        bus.close()

    assert str(caught.value) == (
        "/dev/i2c-1 address 0x50: no acknowledge (is the part wired, powered and at this address?)"
    )


@pytest.mark.parametrize("adapter", MESSAGES)
def test_our_bus_says_the_same_of_a_transfer_without_end(adapter: str) -> None:
    with board_with(adapter) as board:
        bus = SmbusI2cBus(I2C_PATH)
        board.fault("air", "timeout")

        with pytest.raises(BusTimeoutError) as caught:
            bus.transfer(AIR, [b"\x00", 1])
        bus.close()

    assert str(caught.value) == (
        "/dev/i2c-1 address 0x76: the bus did not answer in time (is a line held low?)"
    )


def test_our_bus_says_that_an_adapter_without_messages_will_not_do() -> None:
    with board_with("i2c-stub"):
        bus = SmbusI2cBus(I2C_PATH)

        with pytest.raises(BusError) as caught:
            bus.transfer(AIR, [b"\x00", 1])
        bus.close()

    assert str(caught.value) == (
        "/dev/i2c-1 address 0x76: the adapter knows SMBus calls only, and drivers need I2C messages"
        " (use another bus)"
    )


@pytest.mark.parametrize(
    ("adapter", "blocks", "quick", "messages"),
    [
        ("bcm2835", False, True, True),
        ("rp1", True, False, True),
        ("i2c-gpio", True, True, True),
        ("i2c-stub", False, True, False),
    ],
)
def test_an_adapter_tells_what_it_can(
    adapter: str, blocks: bool, quick: bool, messages: bool
) -> None:
    with board_with(adapter), SMBus(1) as bus:
        assert bool(bus.funcs & I2cFunc.SMBUS_READ_BLOCK_DATA) is blocks
        assert bool(bus.funcs & I2cFunc.SMBUS_QUICK) is quick
        assert bool(bus.funcs & I2cFunc.I2C) is messages


def test_a_read_before_a_write_needs_more_than_a_bcm2835() -> None:
    read, write = i2c_msg.read(AIR, 1), i2c_msg.write(AIR, [ID])

    with board_with("bcm2835"), SMBus(1) as bus, fails(errno.EOPNOTSUPP):
        bus.i2c_rdwr(read, write)
    with board_with("rp1"), SMBus(1) as bus:
        bus.i2c_rdwr(read, write)


def test_a_pi_5_sends_no_message_without_a_byte() -> None:
    """So scanning with the quick call finds nothing there."""
    with board_with("rp1"), SMBus(1) as bus, fails(errno.EOPNOTSUPP):
        bus.write_quick(AIR)
    with board_with("i2c-gpio"), SMBus(1) as bus:
        bus.write_quick(AIR)


@pytest.mark.parametrize(("adapter", "works"), [("bcm2835", False), ("rp1", True)])
def test_a_part_may_announce_its_bytes_where_the_adapter_lets_it(adapter: str, works: bool) -> None:
    with board_with(adapter) as board, SMBus(1) as bus:
        battery = Block(b"\x03Li+more")
        board.i2c_buses[0].attach(0x0B, board.part("air"), battery)

        if works:
            assert bytes(bus.read_block_data(0x0B, 0x22)) == b"Li+"
            assert battery.received == b"\x22"
        else:
            with fails(errno.EOPNOTSUPP):
                bus.read_block_data(0x0B, 0x22)


def test_an_announced_length_that_cannot_be_is_a_protocol_error() -> None:
    with board_with("rp1") as board, SMBus(1) as bus:
        board.i2c_buses[0].attach(0x0B, board.part("air"), Block(b"\x21" * 40))

        with fails(errno.EPROTO):
            bus.read_block_data(0x0B, 0x22)


def test_an_announced_block_carries_its_error_code() -> None:
    """The code is over both addresses, the command, the length and the bytes."""
    with board_with("i2c-gpio") as board, SMBus(1) as bus:
        code = _crc8(bytes([0x16, 0x22, 0x17, 0x02, 0x41, 0x42]))
        board.i2c_buses[0].attach(0x0B, board.part("air"), Block(bytes([2, 0x41, 0x42, code])))
        bus.pec = 1

        assert bytes(bus.read_block_data(0x0B, 0x22)) == b"AB"


def test_a_data_line_held_low_reads_as_zeros_where_software_moves_the_pins() -> None:
    """It sees an acknowledge in every low bit: the fault is silent."""
    with board_with("i2c-gpio") as board, SMBus(1) as bus:
        board.fault("air", "sda_held", None)

        assert send_and_receive(bus, NOBODY, [0], 2) == bytes(2)
        assert bus.read_byte_data(AIR, ID) == 0
    with board_with("rp1") as board, SMBus(1) as bus, fails(errno.ETIMEDOUT):
        board.fault("air", "sda_held", None)
        bus.read_byte_data(AIR, ID)


def test_the_emulator_of_the_kernel_refuses_messages_and_rare_calls() -> None:
    with board_with("i2c-stub"), SMBus(1) as bus:
        assert bus.read_byte_data(AIR, ID) == 0x60
        with fails(errno.EOPNOTSUPP):
            bus.i2c_rdwr(i2c_msg.write(AIR, [ID]))
        with fails(errno.EOPNOTSUPP):
            bus.process_call(AIR, ID, 0)


def test_every_adapter_is_known_by_the_name_of_its_driver() -> None:
    assert list(ADAPTERS) == ["bcm2835", "rp1", "i2c-gpio", "i2c-stub"]


def _crc8(content: bytes) -> int:
    """Divide by x^8 + x^2 + x + 1, bit by bit."""
    number = int.from_bytes(content, "big") << 8
    for shift in range(number.bit_length() - 9, -1, -1):
        if number >> shift + 8 & 1:
            number ^= 0x107 << shift
    return number & 0xFF
