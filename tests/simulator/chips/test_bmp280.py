"""The BMP280 through smbus2, with the worked example of its datasheet."""

from __future__ import annotations

from smbus2 import SMBus

from tests.simulator.board import board, chip, send, send_and_receive
from wampedge_simulator.clock import SteppedClock

ADDRESS = 0x76


def test_the_worked_example_of_the_datasheet_comes_back_as_raw_values() -> None:
    """25.0825 °C is 519888 and 100653.26 Pa is 415148; 4.3.4: mode 0xFF is 20 bit, normal."""
    clock = SteppedClock()
    with board(chip("bmp280", ADDRESS), clock=clock) as substrate, SMBus(1) as bus:
        substrate.set("chip", "temperature", 25.0825)
        substrate.set("chip", "pressure", 100653.26)
        send(bus, ADDRESS, 0xF4, 0xB5)  # 16 samples each, forced
        clock.spend(0.1)

        raw = send_and_receive(bus, ADDRESS, [0xF7], 6)

    assert abs((int.from_bytes(raw[3:], "big") >> 4) - 519888) <= 1
    assert abs((int.from_bytes(raw[:3], "big") >> 4) - 415148) <= 3


def test_it_has_its_own_id_and_no_humidity() -> None:
    with board(chip("bmp280", ADDRESS)), SMBus(1) as bus:
        send(bus, ADDRESS, 0xF2, 0x05)

        assert send_and_receive(bus, ADDRESS, [0xD0], 1) == b"\x58"
        assert send_and_receive(bus, ADDRESS, [0xF2], 1) == b"\x00"
        assert send_and_receive(bus, ADDRESS, [0xFD], 2) == bytes(2)


def test_after_power_on_there_is_no_measurement() -> None:
    with board(chip("bmp280", ADDRESS)), SMBus(1) as bus:
        assert send_and_receive(bus, ADDRESS, [0xF7], 6) == bytes.fromhex("800000800000")
