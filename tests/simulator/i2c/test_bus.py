from __future__ import annotations

import errno
from threading import RLock

import pytest

from tests.simulator.board import board, chip, fails
from tests.support.virtual import virtual
from wampedge.errors import HardwareError
from wampedge_simulator.clock import SimulatedClock, SteppedClock
from wampedge_simulator.i2c.bus import SimulatedI2cBus
from wampedge_simulator.part import Part
from wampedge_simulator.substrate import SimulatedSubstrate

ID_REGISTER = bytes([0xD0])
CHIP_ID = b"\x60"
AIR = chip("bme280", 0x76, "air")


def bus_of(substrate: SimulatedSubstrate) -> SimulatedI2cBus:
    return substrate.i2c_buses[0]


def read_id(substrate: SimulatedSubstrate) -> bytes:
    return bus_of(substrate).transfer([(0x76, ID_REGISTER), (0x76, 1)])[0]


def test_an_address_without_a_chip_is_not_acknowledged() -> None:
    with board(AIR) as substrate, fails(errno.EREMOTEIO):
        bus_of(substrate).transfer([(0x77, ID_REGISTER)])


def test_two_chips_at_one_address_are_refused_by_name() -> None:
    with (
        pytest.raises(HardwareError, match="other: address 0x76 of /dev/i2c-1 is taken by air"),
        board(AIR, chip("bme280", 0x76, "other")),
    ):
        pass


@pytest.mark.parametrize(
    ("kind", "number"),
    [
        ("nack", errno.EREMOTEIO),
        ("nack_data", errno.EREMOTEIO),
        ("absent", errno.EREMOTEIO),
        ("timeout", errno.ETIMEDOUT),
        ("bus_stuck", errno.EIO),
    ],
)
def test_a_fault_has_the_error_number_of_the_adapter_and_ends(kind: str, number: int) -> None:
    with board(AIR) as substrate:
        substrate.fault("air", kind)

        with fails(number):
            read_id(substrate)
        assert read_id(substrate) == CHIP_ID


def test_a_part_that_was_absent_comes_back_in_its_power_on_state() -> None:
    with board(AIR) as substrate:
        bus = bus_of(substrate)
        bus.transfer([(0x76, bytes([0xF5, 0xA0]))])
        substrate.fault("air", "absent")
        with fails(errno.EREMOTEIO):
            read_id(substrate)

        assert bus.transfer([(0x76, b"\xf5"), (0x76, 1)]) == [b"\x00"]


def test_a_glitch_turns_one_bit_of_what_is_read() -> None:
    with board(AIR) as substrate:
        substrate.fault("air", "glitch")

        assert read_id(substrate) == bytes([0x60 ^ 0x10])
        assert read_id(substrate) == CHIP_ID


def test_a_fault_strikes_only_the_part_it_was_given() -> None:
    with board(AIR, chip("bme280", 0x77, "other")) as substrate:
        substrate.fault("other", "nack", None)

        assert read_id(substrate) == CHIP_ID


def test_a_read_before_the_last_message_is_beyond_a_pi() -> None:
    """i2c-bcm2835.c: "only one read message supported, has to be last"."""
    with board(AIR) as substrate, fails(errno.EOPNOTSUPP):
        bus_of(substrate).transfer([(0x76, 1), (0x76, ID_REGISTER)])


def test_one_transaction_can_speak_to_two_chips() -> None:
    with board(AIR, chip("bme280", 0x77, "other")) as substrate:
        bus = bus_of(substrate)

        assert bus.transfer([(0x77, bytes([0xF5, 0x10])), (0x76, ID_REGISTER), (0x76, 1)]) == [
            CHIP_ID
        ]
        assert bus.transfer([(0x77, b"\xf5"), (0x77, 1)]) == [b"\x10"]


def test_a_chip_hears_the_stop_of_a_transaction_that_failed() -> None:
    class Target:
        stretch_s = 0.0
        stopped = 0

        def start(self, is_read: bool) -> bool:
            return True

        def write(self, byte: int) -> bool:
            return byte != 0x13

        def read(self) -> int:
            return 0

        def stop(self) -> None:
            self.stopped += 1

    with board(AIR) as substrate:
        part: Part = substrate.part("air")
        bus = SimulatedI2cBus("/dev/i2c-9", clock=SteppedClock(), lock=RLock())
        target = Target()
        bus.attach(0x50, part, target)
        with pytest.raises(OSError, match="Remote I/O error"):
            bus.transfer([(0x50, b"\x01\x13\x02")])

    assert target.stopped == 1


@virtual
async def test_a_transfer_takes_its_time_on_the_wire() -> None:
    clock = SimulatedClock()
    with pytest.raises(OSError, match="Remote I/O"):  # nobody is there, and it lasts as long
        SimulatedI2cBus("/dev/i2c-1", clock=clock, lock=RLock()).transfer([(0x76, b"\xf7")])

    assert clock.monotonic() == pytest.approx(20e-6 * 10)  # start, 2 bytes of 9 bits, stop: 100 kHz
