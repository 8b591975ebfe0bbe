"""Chips that answer what a test says."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from smbus2 import SMBus, i2c_msg

from wampedge.devices.contracts import WiredDevice, Wiring
from wampedge_simulator.clock import SteppedClock
from wampedge_simulator.i2c.scripted import ScriptedChip
from wampedge_simulator.substrate import SimulatedSubstrate

ADDRESS = 0x76


@contextmanager
def bus_with(chip: ScriptedChip) -> Iterator[SMBus]:
    wiring = Wiring(
        i2c={"i2c1": "/dev/i2c-1"},
        devices=(WiredDevice("chip", "anything", bus="i2c1", address=ADDRESS),),
    )
    board = SimulatedSubstrate(wiring, clock=SteppedClock(), parts={"chip": chip.part})
    board.start()
    try:
        with SMBus(1) as bus:
            yield bus
    finally:
        board.stop()


def test_content_is_read_from_any_place_and_goes_on_in_the_next_register() -> None:
    chip = ScriptedChip({0x88: b"\x01\x02\x03", 0x8B: b"\x04", 0xD0: b"\x60"})

    with bus_with(chip) as bus:
        assert bus.read_i2c_block_data(ADDRESS, 0x88, 3) == [1, 2, 3]
        assert bus.read_i2c_block_data(ADDRESS, 0x8A, 3) == [3, 4, 0xFF]
        assert bus.read_byte_data(ADDRESS, 0xD0) == 0x60
        assert bus.read_byte_data(ADDRESS, 0x10) == 0xFF, "nothing holds the line there"


def test_word_registers_that_overlap_answer_from_their_own_begin() -> None:
    chip = ScriptedChip({0x01: b"\x07\xd0", 0x02: b"\x5d\x98"})

    with bus_with(chip) as bus:
        assert bus.read_i2c_block_data(ADDRESS, 0x01, 2) == [0x07, 0xD0]
        assert bus.read_i2c_block_data(ADDRESS, 0x02, 2) == [0x5D, 0x98]


def test_what_is_written_is_kept_and_noted() -> None:
    chip = ScriptedChip({0x10: b"\x00\x00\x00"})

    with bus_with(chip) as bus:
        bus.write_byte_data(ADDRESS, 0x11, 0xAB)
        bus.write_i2c_block_data(ADDRESS, 0xF4, [0x27])
        assert bus.read_i2c_block_data(ADDRESS, 0x10, 3) == [0, 0xAB, 0]
        assert bus.read_byte_data(ADDRESS, 0xF4) == 0x27

    assert chip.written == [b"\x11\xab", b"\xf4\x27", b"\x10", b"\xf4"]


def test_a_write_over_the_begin_of_a_register_keeps_its_end() -> None:
    chip = ScriptedChip({0x10: b"\x01\x02\x03"})

    with bus_with(chip) as bus:
        bus.write_byte_data(ADDRESS, 0x10, 0x09)
        assert bus.read_i2c_block_data(ADDRESS, 0x10, 3) == [9, 2, 3]


def test_commands_have_answers_of_their_own() -> None:
    chip = ScriptedChip(answers={b"\x24\x00": b"\x66\x66\x93"})

    with bus_with(chip) as bus:
        bus.i2c_rdwr(i2c_msg.write(ADDRESS, b"\x24\x00"))
        answer = i2c_msg.read(ADDRESS, 4)
        bus.i2c_rdwr(answer)

        assert bytes(answer) == b"\x66\x66\x93\xff"


def test_a_failure_strikes_as_often_as_it_is_told() -> None:
    chip = ScriptedChip({0x00: b"\x01"})
    chip.fail(OSError(errno.EREMOTEIO, "told before the board is up"))

    with bus_with(chip) as bus:
        with pytest.raises(OSError, match="Remote I/O"):
            bus.read_byte_data(ADDRESS, 0x00)
        assert bus.read_byte_data(ADDRESS, 0x00) == 1
        chip.fail(OSError(errno.ETIMEDOUT, ""), times=None)
        for _ in range(3):
            with pytest.raises(TimeoutError):
                bus.read_byte_data(ADDRESS, 0x00)
        chip.recover()
        assert bus.read_byte_data(ADDRESS, 0x00) == 1


def test_a_failure_no_adapter_has_is_refused() -> None:
    with pytest.raises(ValueError, match="errno must be one of 121, 6, 110, 5, got 2"):
        ScriptedChip().fail(FileNotFoundError(errno.ENOENT, "no such bus"))
