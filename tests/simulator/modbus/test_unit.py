"""Simulated units, asked as the specification asks and by a client nobody here wrote."""

from __future__ import annotations

import asyncio
from threading import RLock
from typing import Any

import pytest

from wampedge.devices.contracts import WiredDevice
from wampedge.devices.modbus.registers import Register
from wampedge.errors import InvalidValueError
from wampedge_simulator.clock import SteppedClock
from wampedge_simulator.modbus.line import ModbusLine, ModbusNetwork
from wampedge_simulator.modbus.unit import ModbusUnitPart
from wampedge_simulator.nets import Nets
from wampedge_simulator.part import Bench
from wampedge_simulator.seams.tcp import SimulatedModbusServer
from wampedge_simulator.world import World

REGISTERS = {
    register.name: register
    for register in (
        Register("voltage", "input", 0, "f32", unit="V"),
        Register("count", "input", 4, "u32", "CDAB", is_total=True, unit="kWh"),
        Register("level", "holding", 0x10, "i16", scale=0.1, is_written=True),
        Register("name", "holding", 0x20, "string", size=3),
        Register("on", "coil", 2, "bit", is_written=True),
        Register("door", "discrete", 1, "bit"),
        Register("alarm", "input", 6, "bit", bit=3),
    )
}


def unit(unit_id: int = 1, name: str = "meter") -> ModbusUnitPart:
    lock = RLock()
    bench = Bench(SteppedClock(), World(1), Nets({}, lock), lock)
    return ModbusUnitPart(WiredDevice(name, "modbus", unit_id=unit_id), bench, REGISTERS)


def asked(part: ModbusUnitPart, request: str) -> str:
    return part.answer(bytes.fromhex(request)).hex()


def test_registers_hold_what_is_set() -> None:
    part = unit()
    part.set("voltage", 230.5)
    part.set("count", 100_000)
    part.set("alarm", True)
    part.set("name", "SDM1")

    assert asked(part, "0400000002") == "04044366" + "8000"
    assert asked(part, "0400040002") == "0404" + "86a00001"
    assert asked(part, "0400060001") == "04020008"
    assert asked(part, "0300200003") == "0306" + "53444d310000"


def test_holes_read_as_zero_and_what_it_has_nothing_of_is_refused() -> None:
    part = unit()
    part.set("voltage", 0.0)

    assert asked(part, "0400000003") == "0406000000000000"
    assert asked(part, "0400640001") == "8402"
    assert asked(part, "0400000000") == "8403"
    assert asked(part, "040000007e") == "8403"
    assert asked(part, "2b0e0100") == "ab01"
    assert asked(part, "0400") == "8403"
    part.begin_fault("strict", 1)
    assert asked(part, "0400000003") == "8402"


def test_what_is_written_stays_until_it_is_set() -> None:
    part = unit()

    assert asked(part, "060010ff9c") == "060010ff9c"
    assert asked(part, "0300100001") == "0302ff9c"
    assert asked(part, "1000100001020005") == "1000100001"
    assert asked(part, "0300100001") == "03020005"
    part.set("level", -10.0)
    assert asked(part, "0300100001") == "0302ff9c"
    assert asked(part, "0600640001") == "8602"
    assert asked(part, "10001000010400050005") == "9003"


def test_coils_are_written_and_inputs_are_read() -> None:
    part = unit()
    part.set("door", True)

    assert asked(part, "050002ff00") == "050002ff00"
    assert asked(part, "0100020001") == "010101"
    assert asked(part, "0f0002000101" + "00") == "0f00020001"
    assert asked(part, "0100020001") == "010100"
    assert asked(part, "0200010001") == "020101"
    assert asked(part, "0500020001") == "8503"


def test_a_total_grows_with_the_time() -> None:
    part = unit()
    before = part.words_of(REGISTERS["count"])
    part.bench.clock.spend(36_000)

    assert part.words_of(REGISTERS["count"])[0] == before[0] + 10


@pytest.mark.parametrize(
    ("channel", "value"), [("door", 1), ("name", 5), ("voltage", "x"), ("nothing", 1)]
)
def test_a_value_of_another_kind_is_refused(channel: str, value: Any) -> None:
    with pytest.raises(InvalidValueError):
        unit().set(channel, value)


def test_units_on_a_line_answer_to_their_numbers_only() -> None:
    line = ModbusLine(ModbusNetwork([unit(1), unit(2, "other")], RLock()))

    assert line.receive(bytes.fromhex("0304000000027029")) == b""
    answer = line.receive(bytes.fromhex("02040000000271f8"))
    assert (len(answer), answer[:3]) == (9, b"\x02\x04\x04")


async def test_pymodbus_reads_and_writes_a_simulated_unit() -> None:
    client_module = pytest.importorskip("pymodbus.client")
    part = unit()
    part.set("voltage", 230.5)
    server = SimulatedModbusServer(ModbusNetwork([part], RLock()), asyncio.get_running_loop())
    server.open()
    client = client_module.AsyncModbusTcpClient("127.0.0.1", port=server.port)
    try:
        assert await client.connect()
        words = await client.read_input_registers(0, count=2, device_id=1)
        await client.write_register(0x10, 77, device_id=1)
        await client.write_coils(2, [True], device_id=1)
        written = await client.read_holding_registers(0x10, count=1, device_id=1)
        coil = await client.read_coils(2, count=1, device_id=1)
        refused = await client.read_input_registers(500, count=1, device_id=1)

        assert words.registers == [0x4366, 0x8000]
        assert written.registers == [77]
        assert coil.bits[0] is True
        assert refused.exception_code == 2
    finally:
        client.close()
        server.close()
        await asyncio.sleep(0)
