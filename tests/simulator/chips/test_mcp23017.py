"""The MCP23017 through smbus2, from the register descriptions of its datasheet."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from smbus2 import SMBus

from tests.simulator.board import board, chip, gpio, send, send_and_receive
from wampedge_simulator.nets import Net
from wampedge_simulator.substrate import SimulatedSubstrate

ADDRESS = 0x20
IODIRA, IODIRB, IPOLA, GPINTENA, GPINTENB, DEFVALA, INTCONA = 0, 1, 2, 4, 5, 6, 8
IOCON, GPPUA, GPPUB, INTFA, INTCAPA, GPIOA, GPIOB, OLATA, OLATB = (
    0x0A,
    0x0C,
    0x0D,
    0x0E,
    0x10,
    0x12,
    0x13,
    0x14,
    0x15,
)
MIRROR, BYTE_MODE, OPEN_DRAIN, ACTIVE_HIGH, BANKED = 0x40, 0x20, 0x04, 0x02, 0x80


class Expander:
    """An MCP23017 on its bus, with its interrupt on GPIO27."""

    def __init__(self, substrate: SimulatedSubstrate, bus: SMBus) -> None:
        self.substrate = substrate
        self.bus = bus

    def write(self, register: int, *values: int) -> None:
        send(self.bus, ADDRESS, register, *values)

    def read(self, register: int) -> int:
        return send_and_receive(self.bus, ADDRESS, [register], 1)[0]

    def net(self, line: int) -> Net:
        return self.substrate._board().nets.net("io", line)

    def outside(self, line: int, level: bool | None) -> None:
        """Let something outside drive a pin."""
        self.net(line).drive("outside", level)

    @property
    def interrupt(self) -> bool:
        return self.substrate.pin_level("gpio", 27)


@pytest.fixture
def io() -> Iterator[Expander]:
    device = chip("mcp23017", ADDRESS, "io", pins={"interrupt": ("gpio", 27)})
    with board(device) as substrate, SMBus(1) as bus:
        yield Expander(substrate, bus)


def test_after_power_on_every_pin_is_an_input(io: Expander) -> None:
    answer = send_and_receive(io.bus, ADDRESS, [0], 22)

    assert answer == bytes([0xFF, 0xFF, *[0] * 20])


def test_an_output_drives_its_pin_with_the_latch(io: Expander) -> None:
    io.write(OLATA, 0x01)
    before = io.net(0).level
    io.write(IODIRA, 0xFE)

    assert (before, io.net(0).level, io.net(1).level) == (False, True, False)
    io.write(GPIOA, 0x00)
    assert not io.net(0).level
    assert io.read(OLATA) == 0


def test_port_b_has_pins_8_to_15(io: Expander) -> None:
    io.write(IODIRB, 0x7F)
    io.write(OLATB, 0x80)

    assert io.substrate.pin_level("io", 15)
    assert io.read(GPIOB) == 0x80


def test_an_input_reads_what_is_outside(io: Expander) -> None:
    io.outside(3, True)

    assert io.read(GPIOA) == 0x08


def test_the_port_of_an_output_reads_its_pin_and_not_its_latch(io: Expander) -> None:
    io.write(IODIRA, 0xFE)
    io.write(OLATA, 0x01)
    io.outside(0, False)

    assert (io.read(GPIOA), io.read(OLATA)) == (0x00, 0x01)


def test_pull_ups_hold_open_inputs_high(io: Expander) -> None:
    io.write(GPPUA, 0x81)

    assert io.read(GPIOA) == 0x81
    io.outside(0, False)
    assert io.read(GPIOA) == 0x80


def test_polarity_turns_the_port_register_round(io: Expander) -> None:
    io.write(IPOLA, 0x0F)
    io.outside(0, True)

    assert io.read(GPIOA) == 0x0E


def test_registers_are_written_in_sequence_and_the_last_is_followed_by_the_first(
    io: Expander,
) -> None:
    io.write(GPPUA, 0x12, 0x34)
    io.write(OLATB, 0x56, 0xF0)

    assert (io.read(GPPUA), io.read(GPPUB), io.read(OLATB), io.read(IODIRA)) == (
        0x12,
        0x34,
        0x56,
        0xF0,
    )


def test_byte_mode_toggles_within_a_pair(io: Expander) -> None:
    io.write(IOCON, BYTE_MODE)
    io.write(OLATA, 1, 2, 3)

    assert (io.read(OLATA), io.read(OLATB)) == (3, 2)


def test_the_banked_layout_has_the_ports_apart(io: Expander) -> None:
    io.write(IOCON, BANKED)
    io.write(0x0A, 0x11)
    io.write(0x1A, 0x22)
    banked = (io.read(0x0A), io.read(0x1A), io.read(0x0B), io.read(0x05))
    io.write(0x0A, 0x33, 0x00)
    io.write(0x05, 0x00)

    assert banked == (0x11, 0x22, 0x00, BANKED)
    assert (io.read(OLATA), io.read(OLATB), io.read(IODIRB)) == (0x33, 0x22, 0x00)


def test_the_banked_layout_in_byte_mode_stays_on_a_register(io: Expander) -> None:
    io.write(IOCON, BANKED | BYTE_MODE)
    io.write(0x0A, 1, 2, 3)

    assert (io.read(0x0A), io.read(0x00)) == (3, 0xFF)


def test_the_banked_layout_goes_from_the_last_register_to_the_first(io: Expander) -> None:
    io.write(IOCON, BANKED)
    io.write(0x1A, 0x44, 0x0F)

    assert (io.read(0x1A), io.read(0x00)) == (0x44, 0x0F)


def test_addresses_beyond_the_registers_read_zero(io: Expander) -> None:
    io.write(0x16, 0xFF)

    assert io.read(0x16) == 0
    assert io.read(IODIRA) == 0xFF


def test_both_addresses_of_the_configuration_are_one_register(io: Expander) -> None:
    io.write(0x0B, 0xFF)

    assert io.read(0x1A) == 0
    io.write(0x05, 0x00)
    assert io.read(0x0A) == 0x00


def test_a_change_raises_the_interrupt_and_captures_the_port(io: Expander) -> None:
    io.write(GPINTENA, 0x01)
    io.outside(4, True)
    idle = io.interrupt
    io.outside(0, True)

    assert (idle, io.interrupt) == (True, False)
    assert (io.read(INTFA), io.read(INTCAPA)) == (0x01, 0x11)
    assert io.interrupt


def test_a_second_change_is_lost_until_the_first_is_read(io: Expander) -> None:
    io.write(GPINTENA, 0x03)
    io.outside(0, True)
    io.outside(0, False)
    io.outside(1, True)

    assert (io.read(INTFA), io.read(INTCAPA)) == (0x01, 0x01)
    assert io.interrupt
    assert io.read(GPIOA) == 0x02


def test_reading_the_port_clears_the_interrupt_too(io: Expander) -> None:
    io.write(GPINTENA, 0x01)
    io.outside(0, True)

    assert io.read(GPIOA) == 0x01
    assert (io.interrupt, io.read(INTFA)) == (True, 0)


def test_an_interrupt_against_the_default_lasts_while_the_pin_differs(io: Expander) -> None:
    io.write(INTCONA, 0x01)
    io.write(DEFVALA, 0x01)
    io.outside(0, True)
    io.write(GPINTENA, 0x01)
    idle = io.interrupt
    io.outside(0, False)
    io.read(INTCAPA)

    assert idle
    assert not io.interrupt
    io.outside(0, True)
    io.read(INTCAPA)
    assert io.interrupt


def test_an_output_raises_no_interrupt(io: Expander) -> None:
    io.write(IODIRA, 0xFE)
    io.write(GPINTENA, 0x01)
    io.write(OLATA, 0x01)

    assert io.read(INTFA) == 0


def test_port_b_has_the_interrupt_pin_of_port_a_only_when_mirrored(io: Expander) -> None:
    io.write(GPINTENB, 0x01)
    io.outside(8, True)
    alone = io.interrupt
    io.write(IOCON, MIRROR)

    assert (alone, io.interrupt) == (True, False)


def test_the_interrupt_pin_has_either_polarity(io: Expander) -> None:
    io.write(IOCON, ACTIVE_HIGH)
    io.write(GPINTENA, 0x01)
    idle = io.interrupt
    io.outside(0, True)

    assert (idle, io.interrupt) == (False, True)


def test_an_open_drain_interrupt_needs_a_pull_up(io: Expander) -> None:
    io.write(IOCON, OPEN_DRAIN)
    io.write(GPINTENA, 0x01)
    net = io.substrate._board().nets.net("gpio", 27)

    floating = (net.is_floating, net.level)
    net.pull("host", True)
    idle = net.level
    io.outside(0, True)

    assert floating == (True, False)
    assert (idle, net.level) == (True, False)


def test_captured_registers_cannot_be_written(io: Expander) -> None:
    io.write(INTFA, 0xFF)
    io.write(INTCAPA, 0xFF)

    assert (io.read(INTFA), io.read(INTCAPA)) == (0, 0)


def test_a_brown_out_lets_every_output_go(io: Expander) -> None:
    io.write(IODIRA, 0x00)
    io.write(OLATA, 0xFF)

    io.substrate.fault("io", "brown_out")

    assert (io.read(IODIRA), io.net(0).level) == (0xFF, False)


def test_without_a_wired_interrupt_the_chip_works_as_well() -> None:
    with board(chip("mcp23017", ADDRESS, "io"), gpio("relay", 0, "pump", bank="io")) as substrate:
        with SMBus(1) as bus:
            send(bus, ADDRESS, GPINTENA, 0xFF)
            send(bus, ADDRESS, IODIRA, 0xFE)
            send(bus, ADDRESS, OLATA, 0x01)

        assert substrate.part("pump").is_on
