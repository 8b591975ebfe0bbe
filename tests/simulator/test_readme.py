"""The examples of the simulator's README work."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from smbus2 import SMBus

from tests.simulator.board import board, chip, send_and_receive
from wampedge_simulator import placing as placing_module
from wampedge_simulator.catalog import find_part
from wampedge_simulator.clock import SteppedClock
from wampedge_simulator.part import Part

TEXT = (Path(__file__).parents[2] / "simulator" / "README.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```python\n(.*?)^```", TEXT, re.DOTALL | re.MULTILINE)
FAULT_TABLE = TEXT.partition("| kind | of | what happens |")[2].partition("\n\n")[0]
DRIVERS = (
    "bme280",
    "sht3x",
    "ina219",
    "ads1115",
    "mcp23017",
    "relay",
    "led",
    "button",
    "line",
    "max6675",
    "ds18b20",
    "vl53l0x",
    "as3935",
    "bno08x",
    "mfrc522",
    "pn532",
    "stepper",
    "tm1637",
    "modbus",
    "mhz19",
    "nmea",
    "dsmr",
)


def test_the_board_of_the_first_example_runs() -> None:
    exec(compile(EXAMPLES[0], "simulator/README.md", "exec"), {"__name__": "readme"})


def test_the_chip_of_the_second_example_measures(monkeypatch: pytest.MonkeyPatch) -> None:
    """25 °C is 200 steps of 0.125 °C, in the top 11 bits: 1900h."""
    names: dict[str, type[Part]] = {}
    exec(compile(EXAMPLES[1], "simulator/README.md", "exec"), names)
    monkeypatch.setattr(placing_module, "find_part", lambda _driver: names["PART"])
    clock = SteppedClock()

    with board(chip("lm75", 0x48, "air"), clock=clock) as substrate, SMBus(1) as bus:
        substrate.set("air", "temperature", 25.0)
        early = send_and_receive(bus, 0x48, [0], 2)
        clock.spend(0.1)

        assert (early.hex(), send_and_receive(bus, 0x48, [0], 2).hex()) == ("0000", "1900")


def test_every_fault_is_in_the_table_and_no_other() -> None:
    kinds = re.findall(r"^\| ([^|]+) \|", FAULT_TABLE, re.MULTILINE)
    described = set(re.findall(r"`(\w+)`", " ".join(kinds)))
    possible = {"unplug"}
    for driver in DRIVERS:
        part = find_part(driver)
        assert part is not None
        possible |= set(part.fault_kinds)

    assert described == possible
