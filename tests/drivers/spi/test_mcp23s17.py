"""MCP23S17: control bytes, and a chip that is gone told from pins that are all alike."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.driving import RecordedContext, params_of
from tests.support.virtual import virtual
from wampedge.devices.contracts import SpiSettings
from wampedge.devices.spi import SpiDevice
from wampedge.errors import BadReadingError, WrongChipError
from wampedge_drivers.spi.mcp23s17 import MCP23S17


class Chip:
    """22 registers behind control bytes; ``held`` is what MISO is held at, if it is."""

    name = "/dev/spidev0"

    def __init__(self) -> None:
        self.registers = bytearray(b"\xff\xff" + bytes(20))
        self.held: int | None = None
        self.written: list[str] = []

    def transfer(self, settings: SpiSettings, data: bytes) -> bytes:
        if self.held is not None:
            return bytes((self.held,)) * len(data)
        place, count = data[1], len(data) - 2
        if data[0] == 0x41:
            return b"\xff\xff" + bytes(self.registers[place : place + count])
        assert data[0] == 0x40
        self.written.append(data.hex())
        self.registers[place : place + count] = data[2:]
        if place == 0x0A:  # both addresses lead to the one IOCON
            self.registers[0x0B] = data[2]
        return bytes(len(data))

    def close(self) -> None:
        pass


def driver_on(chip: Chip) -> Any:
    device = SpiDevice(chip, SpiSettings())
    return MCP23S17(RecordedContext(), params_of(MCP23S17, {}), device)


@virtual
async def test_registers_are_written_behind_the_control_byte_40() -> None:
    chip = Chip()
    driver = driver_on(chip)

    await driver.setup()
    await driver.pin_bank().open_output(9, level=True)

    assert chip.written == [
        "400500",  # clears BANK, where the chip was left with it
        "400a40",  # MIRROR
        "40140000",
        "400c0000",
        "4000ffff",
        "40140002",
        "4000fffd",
    ]


@virtual
async def test_inputs_are_read_behind_the_control_byte_41() -> None:
    chip = Chip()
    driver = driver_on(chip)
    await driver.setup()
    pin = await driver.pin_bank().open_input(4, pull="up")
    heard: list[bool] = []
    pin.watch(lambda level, _at_ns: heard.append(level))

    for levels in (0x10, 0x00, 0x10):
        chip.registers[0x12] = levels
        await driver.read()

    assert heard == [False, True]
    assert await pin.read() is True


@pytest.mark.parametrize("held", [0x00, 0xFF])
@virtual
async def test_nobody_at_the_chip_select_is_no_chip(held: int) -> None:
    chip = Chip()
    chip.held = held

    with pytest.raises(WrongChipError, match=f"IOCON reads {held:02x}{held:02x}"):
        await driver_on(chip).setup()


@pytest.mark.parametrize("held", [0x00, 0xFF])
@virtual
async def test_a_chip_that_is_gone_has_no_levels(held: int) -> None:
    chip = Chip()
    driver = driver_on(chip)
    await driver.setup()
    pin = await driver.pin_bank().open_input(4, pull=None)
    chip.held = held

    with pytest.raises(BadReadingError, match="nobody drives MISO"):
        await driver.read()
    with pytest.raises(BadReadingError, match="nobody drives MISO"):
        await pin.read()


@virtual
async def test_a_reset_is_told_at_the_next_read() -> None:
    chip = Chip()
    driver = driver_on(chip)
    await driver.setup()
    chip.registers[:] = b"\xff\xff" + bytes(20)

    with pytest.raises(BadReadingError, match="IOCON reads 0000: the chip was reset"):
        await driver.read()
