"""Parts made from maps: what goes wrong with them, and what they hold."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from smbus2 import SMBus

from tests.devices.registermap.conftest import WriteMap, write_map
from tests.simulator.board import board, chip, fails
from tests.simulator.generated.rig import Rig
from wampedge.devices.catalog import find_driver
from wampedge.devices.registermap import load_map
from wampedge.errors import BadReadingError, BusError, InvalidValueError, NotReadyError
from wampedge_simulator.clock import SteppedClock, run_virtual

__all__ = ["write_map"]

Act = Callable[[Rig], Awaitable[None]]


def with_part(name: str, act: Act, **params: Any) -> None:
    """Run *act* with the part made from the map of a driver."""

    async def main() -> None:
        await act(Rig(find_driver(name), params))

    run_virtual(main())


def test_a_bad_checksum_is_a_bad_reading_once() -> None:
    async def act(rig: Rig) -> None:
        await rig.read()
        rig.part.begin_fault("bad_crc", 1)

        with pytest.raises(BadReadingError, match="bad checksum"):
            await rig.driver.read()
        assert await rig.driver.read()

    with_part("sht4x", act)


def test_a_late_conversion_is_not_acknowledged() -> None:
    async def act(rig: Rig) -> None:
        await rig.read()
        rig.part.begin_fault("late", 1)

        with pytest.raises(BusError) as caught:
            await rig.driver.read()
        assert caught.value.errno == 121

    with_part("sht4x", act)


def test_a_late_conversion_of_a_part_that_is_polled_takes_its_time() -> None:
    async def act(rig: Rig) -> None:
        await rig.driver.setup()
        rig.part.begin_fault("late", 1)

        with pytest.raises((BadReadingError, BusError)):
            await rig.driver.read()

    with_part("aht20", act)


def test_power_that_was_cut_is_noticed_and_mended_by_the_set_up() -> None:
    async def act(rig: Rig) -> None:
        await rig.read()
        rig.part.begin_fault("brown_out", None)

        with pytest.raises(BadReadingError, match="lost its settings"):
            await rig.driver.read()
        assert await rig.read()

    with_part("lis3dh", act)


def test_a_part_that_measures_by_itself_needs_its_time() -> None:
    async def act(rig: Rig) -> None:
        await rig.driver.setup()

        with pytest.raises(NotReadyError):
            await rig.driver.read()
        await asyncio.sleep(6.0)
        assert await rig.driver.read()
        with pytest.raises(NotReadyError):
            await rig.driver.read()

    with_part("scd4x", act)


def test_a_part_that_lost_its_power_while_measuring_is_a_failure_in_time() -> None:
    async def act(rig: Rig) -> None:
        await rig.read()
        rig.part.begin_fault("brown_out", None)
        await asyncio.sleep(61.0)

        with pytest.raises(BadReadingError, match="nothing new for"):
            await rig.driver.read()

    with_part("scd4x", act)


def test_an_unknown_command_is_not_acknowledged() -> None:
    async def act(rig: Rig) -> None:
        with pytest.raises(OSError, match=r"^\[Errno 121\]"):
            rig.bus.transfer([(0x44, b"\x12\x34")])

    with_part("sht4x", act)


def test_a_register_keeps_what_is_written_and_floats_before() -> None:
    async def act(rig: Rig) -> None:
        assert rig.bus.transfer([(0x48, b"\x03"), (0x48, 2)]) == [b"\xff\xff"]
        rig.bus.transfer([(0x48, b"\x03\x50\x00")])

        assert rig.bus.transfer([(0x48, b"\x03"), (0x48, 2)]) == [b"\x50\x00"]

    with_part("lm75", act)


def test_a_value_beyond_the_part_is_refused() -> None:
    async def act(rig: Rig) -> None:
        with pytest.raises(InvalidValueError, match="temperature must be a number from -55 to 125"):
            rig.part.set("temperature", 126)

    with_part("lm75", act)


def test_values_go_their_own_way_within_their_limits() -> None:
    async def act(rig: Rig) -> None:
        values = await rig.read()

        assert 10 < float(values["temperature"] or 0) < 30

    with_part("sht4x", act)


def test_what_was_set_is_found_in_the_bytes(write_map: WriteMap) -> None:
    spec = load_map(
        write_map(
            tables="""[set.level]\nrange = [0, 5]\nraw = "round(value / 5 * 4095)"
            accepted = "raw * 5 / 4095"\nsteps = [{ write = "40", value = "raw << 4" }]
            [set.on]\nboolean = true
            steps = [{ reg = 7, value = "1 if value else 0", len = 1 }]\n"""
        )
    )

    async def main() -> None:
        rig = Rig(spec)
        driver: Any = rig.driver
        for level in (0, 1.25, 5):
            accepted = await driver.set_level(level)
            assert rig.part.written.value("level") == pytest.approx(accepted)
        await driver.set_on(True)
        assert rig.part.written.value("on") == 1
        rig.part.begin_fault("brown_out", None)
        assert rig.part.written.value("level") is None

    run_virtual(main())


def test_a_local_map_has_a_part_as_well(write_map: WriteMap) -> None:
    spec = load_map(write_map(out='scale = 0.1\nsigned = true\nunit = "V"'))

    async def main() -> None:
        rig = Rig(spec)
        rig.part.set("value", -12.34)

        assert (await rig.read())["value"] == pytest.approx(-12.3)
        assert rig.part.step("value") == pytest.approx(0.1)

    run_virtual(main())


def test_under_software_that_does_not_keep_to_the_map_it_measures_at_once() -> None:
    """As under a driver of the kernel: 21.5 °C is 172 steps of 0.125 °C, five bits further left."""
    clock = SteppedClock()
    with board(chip("lm75", 0x48, "room"), clock=clock) as substrate, SMBus(1) as bus:
        substrate.set("room", "temperature", 21.5)
        before = bus.read_i2c_block_data(0x48, 0x00, 2)
        substrate.part("room").start_measuring()

        assert before == [0x00, 0x00]
        assert bus.read_i2c_block_data(0x48, 0x00, 2) == [0x15, 0x80]


def test_under_such_software_it_acknowledges_commands_the_map_has_not() -> None:
    with board(chip("sht4x", 0x44, "room")) as substrate, SMBus(1) as bus:
        with fails(121):
            bus.write_byte(0x44, 0x15)
        substrate.part("room").start_measuring()
        bus.write_byte(0x44, 0x15)

        substrate.part("room").power_up()
        with fails(121):
            bus.write_byte(0x44, 0x15)
