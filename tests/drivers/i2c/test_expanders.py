"""PCF8574, PCF8575, PCA9555 and MCP23008 byte by byte, as their data sheets have it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.driving import RecordedContext, driver_of
from tests.support.virtual import virtual
from wampedge.devices.driver import Driver
from wampedge.errors import BadReadingError, HardwareError, WrongChipError
from wampedge_drivers.i2c.mcp23008 import MCP23008
from wampedge_drivers.i2c.pca9555 import PCA9555
from wampedge_drivers.i2c.pcf8574 import PCF8574
from wampedge_drivers.i2c.pcf8575 import PCF8575

QUASI: list[Any] = [(PCF8574, 1), (PCF8575, 2)]


class Port:
    """A chip without registers: keeps what was written, answers with its pins."""

    name = "port"

    def __init__(self, size: int, pins: int) -> None:
        self.size = size
        self.pins = pins
        self.written: list[str] = []

    def transfer(self, address: int, messages: Any) -> list[bytes]:
        answers = []
        for message in messages:
            if isinstance(message, int):
                answers.append(self.pins.to_bytes(self.size, "little")[:message])
            else:
                self.written.append(message.hex())
        return answers

    def close(self) -> None: ...


class Registers:
    """A chip with byte registers; notes each write as text."""

    name = "registers"

    def __init__(self, **registers: bytes) -> None:
        self.memory = bytearray(256)
        self.written: list[str] = []
        for name, values in registers.items():
            at = int(name[1:], 16)
            self.memory[at : at + len(values)] = values

    def transfer(self, address: int, messages: Any) -> list[bytes]:
        pointer, answers = 0, []
        for message in messages:
            if isinstance(message, int):
                answers.append(bytes(self.memory[pointer : pointer + message]))
                continue
            pointer = message[0]
            self.memory[pointer : pointer + len(message) - 1] = message[1:]
            if len(message) > 1:
                self.written.append(message.hex())
        return answers

    def close(self) -> None: ...


def up(driver: type[Driver], bus: Any) -> Any:
    return driver_of(driver, context=RecordedContext("io"), bus=bus)


@pytest.mark.parametrize(("driver", "size"), QUASI)
@virtual
async def test_pins_of_a_quasi_bidirectional_port_are_written_as_one_word(
    driver: type[Driver], size: int
) -> None:
    bus = Port(size, 256**size - 1)
    chip = up(driver, bus)
    await chip.setup()
    pin = await chip.pin_bank().open_output(3, level=False)
    await pin.write(True)
    await chip.pin_bank().open_input(4, pull="up")

    ones = "ff" * (size - 1)
    assert bus.written == [f"f7{ones}", f"ff{ones}", f"ff{ones}"]


@pytest.mark.parametrize(("driver", "size"), QUASI)
@virtual
async def test_nothing_is_written_before_a_pin_is_opened_and_outputs_stay(
    driver: type[Driver], size: int
) -> None:
    """PEERS.md: outputs jump at start (mqtt-io #23)."""
    bus = Port(size, 256**size - 1 - 0b10)
    chip = up(driver, bus)
    await chip.setup()
    before = list(bus.written)
    await chip.pin_bank().open_output(0, level=False)

    assert before == []
    assert bus.written == ["fc" + "ff" * (size - 1)]


@virtual
async def test_a_port_that_is_high_where_it_is_driven_low_was_reset() -> None:
    bus = Port(1, 0xFE)
    chip = up(PCF8574, bus)
    await chip.setup()
    await chip.pin_bank().open_output(0, level=False)
    await chip.read()

    bus.pins = 0xFF
    with pytest.raises(BadReadingError, match="the chip was reset"):
        await chip.read()
    await chip.setup()

    assert bus.written == ["fe", "fe"]


@virtual
async def test_the_pca9555_writes_latches_before_directions() -> None:
    bus = Registers(r00=b"\xff\xff", r02=b"\xff\xff", r06=b"\xff\xff")
    chip = up(PCA9555, bus)
    await chip.setup()
    bus.written.clear()

    await chip.pin_bank().open_output(9, level=False)

    assert bus.written == ["02fffd", "06fffd"]


@virtual
async def test_the_pca9555_keeps_what_it_drives_and_finds_a_reset() -> None:
    bus = Registers(r02=b"\x01\x00", r06=b"\xfe\xff")
    chip = up(PCA9555, bus)
    await chip.setup()
    assert bus.written == ["020100", "040000", "06feff"]
    assert await chip.read() == {}

    bus.memory[2:8] = b"\xff\xff\x00\x00\xff\xff"
    with pytest.raises(BadReadingError, match="the chip was reset"):
        await chip.read()


@virtual
async def test_the_mcp23008_has_one_byte_a_register() -> None:
    bus = Registers(r00=b"\xff")
    chip = up(MCP23008, bus)
    await chip.setup()
    assert bus.written == ["0500", "0a00", "0600", "00ff"]
    bus.written.clear()

    await chip.pin_bank().open_output(7, level=True)
    await chip.pin_bank().open_input(0, pull="up")

    assert bus.written == ["0a80", "007f", "007f", "0601"]


@virtual
async def test_something_else_than_an_mcp23008_is_told() -> None:
    class Silent(Registers):
        def transfer(self, address: int, messages: Any) -> list[bytes]:
            return [b"\xff" * m for m in messages if isinstance(m, int)]

    with pytest.raises(WrongChipError, match="IOCON reads ff after 0x00 was written: no MCP23008"):
        await up(MCP23008, Silent()).setup()


@pytest.mark.parametrize("driver", [PCF8574, PCF8575, PCA9555, MCP23008])
@virtual
async def test_no_pin_can_be_used_before_the_chip_was_found(driver: type[Driver]) -> None:
    bank = up(driver, Port(2, 0xFFFF)).pin_bank()

    with pytest.raises(HardwareError, match="io is not set up yet"):
        await bank.open_output(0, level=True)
    with pytest.raises(HardwareError, match="too slow for that"):
        await bank.open_drain(0, pull="up")
