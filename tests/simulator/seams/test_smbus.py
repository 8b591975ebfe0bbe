from __future__ import annotations

import asyncio
import errno
import os
import threading
from pathlib import Path

import pytest
import smbus2.smbus2
from smbus2 import I2cFunc, SMBus, i2c_msg

from tests.simulator.board import I2C_PATH, board, chip, fails, send, send_and_receive
from wampedge.devices.contracts import Wiring
from wampedge_simulator.clock import SteppedClock
from wampedge_simulator.part import Part
from wampedge_simulator.substrate import SimulatedSubstrate

AIR = chip("bme280", 0x76, "air")
IO = chip("mcp23017", 0x20, "io")
OLATA, OLATB = 0x14, 0x15


class Memory:
    """A 24C02 EEPROM that checks the packet error code if asked to."""

    def __init__(self) -> None:
        self.stretch_s = 0.0
        self.received = bytearray()
        self.answer = b""

    def start(self, is_read: bool) -> bool:
        if not is_read:
            self.received.clear()
        return True

    def write(self, byte: int) -> bool:
        self.received.append(byte)
        return True

    def read(self) -> int:
        byte, self.answer = self.answer[0], self.answer[1:]
        return byte

    def stop(self) -> None:
        pass


def attach_memory(substrate: SimulatedSubstrate) -> Memory:
    part: Part = substrate.part("air")
    memory = Memory()
    substrate.i2c_buses[0].attach(0x50, part, memory)
    return memory


def test_a_bus_is_opened_by_number_and_by_path() -> None:
    with board(AIR), SMBus(1) as by_number, SMBus(I2C_PATH) as by_path:
        assert by_number.read_byte_data(0x76, 0xD0) == 0x60
        assert by_path.read_byte_data(0x76, 0xD0) == 0x60


def test_the_functions_are_those_of_a_pi() -> None:
    with board(AIR), SMBus(1) as bus:
        functions = bus.funcs

    assert functions == I2cFunc.I2C | I2cFunc.SMBUS_EMUL
    assert not functions & I2cFunc.SMBUS_READ_BLOCK_DATA


def test_a_bus_that_is_not_in_the_device_file_does_not_exist() -> None:
    with board(AIR), pytest.raises(FileNotFoundError) as caught:
        SMBus(7)

    assert caught.value.errno == errno.ENOENT


def test_every_smbus_call_a_pi_has_reaches_the_registers() -> None:
    with board(IO), SMBus(1) as bus:
        bus.write_byte_data(0x20, OLATA, 0x5A)
        assert bus.read_byte_data(0x20, OLATA) == 0x5A
        bus.write_word_data(0x20, OLATA, 0x1234)
        assert bus.read_word_data(0x20, OLATA) == 0x1234
        assert bus.read_byte_data(0x20, OLATA) == 0x34
        bus.write_i2c_block_data(0x20, OLATA, [0x11, 0x22])
        assert bus.read_i2c_block_data(0x20, OLATA, 2) == [0x11, 0x22]
        bus.write_byte(0x20, OLATB)
        assert bus.read_byte(0x20) == 0x22
        bus.write_quick(0x20)


def test_a_process_call_and_a_block_write_go_over_the_wire_as_the_standard_says() -> None:
    with board(AIR) as substrate, SMBus(1) as bus:
        memory = attach_memory(substrate)
        memory.answer = b"\xcd\xab"
        assert bus.process_call(0x50, 0x10, 0x1234) == 0xABCD
        assert bytes(memory.received) == b"\x10\x34\x12"
        bus.write_block_data(0x50, 0x20, [1, 2, 3])

        assert bytes(memory.received) == b"\x20\x03\x01\x02\x03"


def test_a_block_read_is_refused_as_on_a_pi() -> None:
    with board(AIR), SMBus(1) as bus, fails(errno.EOPNOTSUPP):
        bus.read_block_data(0x76, 0xD0)


def test_packet_error_codes_are_added_and_checked() -> None:
    """CRC-8 of A0 10 55 is B3, of A0 10 A1 42 it is 99, worked out bit by bit."""
    with board(AIR) as substrate, SMBus(1) as bus:
        memory = attach_memory(substrate)
        bus.pec = 1
        bus.write_byte_data(0x50, 0x10, 0x55)
        assert bytes(memory.received) == bytes([0x10, 0x55, 0xB3])
        memory.answer = bytes([0x42, 0x99])
        assert bus.read_byte_data(0x50, 0x10) == 0x42
        memory.answer = bytes([0x42, 0x98])
        with fails(errno.EBADMSG):
            bus.read_byte_data(0x50, 0x10)
        memory.answer = b"\x01\x02"
        assert bus.read_i2c_block_data(0x50, 0x10, 2) == [1, 2]


def test_messages_are_one_transaction_with_repeated_starts() -> None:
    with board(AIR), SMBus(1) as bus:
        send(bus, 0x76, 0xF5, 0x10)

        assert send_and_receive(bus, 0x76, [0xF5], 1) == b"\x10"
        assert send_and_receive(bus, 0x76, [0xD0], 1) == b"\x60"


def test_a_missing_chip_is_error_121() -> None:
    with board(AIR), SMBus(1) as bus:
        with fails(121):
            bus.read_byte(0x44)
        with fails(121):
            bus.i2c_rdwr(i2c_msg.write(0x44, [0]))


