"""The driver behind registers: batches, refusals, totals, writing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from tests.support.driving import RecordedContext
from tests.support.virtual import virtual
from wampedge.devices.driver import spec_of
from wampedge.devices.fields import convert_table
from wampedge.devices.modbus.pdu import UnitRefusedError
from wampedge.devices.modbus.unit import ModbusUnit
from wampedge.errors import BadReadingError, BusError, BusTimeoutError, InvalidValueError
from wampedge_drivers.modbus.modbus import Modbus

Answer = Callable[[bytes], bytes] | bytes | Exception


class Line:
    """A Modbus line whose unit answers what the test says, by the request in hex."""

    name = "line"

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.answers: dict[str, Answer | list[Answer]] = {}

    async def exchange(self, unit_id: int, pdu: bytes, *, own_size: int | None = None) -> bytes:
        self.asked.append(pdu.hex())
        answer = self.answers[pdu.hex()]
        if isinstance(answer, list):
            answer = answer.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer(pdu) if callable(answer) else answer

    def close(self) -> None: ...


class Bench:
    """A modbus driver on such a line."""

    def __init__(self, channels: Mapping[str, Mapping[str, Any]], **given: Any) -> None:
        spec, self.line = spec_of(Modbus), Line()
        params, _ = convert_table(given, spec.params)
        self.context = RecordedContext("meter")
        self.driver = Modbus(self.context, params, ModbusUnit(self.line, 1))
        tables = {
            name: convert_table(table, spec.channel_fields)[0] for name, table in channels.items()
        }
        self.driver.channel_options = tables


METER: Mapping[str, Mapping[str, Any]] = {
    "voltage": {"input": 0, "type": "f32"},
    "current": {"input": 6, "type": "f32"},
    "state": {"holding": 0x10, "write": True, "scale": 0.1},
}
INPUTS = bytes.fromhex("0410 43663333 00000000 00000000 40a00000")
STATE = bytes.fromhex("0302 00fa")


@virtual
async def test_values_are_read_with_few_requests() -> None:
    bench = Bench(METER)
    bench.line.answers = {"0400000008": INPUTS, "0300100001": STATE}
    await bench.driver.setup()

    assert await bench.driver.read() == {"voltage": 230.2, "current": 5.0, "state": 25.0}
    assert bench.line.asked == ["0300100001", "0400000008"]
    assert bench.driver.counters() == {"requests": 2}


@virtual
async def test_a_unit_that_refuses_holes_is_asked_without_them_from_then_on() -> None:
    bench = Bench({name: METER[name] for name in ("voltage", "current")})
    bench.line.answers = {
        "0400000008": b"\x84\x02",
        "0400000002": bytes.fromhex("0404 43663333"),
        "0400060002": bytes.fromhex("0404 40a00000"),
    }
    await bench.driver.setup()

    assert await bench.driver.read() == {"voltage": 230.2, "current": 5.0}
    await bench.driver.read()
    assert bench.line.asked == ["0400000008", *["0400000002", "0400060002"] * 2]


@virtual
async def test_one_register_that_is_refused_costs_only_its_own_value() -> None:
    bench = Bench(METER)
    bench.line.answers = {"0400000008": INPUTS, "0300100001": b"\x83\x04"}
    await bench.driver.setup()

    assert await bench.driver.read() == {"voltage": 230.2, "current": 5.0, "state": None}


@virtual
async def test_a_unit_that_refuses_everything_fails() -> None:
    bench = Bench({"state": METER["state"]})
    bench.line.answers = {"0300100001": b"\x83\x04"}
    await bench.driver.setup()

    with pytest.raises(UnitRefusedError, match="unit 1 refuses function 3: it has failed"):
        await bench.driver.read()
    assert bench.driver.counters() == {"requests": 1, "refused": 1}


@virtual
async def test_values_that_are_no_measurement_make_no_reading() -> None:
    bench = Bench({"voltage": METER["voltage"]})
    bench.line.answers = {"0400000002": bytes.fromhex("0404 7fc00000")}
    await bench.driver.setup()

    with pytest.raises(BadReadingError, match="no measurement"):
        await bench.driver.read()


@virtual
async def test_a_damaged_answer_is_asked_for_once_more_and_silence_is_not() -> None:
    bench = Bench({"state": METER["state"]})
    bench.line.answers = {"0300100001": [BusError("noise"), STATE, BusTimeoutError("silence")]}
    await bench.driver.setup()

    assert await bench.driver.read() == {"state": 25.0}
    with pytest.raises(BusTimeoutError, match="silence"):
        await bench.driver.read()
    assert bench.driver.counters() == {"requests": 3, "damaged": 1, "unanswered": 1}


@virtual
async def test_a_channel_with_its_own_period_is_read_no_more_often() -> None:
    bench = Bench({"a": {"input": 0}, "b": {"input": 100, "every": "60s"}})
    bench.line.answers = {"0400000001": b"\x04\x02\x00\x01", "0400640001": b"\x04\x02\x00\x02"}
    await bench.driver.setup()

    first, second = await bench.driver.read(), await bench.driver.read()
    await bench.driver.sleep(60.0)
    third = await bench.driver.read()

    assert (first, second, third) == ({"a": 1, "b": 2}, {"a": 1}, {"a": 1, "b": 2})


@virtual
async def test_a_total_that_falls_is_looked_at_twice() -> None:
    bench = Bench({"energy": {"input": 0, "total": True}})
    words = [
        b"\x04\x02\x00\x64",
        b"\x04\x02\x00\x05",
        b"\x04\x02\x00\x65",
        b"\x04\x02\x00\x00",
        b"\x04\x02\x00\x00",
    ]
    bench.line.answers = {"0400000001": list(words)}
    await bench.driver.setup()

    assert await bench.driver.read() == {"energy": 100}
    with pytest.raises(BadReadingError):  # 5, and then 101: a glitch
        await bench.driver.read()
    assert await bench.driver.read() == {"energy": 0}  # 0, and 0 again: it was reset


@pytest.mark.parametrize(
    ("channel", "value", "request_", "accepted"),
    [
        ({"holding": 0x10, "scale": 0.1}, 25.04, "06001000fa", 25.0),
        ({"holding": 0x1C, "type": "f32"}, 2.0, "10001c00020440000000", 2.0),
        ({"coil": 3}, True, "050003ff00", True),
        ({"coil": 3}, False, "0500030000", False),
    ],
)
@virtual
async def test_a_value_is_written_and_told_as_the_unit_holds_it(
    channel: dict[str, Any], value: Any, request_: str, accepted: Any
) -> None:
    bench = Bench({"x": {**channel, "write": True}})
    bench.line.answers = {request_: lambda pdu: pdu[:5]}

    assert await bench.driver.set_x(value) == accepted


@virtual
async def test_a_bit_of_a_register_is_written_without_touching_the_others() -> None:
    bench = Bench({"x": {"holding": 7, "type": "bit", "bit": 2, "write": True}})
    bench.line.answers = {
        "0300070001": b"\x03\x02\x00\x09",
        "060007000d": lambda pdu: pdu,
        "0600070009": lambda pdu: pdu,
    }

    assert await bench.driver.set_x(True) is True
    assert await bench.driver.set_x(False) is False
    assert bench.line.asked == ["0300070001", "060007000d", "0300070001", "0600070009"]


@virtual
async def test_a_value_that_does_not_fit_leaves_the_line_untouched() -> None:
    bench = Bench({"x": {"holding": 1, "write": True}})

    with pytest.raises(InvalidValueError, match="x does not fit u16"):
        await bench.driver.set_x(70_000)
    assert bench.line.asked == []


@virtual
async def test_what_cannot_be_written_has_no_setter() -> None:
    bench = Bench({"x": {"input": 1}})

    with pytest.raises(AttributeError, match="has no set_x"):
        bench.driver.set_x  # noqa: B018 # the access is the test


def test_channels_that_are_no_registers_are_mistakes_of_the_file() -> None:
    spec = spec_of(Modbus)
    params, _ = convert_table({"max_count": 4}, spec.params)
    channels = {
        "a": convert_table({}, spec.channel_fields)[0],
        "b": convert_table({"input": 1, "type": "string"}, spec.channel_fields)[0],
    }

    assert Modbus.check_params(params, channels) == [
        (("channels", "a"), "needs one of input, holding, coil, discrete, such as input = 0x0000"),
        (("channels", "b"), "takes 8 registers, max_count is 4"),
    ]
