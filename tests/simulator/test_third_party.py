"""Drivers from PyPI, written for real hardware by others, on simulated chips: they are the judges.

None of them is changed or told. Only ``time.sleep`` and ``time.time`` are those of the board.
"""

from __future__ import annotations

import time

import pytest
from smbus2 import SMBus

from tests.simulator.board import board, chip, gpio
from wampedge_simulator.clock import SteppedClock


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SteppedClock:
    """The clock of the board, also for the driver; looking at it takes a little time."""
    stepped = SteppedClock()

    def look() -> float:
        stepped.spend(0.0001)
        return stepped.time()

    monkeypatch.setattr(time, "sleep", stepped.spend)
    monkeypatch.setattr(time, "time", look)
    return stepped


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("sampling", [1, 3, 5])
def test_rpi_bme280_reads_what_the_air_is(clock: SteppedClock, sampling: int) -> None:
    bme280 = pytest.importorskip("bme280", reason="RPi.bme280 is not installed")
    with board(chip("bme280", 0x76, "air"), clock=clock) as substrate, SMBus(1) as bus:
        substrate.set("air", "temperature", -12.34)
        substrate.set("air", "pressure", 98_765.4)
        substrate.set("air", "humidity", 43.21)
        calibration = bme280.load_calibration_params(bus, 0x76)
        sample = bme280.sample(bus, 0x76, calibration, sampling)

    assert sample.temperature == pytest.approx(-12.34, abs=0.005)
    assert sample.pressure == pytest.approx(987.654, abs=0.02)
    assert sample.humidity == pytest.approx(43.21, abs=0.02)


def test_ads1x15_reads_every_input_in_turn(clock: SteppedClock) -> None:
    with board(chip("ads1115", 0x48, "soil"), clock=clock) as substrate:
        library = pytest.importorskip("ADS1x15", reason="ADS1x15-ADC is not installed")
        library.ADS1x15.i2c.close()  # opened by the class itself when it is imported
        for number in range(4):
            substrate.set("soil", f"a{number}", 0.5 * number + 0.25)
        converter = library.ADS1115(1, 0x48)
        # It writes back the start bit it has read, so this starts a conversion by itself.
        converter.setGain(converter.PGA_4_096V)
        clock.spend(0.01)
        volts = [converter.toVoltage(converter.readADC(number)) for number in (3, 0, 2, 1)]
        converter.i2c.close()

    assert volts == pytest.approx([1.75, 0.25, 1.25, 0.75], abs=0.0005)


def test_mcp23017_switches_a_relay_and_reads_a_button(clock: SteppedClock) -> None:
    library = pytest.importorskip("mcp23017", reason="mcp23017 is not installed")
    parts = (
        chip("mcp23017", 0x20, "io"),
        gpio("relay", 0, "pump", bank="io"),
        gpio("button", 8, "door", bank="io", pull="none", active="high"),
    )
    with board(*parts, clock=clock) as substrate, SMBus(1) as bus:
        expander = library.MCP23017(0x20, bus)
        expander.pin_mode(library.GPA0, library.OUTPUT)
        expander.digital_write(library.GPA0, library.HIGH)
        open_door = expander.digital_read(library.GPB0)
        substrate.press("door")

        assert substrate.part("pump").is_on
        assert (open_door, expander.digital_read(library.GPB0)) == (library.LOW, library.HIGH)
