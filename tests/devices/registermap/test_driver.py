"""What a map driver does on its bus."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.driving import RecordedContext, params_of
from tests.support.virtual import virtual
from wampedge.devices.i2c import I2cDevice
from wampedge.devices.registermap import load_map
from wampedge.devices.registermap.driver import MapDriver
from wampedge.devices.registermap.vectors import RecordedBus
from wampedge.errors import BadReadingError, BusError, DeviceError, WrongChipError
from wampedge_simulator.clock import SimulatedClock

from .conftest import WriteMap


class Part:
    """A driver made from the small map, and the bus it is on."""

    def __init__(self, write_map: WriteMap, *answers: tuple[str, str], **places: str) -> None:
        driver_class = load_map(write_map(**places)).driver_class
        assert issubclass(driver_class, MapDriver)
        self.bus = RecordedBus([(bytes.fromhex(a), bytes.fromhex(b)) for a, b in answers])
        params = params_of(driver_class)
        self.driver = driver_class(RecordedContext(), params, I2cDevice(self.bus, 0x40))


async def test_a_register_is_read_and_decoded(write_map: WriteMap) -> None:
    part = Part(write_map, ("01", "1234"))

    await part.driver.setup()

    assert await part.driver.read() == {"value": 0x1234}
    assert part.bus.writes == []


@virtual
async def test_setup_writes_the_settings_and_waits(write_map: WriteMap) -> None:
    clock = SimulatedClock()
    steps = ['write = "06"\ndelay = "10ms"', "reg = 5\nvalue = 0x1234", 'delay = "5ms"']
    part = Part(write_map, tables="\n".join(f"[[init]]\n{step}" for step in steps))
    start = clock.monotonic()

    await part.driver.setup()

    assert part.bus.writes == [b"\x06", b"\x05\x12\x34"]
    assert clock.monotonic() - start == pytest.approx(0.015)


@pytest.mark.parametrize(("answer", "is_right"), [("60", True), ("61", True), ("58", False)])
async def test_the_identity_is_checked_before_anything_is_written(
    write_map: WriteMap, answer: str, is_right: bool
) -> None:
    tables = '[[id]]\nreg = 0xd0\nexpect = [0x60, 0x61]\n[[init]]\nwrite = "06"'
    part = Part(write_map, ("d0", answer), tables=tables)

    if is_right:
        await part.driver.setup()
        assert part.bus.writes == [b"\x06"]
        return
    with pytest.raises(WrongChipError, match=r"register 0xd0 is 0x58 \(wanted 0x60 or 0x61\)"):
        await part.driver.setup()
    assert part.bus.writes == []


async def test_the_identity_may_be_a_part_of_a_register(write_map: WriteMap) -> None:
    tables = "[[id]]\nreg = 0xd0\nlen = 2\nmask = 0x0ff0\nexpect = [0x0550]"

    await Part(write_map, ("d0", "a55a"), tables=tables).driver.setup()


@virtual
async def test_a_command_starts_a_conversion_and_its_answer_has_no_register(
    write_map: WriteMap,
) -> None:
    clock = SimulatedClock()
    read = '[[read]]\nname = "more"\ncmd = "2400"\nwait = "15ms"\nlen = 2'
    part = Part(write_map, ("01", "0001"), ("", "0007"), tables=read)
    start = clock.monotonic()

    await part.driver.read()

    assert part.bus.writes == [b"\x24\x00"]
    assert clock.monotonic() - start == pytest.approx(0.015)


async def test_a_command_without_a_wait_is_read_with_a_repeated_start(write_map: WriteMap) -> None:
    read = '[[read]]\nname = "more"\ncmd = "2400"\nlen = 2'
    part = Part(write_map, ("01", "0001"), ("2400", "0007"), tables=read)

    await part.driver.read()

    assert part.bus.writes == []


POLL = 'poll = { reg = 0x07, len = 1, mask = 0x80, equals = 0x80, every = "2ms", timeout = "10ms" }'


@virtual
async def test_a_part_is_polled_until_it_is_ready(write_map: WriteMap) -> None:
    clock = SimulatedClock()
    part = Part(write_map, ("07", "00"), ("07", "01"), ("07", "ff"), ("01", "0005"), read=POLL)
    start = clock.monotonic()

    assert await part.driver.read() == {"value": 5}
    assert clock.monotonic() - start == pytest.approx(0.004)


@virtual
async def test_a_part_that_is_never_ready_is_a_bad_reading(write_map: WriteMap) -> None:
    part = Part(write_map, ("07", "00"), ("01", "0005"), read=POLL)

    with pytest.raises(BadReadingError, match="word is not ready within 10 ms"):
        await part.driver.read()


async def test_a_register_that_lost_its_setting_is_a_bad_reading(write_map: WriteMap) -> None:
    part = Part(write_map, ("01", "0000"), read="equals = 0x1000")

    with pytest.raises(BadReadingError, match=r"word is 0000, not 1000: the chip has lost"):
        await part.driver.read()


@pytest.mark.parametrize(("wire", "is_good"), [("be92ef92", False), ("beef92", True)])
async def test_a_checksum_is_taken_out_or_refused(
    write_map: WriteMap, wire: str, is_good: bool
) -> None:
    path = write_map(read='crc = "sensirion"')
    path.write_text(path.read_text().replace("len = 2", f"len = {len(wire) // 2}"))
    if not is_good:
        with pytest.raises(Exception, match="no whole number of checked groups"):
            load_map(path)
        return
    driver_class = load_map(path).driver_class
    bus = RecordedBus([(b"\x01", bytes.fromhex(wire))])
    driver = driver_class(RecordedContext(), {}, I2cDevice(bus, 0x40))

    assert await driver.read() == {"value": 0xBEEF}


async def test_a_missing_acknowledge_comes_through(write_map: WriteMap) -> None:
    with pytest.raises(BusError) as caught:
        await Part(write_map).driver.read()

    assert caught.value.errno == 121


@virtual
async def test_a_command_of_the_map_is_carried_out(write_map: WriteMap) -> None:
    steps = '[{ write = "06", delay = "1ms" }, { reg = 2, value = 3, len = 1 }]'
    part = Part(write_map, tables=f'[commands.reset]\ndoc = "Restart."\nsteps = {steps}')

    await part.driver.run_command("reset", {})

    assert part.bus.writes == [b"\x06", b"\x02\x03"]


async def test_parameters_that_do_not_go_together_are_told(write_map: WriteMap) -> None:
    tables = '[params.shunt]\nunit = "ohm"\n[[init]]\nreg = 5\nvalue = "int(1 / shunt)"'
    driver_class = load_map(write_map(tables=tables)).driver_class
    params: dict[str, Any] = {"shunt": 0.0}

    with pytest.raises(DeviceError, match="these parameters do not go together"):
        driver_class(RecordedContext(), params, None)
