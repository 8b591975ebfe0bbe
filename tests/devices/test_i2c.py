"""Register and command traffic of one chip."""

from __future__ import annotations

from collections.abc import Sequence

from wampedge.devices.i2c import I2cDevice
from wampedge.devices.registermap.vectors import RecordedBus


class _NotedBus(RecordedBus):
    """Keeps each transaction as it was asked for."""

    def __init__(self, *answers: tuple[bytes, bytes]) -> None:
        super().__init__(answers)
        self.noted: list[tuple[int, list[bytes | int]]] = []

    def transfer(self, address: int, messages: Sequence[bytes | int]) -> list[bytes]:
        self.noted.append((address, list(messages)))
        return super().transfer(address, messages)


async def test_a_register_is_read_with_a_repeated_start() -> None:
    bus = _NotedBus((b"\xd0", b"\x60"))

    assert await I2cDevice(bus, 0x76).read(0xD0, 1) == b"\x60"
    assert bus.noted == [(0x76, [b"\xd0", 1])]


async def test_one_and_two_bytes_are_read_as_numbers() -> None:
    bus = _NotedBus((b"\xd0", b"\x60"), (b"\x05", b"\x50\x01"))
    chip = I2cDevice(bus, 0x40)

    assert await chip.read_u8(0xD0) == 0x60
    assert await chip.read_u16(0x05) == 0x5001


async def test_numbers_and_bytes_are_written_in_one_message() -> None:
    bus = _NotedBus()

    await I2cDevice(bus, 0x20).write(0x14, 0x01, b"\x02\x03")

    assert bus.noted == [(0x20, [b"\x14\x01\x02\x03"])]


async def test_commands_are_sent_and_answers_received_without_a_register() -> None:
    bus = _NotedBus((b"", b"\xbe\xef"))
    chip = I2cDevice(bus, 0x44)

    await chip.send(b"\x24\x00")

    assert await chip.receive(2) == b"\xbe\xef"
    assert bus.noted == [(0x44, [b"\x24\x00"]), (0x44, [2])]


async def test_a_transaction_may_have_any_messages() -> None:
    bus = _NotedBus((b"\x01", b"\xaa"))

    assert await I2cDevice(bus, 0x48).transfer(b"\x01", 1) == [b"\xaa"]
