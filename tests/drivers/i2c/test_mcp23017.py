"""MCP23017: pins without glitches, edges by polling, and recovery from a reset."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

import pytest

from tests.support.driving import RecordedContext, driver_of
from tests.support.virtual import virtual
from wampedge.devices.contracts import OnEdge, PinBank
from wampedge.devices.driver import spec_of
from wampedge.devices.i2c import I2cDevice
from wampedge.errors import BadReadingError, BusError, HardwareError, WrongChipError
from wampedge_drivers.gpio.button import Button
from wampedge_drivers.gpio.relay import Relay
from wampedge_drivers.i2c.mcp23017 import MCP23017

RESET = [0xFF, 0xFF] + [0] * 20
Attempt = Callable[[PinBank], Awaitable[object]]


class RegisterFile:
    """An I2C bus with 22 registers at one address; keeps what each pin drove after every byte."""

    name = "registers"

    def __init__(self) -> None:
        self.registers = list(RESET)
        self.levels = 0
        self.fault: int | None = None
        self.is_dead = False
        self.driven: list[tuple[int, int]] = []

    def transfer(self, address: int, messages: Sequence[bytes | int]) -> list[bytes]:
        if self.fault is not None:
            raise BusError("no acknowledge", errno=self.fault)
        pointer, answers = 0, []
        for message in messages:
            if isinstance(message, int):
                answers.append(bytes(self._read(pointer + n) for n in range(message)))
            else:
                pointer = message[0]
                for offset, byte in enumerate(message[1:]):
                    self._write(pointer + offset, byte)
        return answers

    def _read(self, register: int) -> int:
        if self.is_dead:
            return 0xFF
        if register in {0x12, 0x13}:
            port = register - 0x12
            outputs = ~self.registers[port] & 0xFF
            inputs = self.levels >> 8 * port & 0xFF
            return self.registers[0x14 + port] & outputs | inputs & ~outputs
        return self.registers[register]

    def _write(self, register: int, byte: int) -> None:
        if register in {0x0A, 0x0B}:
            self.registers[0x0A] = self.registers[0x0B] = byte
        else:
            self.registers[register] = byte
        self.driven.append((self.word(0x00), self.word(0x14)))

    def word(self, register: int) -> int:
        return self.registers[register] | self.registers[register + 1] << 8

    def ever_driven(self, line: int) -> list[bool]:
        """Return the levels *line* drove as an output, repeats left out."""
        levels: list[bool] = []
        for directions, latches in self.driven:
            level = bool(latches >> line & 1)
            if not directions >> line & 1 and levels[-1:] != [level]:
                levels.append(level)
        return levels

    def close(self) -> None: ...


class Chip:
    """An expander on a bench."""

    def __init__(self) -> None:
        self.bus = RegisterFile()
        self.context = RecordedContext("io")
        self.driver = driver_of(MCP23017, context=self.context, bus=self.bus)
        self.bank = self.driver.pin_bank()

    @classmethod
    async def up(cls) -> Chip:
        chip = cls()
        await chip.driver.setup()
        return chip


def test_it_declares_16_pins_and_a_fast_poll() -> None:
    spec = spec_of(MCP23017)

    assert spec.provides_pins == 16
    assert spec.default_every_s == 0.05
    assert list(spec.addresses) == list(range(0x20, 0x28))


@virtual
async def test_the_bank_is_one_and_the_same() -> None:
    chip = Chip()

    assert isinstance(chip.bank, PinBank)
    assert chip.driver.pin_bank() is chip.bank
    assert (chip.bank.name, list(chip.bank.lines)) == ("io", list(range(16)))


@pytest.mark.parametrize("line", [0, 7, 8, 15])
@pytest.mark.parametrize("level", [True, False])
@virtual
async def test_an_output_drives_its_level_from_the_first_instant(line: int, level: bool) -> None:
    """PEERS.md: outputs jump at start (mqtt-io #23)."""
    chip = await Chip.up()

    pin = await chip.bank.open_output(line, level=level)

    assert pin.name == f"io:{line}"
    assert chip.bus.ever_driven(line) == [level]
    assert await pin.read() is level


@virtual
async def test_an_output_follows_and_leaves_the_others_alone() -> None:
    chip = await Chip.up()
    first = await chip.bank.open_output(3, level=True)
    second = await chip.bank.open_output(12, level=False)

    await second.write(True)
    await first.write(False)
    await second.write(False)

    assert chip.bus.ever_driven(3) == [True, False]
    assert chip.bus.ever_driven(12) == [False, True, False]


@virtual
async def test_an_input_is_read_with_or_without_its_pull_up() -> None:
    chip = await Chip.up()
    pulled = await chip.bank.open_input(1, pull="up")
    floating = await chip.bank.open_input(9, pull="none")
    chip.bus.levels = 1 << 9

    assert (chip.bus.word(0x0C), chip.bus.word(0x00)) == (1 << 1, 0xFFFF)
    assert await pulled.read() is False
    assert await floating.read() is True


@virtual
async def test_a_former_output_becomes_an_input_before_its_pull_up_acts() -> None:
    chip = await Chip.up()
    await (await chip.bank.open_output(2, level=True)).close()

    await chip.bank.open_input(2, pull="up")

    assert chip.bus.word(0x00) >> 2 & 1


@pytest.mark.parametrize(
    ("attempt", "text"),
    [
        (lambda bank: bank.open_output(16, level=True), "io has pins 0 to 15, not 16"),
        (lambda bank: bank.open_input(0, pull="down"), "io:0: the chip has pull-ups only"),
        (lambda bank: bank.open_pwm(0, frequency_hz=1, duty=0), "io:0 cannot give a PWM wave"),
    ],
)
@virtual
async def test_what_the_chip_cannot_do_is_refused(attempt: Attempt, text: str) -> None:
    chip = await Chip.up()

    with pytest.raises(HardwareError, match=text):
        await attempt(chip.bank)


@virtual
async def test_a_pin_has_one_user_until_it_is_given_back() -> None:
    chip = await Chip.up()
    output = await chip.bank.open_output(0, level=True)
    button = await chip.bank.open_input(1, pull="up")
    for line in (0, 1):
        with pytest.raises(HardwareError, match="is in use by another device of this node"):
            await chip.bank.open_output(line, level=False)

    await output.close()
    await button.close()

    await chip.bank.open_output(1, level=False)
    await chip.bank.open_output(0, level=False)
    await chip.bank.close()
    await chip.bank.open_output(0, level=True)


@virtual
async def test_no_pin_is_opened_before_it_is_known_what_the_others_drive() -> None:
    chip = Chip()
    chip.bus.registers[0x00], chip.bus.registers[0x14] = 0xFE, 0x01

    with pytest.raises(HardwareError, match="io is not set up yet"):
        await chip.bank.open_output(1, level=False)
    with pytest.raises(HardwareError, match="io is not set up yet"):
        await chip.bank.open_input(0, pull="up")
    await chip.driver.setup()
    await chip.bank.open_output(1, level=False)

    assert chip.bus.ever_driven(0) == [True]


@virtual
async def test_a_pin_that_the_chip_did_not_take_stays_free() -> None:
    chip = await Chip.up()
    chip.bus.fault = 121
    with pytest.raises(BusError):
        await chip.bank.open_output(0, level=True)
    chip.bus.fault = None

    await chip.bank.open_output(0, level=False)

    assert chip.bus.ever_driven(0) == [False]


def test_an_output_only_pin_as_an_input_is_warned_of(caplog: pytest.LogCaptureFixture) -> None:
    @virtual
    async def open_it() -> None:
        await (await Chip.up()).bank.open_input(15, pull="up")

    with caplog.at_level(logging.WARNING):
        open_it()

    assert "io:15 as an input can disturb the bus" in caplog.text


@virtual
async def test_a_change_is_told_to_who_watches_with_the_time_of_the_poll() -> None:
    chip = await Chip.up()
    edges: list[tuple[int, bool, int]] = []

    def noted(line: int) -> OnEdge:
        return lambda level, at_ns: edges.append((line, level, at_ns))

    for line in (0, 9):
        (await chip.bank.open_input(line, pull="up")).watch(noted(line))
    await chip.bank.open_input(5, pull="up")
    chip.bus.levels = 0xFFFF
    await chip.driver.read()
    await asyncio.sleep(0.05)
    now_ns = round(chip.context.clock.monotonic() * 1e9)

    chip.bus.levels = 0xFFFF & ~(1 << 9 | 1 << 5)
    await chip.driver.read()
    await chip.driver.read()
    chip.bus.levels = 0xFFFF
    await chip.driver.read()

    assert edges == [(9, False, now_ns), (9, True, now_ns)]


@virtual
async def test_a_pin_that_is_watched_no_more_is_told_nothing() -> None:
    chip = await Chip.up()
    pin = await chip.bank.open_input(0, pull="none")
    pin.watch(lambda *_: pytest.fail("nobody watches"))
    await chip.driver.read()
    pin.watch(None)
    chip.bus.levels = 1

    assert await chip.driver.read() == {}


@virtual
async def test_setup_adopts_what_a_chip_drives_that_stayed_powered() -> None:
    chip = Chip()
    chip.bus.registers[0x00], chip.bus.registers[0x14] = 0xFE, 0x01

    await chip.driver.setup()

    assert set(chip.bus.driven) == {(0xFFFE, 0x0001)}


@virtual
async def test_after_a_reset_everything_is_written_again_without_a_glitch() -> None:
    chip = await Chip.up()
    await chip.bank.open_output(0, level=True)
    await chip.bank.open_output(10, level=False)
    await chip.bank.open_input(4, pull="up")
    chip.bus.registers = list(RESET)
    chip.bus.driven.clear()

    with pytest.raises(BadReadingError, match="the chip was reset"):
        await chip.driver.read()
    await chip.driver.setup()

    assert chip.bus.word(0x00) == 0xFFFF & ~(1 << 0 | 1 << 10)
    assert chip.bus.word(0x14) == 1 << 0
    assert chip.bus.word(0x0C) == 1 << 4
    assert chip.bus.ever_driven(0) == [True]
    assert await chip.driver.read() == {}


@virtual
async def test_a_reset_is_no_press() -> None:
    chip = await Chip.up()
    pin = await chip.bank.open_input(4, pull="up")
    pin.watch(lambda *_: pytest.fail("nobody pressed"))
    chip.bus.levels = 0xFFFF
    await chip.driver.read()

    chip.bus.registers, chip.bus.levels = list(RESET), 0
    with pytest.raises(BadReadingError):
        await chip.driver.read()


@virtual
async def test_lost_directions_are_found_within_a_second_even_when_all_else_is_zero() -> None:
    chip = await Chip.up()
    await chip.bank.open_output(0, level=False)
    chip.bus.registers = list(RESET)
    await chip.driver.read()
    await asyncio.sleep(1.0)

    with pytest.raises(BadReadingError, match="its pin directions are not as written"):
        await chip.driver.read()
    await chip.driver.setup()
    await asyncio.sleep(1.0)
    await chip.driver.read()


@virtual
async def test_something_else_at_the_address_is_the_wrong_chip() -> None:
    chip = Chip()
    chip.bus.is_dead = True

    with pytest.raises(WrongChipError, match="IOCON reads ffff"):
        await chip.driver.setup()


@virtual
async def test_a_relay_and_a_button_work_on_its_pins() -> None:
    chip = await Chip.up()
    relay, button = driver_of(Relay, active="low"), driver_of(Button, debounce="0s")
    relay.pin = await chip.bank.open_output(0, level=relay.initial_level("pin"))
    button.pin = await chip.bank.open_input(8, pull=button.input_pull("pin"))
    chip.bus.levels = 0xFFFF
    await relay.setup()
    await button.setup()
    await chip.driver.read()

    await relay.on()
    chip.bus.levels = 0
    await chip.driver.read()

    assert chip.bus.ever_driven(0) == [True, False]
    assert isinstance(button.context, RecordedContext)
    assert button.context.events == ["press"]


@virtual
async def test_a_write_that_fails_is_not_taken_for_done() -> None:
    chip = await Chip.up()
    pin = await chip.bank.open_output(0, level=False)
    chip.bus.fault = 121
    with pytest.raises(BusError):
        await pin.write(True)
    chip.bus.fault = None

    await chip.driver.setup()

    assert chip.bus.ever_driven(0) == [False]


def test_the_bus_of_the_bench_is_an_i2c_device() -> None:
    assert I2cDevice(RegisterFile(), 0x20).run([b"\x00", 2]) == [b"\xff\xff"]
