"""The simulated MFRC522 and its tags, by the datasheet and ISO/IEC 14443-3, without a driver."""

from __future__ import annotations

from typing import Any

import pytest

from wampedge.devices.contracts import SpiSettings, WiredDevice, Wiring
from wampedge.errors import InvalidValueError
from wampedge_simulator.chips._tags import Field, bits_of, bytes_of, crc_a, uids_of
from wampedge_simulator.clock import SteppedClock
from wampedge_simulator.substrate import SimulatedSubstrate


class Rig:
    """The chip on a board whose clock the test moves."""

    def __init__(self) -> None:
        wired = WiredDevice("gate", "mfrc522", bus="spi", spi=SpiSettings())
        self.clock = SteppedClock()
        self.board = SimulatedSubstrate(Wiring(spi={"spi": 0}, devices=(wired,)), clock=self.clock)
        self.board.start()
        self.part: Any = self.board.part("gate")
        self.clock.spend(0.1)

    def get(self, register: int) -> int:
        return int(self.part.transfer(bytes((0x80 | register << 1, 0)))[1])

    def set(self, register: int, *values: int) -> None:
        self.part.transfer(bytes((register << 1, *values)))

    def say(self, frame: str, *, bits: int = 0, align: int = 0) -> str:
        """Send a frame and return the FIFO a millisecond later."""
        self.set(0x01, 0x00)
        self.set(0x04, 0x7F)
        self.set(0x0A, 0x80)
        self.set(0x09, *bytes.fromhex(frame))
        self.set(0x01, 0x0C)
        self.set(0x0D, 0x80 | align << 4 | bits)
        self.clock.spend(0.002)
        return bytes(self.get(0x09) for _ in range(self.get(0x0A))).hex()


@pytest.fixture
def rig() -> Any:
    made = Rig()
    made.set(0x14, 0x83)
    yield made
    made.board.stop()


def protected(frame: str) -> str:
    return frame + crc_a(bytes.fromhex(frame)).hex()


def test_crc_a_is_that_of_annex_b() -> None:
    assert [crc_a(bytes.fromhex(each)).hex() for each in ("0000", "1234", "5000")] == [
        "a01e",
        "26cf",
        "57cd",
    ]


def test_after_a_reset_registers_read_as_table_20_has_them(rig: Rig) -> None:
    rig.set(0x01, 0x0F)
    assert rig.get(0x01) == 0x30  # PowerDown until the oscillator runs
    rig.clock.spend(0.02)
    assert [rig.get(each) for each in (0x01, 0x14, 0x26, 0x37)] == [0x20, 0x80, 0x48, 0x92]


def test_a_tag_is_singled_out_selected_and_halted(rig: Rig) -> None:
    rig.board.set("gate", "tag", "04A224B2C15780")

    assert rig.say("26", bits=7) == "4400"
    assert rig.get(0x04) & 0x60 == 0x60
    assert rig.say("9320") == "8804a2240a"
    assert rig.say(protected("93708804a2240a")) == "04da17"
    assert rig.say("9520") == "b2c15780a4"
    assert rig.say(protected("9570b2c15780a4")) == "08b6dd"
    assert rig.say("500057cd") == ""
    assert rig.say("26", bits=7) == ""  # REQA does not wake a halted tag
    assert rig.say("52", bits=7) == "4400"


def test_a_tag_without_power_forgets_that_it_is_halted(rig: Rig) -> None:
    rig.board.set("gate", "tag", "DEADBEEF")
    rig.say("52", bits=7)
    rig.say(protected("9370deadbeef22"))
    rig.say("500057cd")
    assert rig.say("26", bits=7) == ""

    rig.set(0x14, 0x80)
    assert rig.say("26", bits=7) == ""
    rig.set(0x14, 0x83)

    assert rig.say("26", bits=7) == "0400"


def test_the_place_of_a_collision_counts_from_1_and_with_rx_align(rig: Rig) -> None:
    rig.board.set("gate", "tag", "01020304, 05020304, 0D020304")
    rig.set(0x0E, 0x00)

    rig.say("52", bits=7)
    rig.say("9320")
    assert (rig.get(0x06), rig.get(0x0E) & 0x3F) == (0x08, 3)
    rig.say("932305", bits=3, align=3)
    assert rig.get(0x0E) & 0x3F == 4
    assert rig.say("932405", bits=4, align=4) == "0002030400"
    assert rig.get(0x0E) & 0x20  # no collision


def test_without_a_tag_the_timer_ends_the_wait(rig: Rig) -> None:
    rig.set(0x2A, 0x80)
    rig.set(0x2B, 0xA9)
    rig.set(0x2D, 39)  # 40 steps of 25 us

    rig.say("52", bits=7)

    assert rig.get(0x04) & 0x21 == 0x01


def test_a_damaged_selection_is_not_answered(rig: Rig) -> None:
    rig.board.set("gate", "tag", "DEADBEEF")
    rig.say("52", bits=7)

    assert rig.say("9370deadbeef220000") == ""


def test_the_coprocessor_gives_crc_a_with_its_preset(rig: Rig) -> None:
    rig.set(0x11, 0x3D)
    rig.set(0x0A, 0x80)
    rig.set(0x09, 0x50, 0x00)
    rig.set(0x01, 0x03)

    assert rig.get(0x05) & 0x04
    assert (rig.get(0x22), rig.get(0x21)) == (0x57, 0xCD)


@pytest.mark.parametrize("wrong", ["xyz", "0102", "010203", 17])
def test_what_is_no_uid_cannot_be_put_there(rig: Rig, wrong: object) -> None:
    with pytest.raises(InvalidValueError, match="4, 7 or 10 bytes"):
        rig.board.set("gate", "tag", wrong)
    with pytest.raises(InvalidValueError, match="no channel"):
        rig.board.set("gate", "colour", "red")


def test_several_uids_may_be_given_and_none() -> None:
    assert uids_of("01020304,DEADBEEF", "x") == [b"\x01\x02\x03\x04", b"\xde\xad\xbe\xef"]
    assert uids_of(None, "x") == uids_of("", "x") == []


def test_bits_and_bytes_are_each_other() -> None:
    assert bits_of(b"\x05\x80") == (1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1)
    assert bytes_of((1, 0, 1)) == b"\x05"
    assert Field().exchange((1,)) == ((), None)
