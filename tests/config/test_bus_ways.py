"""The way to a bus behind multiplexers, from the board on."""

from __future__ import annotations

from tests.support.device_file import config_of, site
from wampedge.config.bus_ways import mux_path, root_bus

NESTED = """\
[buses.i2c1]
type = "i2c"
bus = 1
[devices.outer]
driver = "tca9548a"
bus = "i2c1"
[devices.inner]
driver = "tca9548a"
bus = "outer:5"
address = 0x71
[devices.air]
driver = "bme280"
bus = "inner:2"
"""


def test_a_bus_of_the_board_is_reached_without_a_step() -> None:
    config = config_of(site(NESTED))
    bus = config.buses["i2c1"]

    assert root_bus(bus, config) is bus
    assert mux_path(bus, config) == ()


def test_the_multiplexers_before_a_bus_come_in_the_order_they_are_passed() -> None:
    config = config_of(site(NESTED))
    bus = config.buses["inner:2"]

    assert root_bus(bus, config) is config.buses["i2c1"]
    assert mux_path(bus, config) == ((0x70, 5), (0x71, 2))
