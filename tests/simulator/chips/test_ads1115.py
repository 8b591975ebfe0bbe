"""The ADS1115 through smbus2, with words worked out from its datasheet."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from smbus2 import SMBus

from tests.simulator.board import board, chip, send, send_and_receive
from wampedge_simulator.clock import SteppedClock
from wampedge_simulator.substrate import SimulatedSubstrate

ADDRESS = 0x48
CONVERSION, CONFIG, LOW, HIGH = range(4)
SINGLE_A0 = 0xC383
"""Start, a0 to ground, 4.096 V, single shot, 128 a second."""
SINGLE_A1 = 0xD383
AT_128_S = 1 / (128 * 0.9) + 25e-6


class Converter:
    """An ADS1115 on its bus, and the clock of the board."""

    def __init__(self, substrate: SimulatedSubstrate, clock: SteppedClock, bus: SMBus) -> None:
        self.substrate = substrate
        self.clock = clock
        self.bus = bus

    def set(self, **volts: float) -> None:
        for name, value in volts.items():
            self.substrate.set("soil", name, value)

    def write(self, register: int, value: int) -> None:
        send(self.bus, ADDRESS, register, value >> 8, value & 0xFF)

    def read(self, register: int = CONVERSION) -> int:
        return int.from_bytes(send_and_receive(self.bus, ADDRESS, [register], 2), "big")

    def convert(self, config: int = SINGLE_A0, wait_s: float = 0.01) -> int:
        self.write(CONFIG, config)
        self.clock.spend(wait_s)
        return self.read()


@pytest.fixture
def converter() -> Iterator[Converter]:
    clock = SteppedClock()
    with board(chip("ads1115", ADDRESS, "soil"), clock=clock) as substrate, SMBus(1) as bus:
        yield Converter(substrate, clock, bus)


def test_the_registers_after_power_on(converter: Converter) -> None:
    assert [converter.read(register) for register in range(4)] == [0, 0x8583, 0x8000, 0x7FFF]


@pytest.mark.parametrize(
    ("volts", "word"),
    [(4.095875, 0x7FFF), (5.0, 0x7FFF), (2.048, 0x4000), (0.000125, 1), (0.0, 0), (-0.2, 0xF9C0)],
)
def test_a_voltage_is_a_word_of_the_range(converter: Converter, volts: float, word: int) -> None:
    """At 4.096 V a step is 125 uV; -0.2 V is -1600 steps."""
    converter.set(a0=volts)

    assert converter.convert() == word


@pytest.mark.parametrize(
    ("gain", "word"),
    [(0, 0x0A6B), (1, 0x0FA0), (2, 0x1F40), (3, 0x3E80), (4, 0x7D00), (5, 0x7FFF), (7, 0x7FFF)],
)
def test_the_gain_sets_the_range(converter: Converter, gain: int, word: int) -> None:
    """0.5 V of 6.144, 4.096, 2.048, 1.024, 0.512, 0.256 V."""
    converter.set(a0=0.5)

    assert converter.convert(0xC183 | gain << 9) == word


@pytest.mark.parametrize(
    ("setting", "word"),
    [
        (0, 0x8000),
        (1, 0x0000),
        (2, 0x7FFF),
        (3, 0x3E80),
        (4, 0x0000),
        (5, 0x7FFF),
        (6, 0x3E80),
        (7, 0x0000),
    ],
)
def test_the_multiplexer_chooses_inputs(converter: Converter, setting: int, word: int) -> None:
    """Differences a0-a1, a0-a3, a1-a3, a2-a3, then each to ground."""
    converter.set(a0=0.0, a1=4.096, a2=2.0, a3=0.0)

    assert converter.convert(0x8383 | setting << 12) == word


def test_reading_too_early_gives_the_conversion_before_of_another_input(
    converter: Converter,
) -> None:
    converter.set(a0=1.0, a1=2.0)
    converter.convert(SINGLE_A0)

    too_early = converter.convert(SINGLE_A1, wait_s=AT_128_S - 1e-5)
    converter.clock.spend(1e-5)

    assert too_early == 8000
    assert converter.read() == 16000


@pytest.mark.parametrize(
    ("setting", "rate_hz"),
    [(0, 8), (1, 16), (2, 32), (3, 64), (4, 128), (5, 250), (6, 475), (7, 860)],
)
def test_a_conversion_takes_its_time_ten_percent_slow(
    converter: Converter, setting: int, rate_hz: int
) -> None:
    took_s = 1 / (rate_hz * 0.9) + 25e-6
    converter.write(CONFIG, 0xC303 | setting << 5)
    converter.clock.spend(took_s - 1e-6)
    early = converter.read(CONFIG)
    converter.clock.spend(2e-6)

    assert early & 0x8000 == 0
    assert converter.read(CONFIG) & 0x8000


def test_a_start_while_converting_has_no_effect(converter: Converter) -> None:
    converter.set(a0=1.0, a1=2.0)
    converter.write(CONFIG, SINGLE_A0)
    converter.clock.spend(0.004)
    converter.write(CONFIG, SINGLE_A1)
    converter.clock.spend(0.005)

    assert converter.read() == 8000


def test_writing_without_the_start_bit_starts_nothing(converter: Converter) -> None:
    converter.set(a0=1.0)

    assert converter.convert(SINGLE_A0 & 0x7FFF, wait_s=1.0) == 0
    assert converter.read(CONFIG) == SINGLE_A0


def test_continuous_mode_follows_its_input(converter: Converter) -> None:
    converter.set(a0=1.0)
    first = converter.convert(0x4283)
    converter.set(a0=2.0)
    still = converter.read()
    converter.clock.spend(0.01)

    assert (first, still, converter.read()) == (8000, 8000, 16000)


def test_thresholds_keep_what_is_written_and_the_conversion_does_not(
    converter: Converter,
) -> None:
    for register in (CONVERSION, LOW, HIGH):
        converter.write(register, 0x1234)

    assert [converter.read(register) for register in (CONVERSION, LOW, HIGH)] == [
        0,
        0x1234,
        0x1234,
    ]


def test_a_late_conversion_takes_ten_times_as_long(converter: Converter) -> None:
    converter.set(a0=1.0)
    converter.substrate.fault("soil", "late")

    early = converter.convert(wait_s=0.08)
    converter.clock.spend(0.01)

    assert (early, converter.read()) == (0, 8000)


def test_the_inputs_of_two_parts_go_their_own_ways() -> None:
    clock = SteppedClock()
    devices = (chip("ads1115", 0x48, "one"), chip("ads1115", 0x49, "two"))
    with board(*devices, clock=clock) as substrate:
        one, two = substrate.part("one").sample(), substrate.part("two").sample()

    assert len({*one.values(), *two.values()}) == 8
