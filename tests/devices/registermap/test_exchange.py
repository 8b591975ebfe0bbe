"""What maps can say on the bus: waking, stopping, setting, polling, checksums, long registers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.devices.registermap.conftest import WriteMap
from tests.support.driving import RecordedContext, driver_of
from tests.support.virtual import virtual
from wampedge.devices.registermap import load_map
from wampedge.devices.registermap.driver import MapDriver
from wampedge.devices.registermap.vectors import RecordedBus
from wampedge.errors import (
    BadReadingError,
    BusError,
    ConfigError,
    NotReadyError,
    RangeError,
    WrongChipError,
)

WORD = (b"\x01", b"\x00\x2a")


def driver(path: Path, bus: Any, **params: Any) -> MapDriver:
    made = driver_of(load_map(path).driver_class, context=RecordedContext(), bus=bus, **params)
    assert isinstance(made, MapDriver)
    return made


class Refusing(RecordedBus):
    """A bus whose part does not acknowledge some bytes."""

    def __init__(self, refused: bytes, errno: int = 121) -> None:
        super().__init__([WORD])
        self.refused = refused
        self.errno = errno

    def transfer(self, address: int, messages: Any) -> list[bytes]:
        if self.refused in messages:
            raise BusError("refused", errno=self.errno)
        return super().transfer(address, messages)


@virtual
async def test_waking_comes_before_the_identity_and_settings_after(write_map: WriteMap) -> None:
    path = write_map(
        tables="""[[wake]]\nwrite = "aa"\n[[id]]\ncmd = "bb"\nwait = "1ms"\nexpect = [7]
        [[init]]\nwrite = "cc"\n[[stop]]\nwrite = "dd"\n"""
    )
    bus = RecordedBus([(b"", b"\x07"), WORD])
    part = driver(path, bus)

    await part.setup()
    await part.safe()

    assert bus.writes == [b"\xaa", b"\xbb", b"\xcc", b"\xdd"]


@virtual
async def test_a_step_that_may_be_refused_is_no_failure(write_map: WriteMap) -> None:
    path = write_map(tables='[[wake]]\nwrite = "aa"\nmay_nack = true')

    await driver(path, Refusing(b"\xaa")).setup()


@pytest.mark.parametrize(("may_nack", "errno"), [("false", 121), ("true", 110)])
@virtual
async def test_another_refusal_or_fault_comes_through(
    write_map: WriteMap, may_nack: str, errno: int
) -> None:
    path = write_map(tables=f'[[wake]]\nwrite = "aa"\nmay_nack = {may_nack}')

    with pytest.raises(BusError):
        await driver(path, Refusing(b"\xaa", errno)).setup()


@virtual
async def test_an_identity_without_expectation_is_any_answer(write_map: WriteMap) -> None:
    path = write_map(tables="[[id]]\nreg = 5\nlen = 2")

    await driver(path, RecordedBus([(b"\x05", b"\x12\x34"), WORD])).setup()


@virtual
async def test_a_wrong_identity_names_the_register(write_map: WriteMap) -> None:
    path = write_map(tables="[[id]]\nreg = 5\nexpect = [1, 2]")

    with pytest.raises(WrongChipError, match=r"register 0x05 is 0x09 \(wanted 0x01 or 0x02\)"):
        await driver(path, RecordedBus([(b"\x05", b"\x09")])).setup()


@virtual
async def test_values_in_steps_have_their_byte_order_and_checksum(write_map: WriteMap) -> None:
    path = write_map(
        tables="""[[init]]\nreg = 5\nvalue = 0x1234\nendian = "little"
        [[init]]\nwrite = "2400"\nvalue = 0xbeef\ncrc = "sensirion"\n"""
    )
    bus = RecordedBus([])

    await driver(path, bus).setup()

    assert bus.writes == [bytes.fromhex("053412"), bytes.fromhex("2400beef92")]


@virtual
async def test_a_packet_error_code_covers_address_register_and_value(write_map: WriteMap) -> None:
    """SMBus 3.1, 6.4.1.1: the polynomial is x^8 + x^2 + x + 1."""
    path = write_map(tables='[[init]]\nreg = 5\nvalue = 0x1234\ncrc = "pec"')
    bus = RecordedBus([])

    await driver(path, bus).setup()

    assert bus.writes[0][:3] == bytes.fromhex("051234")
    remainder = 0
    for byte in b"\x80" + bus.writes[0]:
        remainder ^= byte
        for _ in range(8):
            remainder = remainder << 1 ^ (0x107 if remainder & 0x80 else 0)
    assert remainder == 0  # with its code behind it, what is protected divides evenly


@virtual
async def test_registers_may_have_two_bytes(tmp_path: Path, write_map: WriteMap) -> None:
    path = write_map(head="register_size = 2", tables="[[init]]\nreg = 0x0102\nvalue = 3\nlen = 1")
    bus = RecordedBus([(b"\x00\x01", b"\x00\x2a")])
    part = driver(path, bus)

    await part.setup()

    assert bus.writes == [b"\x01\x02\x03"]
    assert await part.read() == {"value": 42}


def test_a_long_register_needs_to_be_declared(write_map: WriteMap) -> None:
    with pytest.raises(ConfigError, match='is beyond 0xff; set "register_size = 2"'):
        load_map(write_map(tables="[[init]]\nreg = 0x102\nvalue = 1"))


@virtual
async def test_the_byte_order_of_the_map_holds_for_its_values(write_map: WriteMap) -> None:
    part = driver(write_map(head='endian = "little"'), RecordedBus([WORD]))

    assert await part.read() == {"value": 0x2A00}


@virtual
async def test_a_read_ends_with_what_comes_then(write_map: WriteMap) -> None:
    bus = RecordedBus([WORD])

    await driver(write_map(read='then = { write = "b098" }'), bus).read()

    assert bus.writes == [b"\xb0\x98"]


@virtual
async def test_a_part_without_news_is_not_ready_until_its_patience_ends(
    write_map: WriteMap,
) -> None:
    path = write_map(
        read='poll = { reg = 9, len = 1, differs = 0, timeout = "1ms", patience = "10s" }'
    )
    part = driver(path, RecordedBus([(b"\x09", b"\x00"), WORD]))
    await part.setup()

    await part.sleep(9)
    with pytest.raises(NotReadyError, match="no new measurement yet"):
        await part.read()
    await part.sleep(2)
    with pytest.raises(BadReadingError, match=r"nothing new for 11\.0 s"):
        await part.read()


@virtual
async def test_a_part_with_news_is_read(write_map: WriteMap) -> None:
    path = write_map(read='poll = { reg = 9, len = 1, differs = 0, timeout = "1ms" }')

    assert await driver(path, RecordedBus([(b"\x09", b"\x04"), WORD])).read() == {"value": 42}


SETTABLE = """[params.vdd]\ndefault = "3.3V"\nunit = "V"
[set.level]\nunit = "V"\nrange = [0, "vdd"]\nraw = "round(value / vdd * 4095)"
accepted = "raw * vdd / 4095"\nsteps = [{ write = "40", value = "raw << 4" }]
[set.on]\nboolean = true\nsteps = [{ reg = 7, value = "1 if value else 0", len = 1 }]
"""


@virtual
async def test_a_channel_that_is_set_gives_what_the_part_has_then(write_map: WriteMap) -> None:
    bus = RecordedBus([])
    part: Any = driver(write_map(tables=SETTABLE), bus)

    accepted = await part.set_level(1.0)
    await part.set_on(True)

    # 1 / 3.3 * 4095 is 1240.9, so 1241 = 0x4D9 and 1.00007 V
    assert accepted == pytest.approx(1.0000733, abs=1e-7)
    assert bus.writes == [bytes.fromhex("404d90"), b"\x07\x01"]


@virtual
async def test_a_value_beyond_what_the_parameters_allow_leaves_the_bus_alone(
    write_map: WriteMap,
) -> None:
    bus = RecordedBus([])
    part: Any = driver(write_map(tables=SETTABLE), bus, vdd="2V")

    with pytest.raises(RangeError, match=r"level must be 0 to 2, got 2\.5"):
        await part.set_level(2.5)

    assert bus.writes == []


@virtual
async def test_a_command_takes_arguments(write_map: WriteMap) -> None:
    path = write_map(
        tables="""[commands.calibrate]\ndoc = "Say what it is."
        steps = [{ write = "362f", value = "ppm", crc = "sensirion" }]
        [commands.calibrate.args.ppm]\ndefault = 420\nrange = [400, 2000]\n"""
    )
    bus = RecordedBus([])

    await driver(path, bus).run_command("calibrate", {"ppm": 480})

    # 480 is 0x01E0, whose checksum is 0xB4 in the datasheet of the SCD4x (3.7.1)
    assert bus.writes == [bytes.fromhex("362f01e0b4")]
    assert load_map(path).commands["calibrate"].arguments["ppm"].default == 420


def test_a_choice_may_stand_for_several_numbers(write_map: WriteMap) -> None:
    spec = load_map(
        write_map(
            out='scale = "range_mg"',
            tables="""[params.range]\ndefault = "2g"
            choices = { "2g" = { code = 0, mg = 1 }, "4g" = { code = 1, mg = 2 } }\n""",
        )
    )
    part: Any = spec.driver_class

    assert part.register_map.numbers({"range": "4g"}) == {"range_code": 1, "range_mg": 2}


@pytest.mark.parametrize(
    ("tables", "complaint"),
    [
        ('[[init]]\nwrite = "aa"\ncrc = "sensirion"', "goes behind each two bytes of value"),
        ("[[id]]\nexpect = [1]", "needs reg or cmd"),
        ("[set.x]\nsteps = [{ reg = 1, value = 'raw' }]", "needs a range"),
        ("[set.read]\nrange = [0, 1]\nsteps = [{ reg = 1, value = 'raw' }]", "is taken by"),
        (
            "[params.a]\ndefault = 'x'\nchoices = { x = { n = 1 }, y = { m = 1 } }",
            "have the same keys",
        ),
        (
            (
                "[params.a]\ndefault = 1\n[commands.c]\ndoc = ''\nsteps = [{ write = 'aa' }]\n"
                "[commands.c.args.a]\ndefault = 1"
            ),
            "commands.c.args.a: is taken by",
        ),
        (
            "[[read]]\nname = 'two'\nlen = 1\npoll = { reg = 1 }",
            "needs equals or differs, and not both",
        ),
    ],
)
def test_a_mistake_is_told(write_map: WriteMap, tables: str, complaint: str) -> None:
    with pytest.raises(ConfigError, match=complaint):
        load_map(write_map(tables=tables))
