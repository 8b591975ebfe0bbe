"""The ADS1015 through smbus2: what it does otherwise than the ADS1115; SBAS473E."""

from __future__ import annotations

import pytest
from smbus2 import SMBus

from tests.simulator.board import board, chip, send, send_and_receive
from wampedge_simulator.clock import SteppedClock

ADDRESS = 0x48
SINGLE_SHOT_OF_A0_AT_4_096_V = 0xC383


def converted(volts: float, config: int, wait_s: float) -> str:
    """Return the conversion register after one conversion and a wait."""
    clock = SteppedClock()
    with board(chip("ads1015", ADDRESS), clock=clock) as substrate, SMBus(1) as bus:
        substrate.set("chip", "a0", volts)
        send(bus, ADDRESS, 0x01, config >> 8, config & 0xFF)
        clock.spend(wait_s)
        return send_and_receive(bus, ADDRESS, [0x00], 2).hex()


@pytest.mark.parametrize(
    ("volts", "word"),
    [(2.048, "4000"), (0.002, "0010"), (-0.002, "fff0"), (0.0011, "0010"), (5.0, "7ff0")],
)
def test_the_lowest_four_bits_are_zero(volts: float, word: str) -> None:
    """One step at 4.096 V is 2 mV, and stands in bit 4 (8.1.2)."""
    assert converted(volts, SINGLE_SHOT_OF_A0_AT_4_096_V, 0.01) == word


@pytest.mark.parametrize(
    ("rate", "rate_hz"), list(enumerate((128, 250, 490, 920, 1600, 2400, 3300, 3300)))
)
def test_a_conversion_takes_its_time_ten_percent_slow(rate: int, rate_hz: int) -> None:
    config = SINGLE_SHOT_OF_A0_AT_4_096_V & 0xFF1F | rate << 5
    took_s = 1 / (0.9 * rate_hz)

    assert converted(2.048, config, took_s + 0.0006) == "4000"
    assert converted(2.048, config, took_s / 3) == "0000"