@pytest.mark.parametrize("count", [0, 43])
def test_a_number_of_messages_the_kernel_refuses_is_refused(count: int) -> None:
    with board(AIR), SMBus(1) as bus, fails(errno.EINVAL):
        bus.i2c_rdwr(*[i2c_msg.write(0x76, [0xD0])] * count)


def test_a_message_of_more_than_8192_bytes_is_refused() -> None:
    with board(AIR), SMBus(1) as bus, fails(errno.EINVAL):
        bus.i2c_rdwr(i2c_msg.read(0x76, 8193))


@pytest.mark.parametrize("is_forced", [True, False])
def test_an_address_of_more_than_7_bits_is_refused(is_forced: bool) -> None:
    with board(AIR), SMBus(1) as bus, fails(errno.EINVAL):
        bus.read_byte(0x80, force=is_forced)


def test_a_request_that_is_unknown_is_refused_as_the_kernel_does() -> None:
    with board(AIR), SMBus(1) as bus:
        ioctl = vars(smbus2.smbus2)["ioctl"]
        with fails(errno.ENOTTY):
            ioctl(bus.fd, 0x0799, 0)
        assert ioctl(bus.fd, 0x0704, 0) == 0


def test_a_direction_that_is_none_is_refused() -> None:
    with board(AIR), SMBus(1) as bus:
        module = vars(smbus2.smbus2)
        request = module["i2c_smbus_ioctl_data"].create(read_write=2)
        with fails(errno.EINVAL):
            module["ioctl"](bus.fd, 0x0720, request)


def test_a_descriptor_is_a_real_one_and_is_freed() -> None:
    with board(AIR):
        bus = SMBus(1)
        assert bus.fd is not None
        os.fstat(bus.fd)
        bus.close()
        again = SMBus(1)

        assert again.read_byte_data(0x76, 0xD0) == 0x60
        again.close()


def test_other_files_and_descriptors_are_left_to_the_kernel(tmp_path: Path) -> None:
    file = tmp_path / "not_a_bus"
    file.write_bytes(b"")
    module = vars(smbus2.smbus2)
    with board(AIR):
        with fails(errno.ENOTTY):
            SMBus(str(file))
        descriptor = module["os"].open(str(file), os.O_RDONLY)
        with fails(errno.ENOTTY):
            module["ioctl"](descriptor, 0x0703, 0x76)
        module["os"].close(descriptor)

    _close_leaked_descriptor_of(file)


def _close_leaked_descriptor_of(file: Path) -> None:
    """smbus2 leaves the descriptor open when the first request on it fails."""
    for link in list(Path("/proc/self/fd").iterdir()):
        if link.is_symlink() and link.resolve() == file:
            os.close(int(link.name))


def test_stopping_gives_smbus2_back_as_it_was() -> None:
    module = vars(smbus2.smbus2)
    before = (module["ioctl"], module["os"])

    with board(AIR):
        during = (module["ioctl"], module["os"])

    assert (module["ioctl"], module["os"]) == before
    assert during[0] is not before[0]


def test_a_bus_that_was_left_open_is_dead_after_the_stop() -> None:
    with board(AIR):
        bus = SMBus(1)

    with fails(errno.ENOTTY):
        bus.read_byte_data(0x76, 0xD0)
    bus.close()


def test_the_end_of_one_board_leaves_the_open_buses_of_another() -> None:
    with board(AIR), SMBus(1) as outer:
        with board(IO), SMBus(1) as inner:
            assert inner.read_byte_data(0x20, 0x00) == 0xFF

        assert outer.read_byte_data(0x76, 0xD0) == 0x60
        with SMBus(1) as again:
            assert again.read_byte_data(0x76, 0xD0) == 0x60


def test_boards_one_after_another_start_fresh() -> None:
    with board(AIR), SMBus(1) as bus:
        send(bus, 0x76, 0xF5, 0x10)

    with board(AIR), SMBus(1) as bus:
        assert bus.read_byte_data(0x76, 0xF5) == 0


def test_two_boards_at_once_are_found_each_in_its_own_task() -> None:
    async def node(number: int, both_up: asyncio.Barrier) -> int:
        wiring = Wiring(i2c={"i2c1": I2C_PATH}, devices=(IO,))
        substrate = SimulatedSubstrate(wiring, clock=SteppedClock())
        substrate.start()
        await both_up.wait()
        with SMBus(1) as bus:
            bus.write_byte_data(0x20, OLATA, number)
        await both_up.wait()
        with SMBus(1) as bus:
            value = bus.read_byte_data(0x20, OLATA)
        await both_up.wait()
        substrate.stop()
        return value

    async def main() -> list[int]:
        both_up = asyncio.Barrier(2)
        return list(await asyncio.gather(node(1, both_up), node(2, both_up)))

    assert asyncio.run(main()) == [1, 2]


def test_threads_that_share_a_bus_do_not_mix_their_transactions() -> None:
    with board(chip("mcp23017", 0x20, "one"), chip("mcp23017", 0x21, "two")), SMBus(1) as bus:
        send(bus, 0x20, OLATA, 0x11)
        send(bus, 0x21, OLATA, 0x22)
        wrong: list[bytes] = []

        def read(address: int, expected: bytes) -> None:
            for _ in range(500):
                answer = send_and_receive(bus, address, [OLATA], 1)
                if answer != expected:
                    wrong.append(answer)

        threads = [
            threading.Thread(target=read, args=pair) for pair in ((0x20, b"\x11"), (0x21, b"\x22"))
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert wrong == []
