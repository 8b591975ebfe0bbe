"""Any line protocol: values, commands, silence and noise, in virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from tests.support.driving import RecordedContext, driver_of, params_of
from tests.support.virtual import virtual
from wampedge.devices.contracts import OnBytes, OnLost
from wampedge.devices.driver import spec_of
from wampedge.devices.fields import FieldError, Integer, Number, Text
from wampedge.errors import BusBusyError, BusError, BusTimeoutError
from wampedge_drivers.serial.line import Line

SCANNER = r"^D(?P<angle>\d+),(?P<distance>[-\d.]+)$"
CHANNELS: Mapping[str, Mapping[str, Any]] = {
    "angle": {"type": "int", "unit": "deg"},
    "distance": {"unit": "mm"},
}


class Port:
    """A serial port whose far end is the test; answers what ``answers`` says."""

    name = "/dev/ttyUSB0"

    def __init__(self) -> None:
        self.sent: list[bytes] = []
        self.answers: dict[bytes, bytes] = {}
        self.fault: Exception | None = None

    def listen(self, on_bytes: OnBytes, on_lost: OnLost) -> None:
        self.say, self.lose = on_bytes, on_lost

    async def write(self, data: bytes) -> None:
        if self.fault is not None:
            raise self.fault
        self.sent.append(data)
        if data in self.answers:
            self.say(self.answers[data])

    def close(self) -> None: ...


class Bench:
    """A line driver on a port."""

    def __init__(self, **given: Any) -> None:
        self.context, self.port = RecordedContext("scanner"), Port()
        self.driver = driver_of(Line, context=self.context, match=SCANNER, **given)
        self.driver.bus = self.port
        self.driver.channel_options = CHANNELS

    @classmethod
    async def up(cls, **given: Any) -> Bench:
        bench = cls(**given)
        await bench.driver.setup()
        return bench


def test_it_takes_its_channels_from_the_file() -> None:
    spec = spec_of(Line)
    channels = Line.channels_for(
        params_of(Line, {"match": SCANNER}), {**CHANNELS, "name": {"type": "text"}}
    )

    assert (spec.bus, spec.has_open_channels, spec.is_polled) == ("serial", True, False)
    assert channels["angle"].field == Integer()
    assert channels["angle"].unit == "deg"
    assert channels["distance"].field == Number()
    assert channels["name"].field == Text()


def test_it_takes_its_commands_from_the_file() -> None:
    params = params_of(Line, {"match": "a", "commands": {"start": {"send": "START\r\n"}}})
    commands = Line.commands_for(params, {})

    assert list(commands) == ["start"]
    assert commands["start"].arguments == {}
    assert commands["start"].doc == "Send 'START'."


def test_a_channel_that_no_group_fills_is_a_mistake() -> None:
    params = params_of(Line, {"match": SCANNER})

    assert Line.check_params(params, CHANNELS) == []
    ((path, text),) = Line.check_params(params, {"height": {}})
    assert path == ("channels", "height")
    assert text.startswith("match has no group for it, such as (?P<height>")


@pytest.mark.parametrize("pattern", ["(", "(a+)+b", "", 5])
def test_a_pattern_is_checked_with_the_file(pattern: Any) -> None:
    kind = spec_of(Line).params["match"]

    with pytest.raises(FieldError):
        kind.convert(pattern)
    assert kind.schema()["type"] == "string"


@virtual
async def test_a_line_becomes_values_of_their_kinds() -> None:
    bench = await Bench.up(eol="\r\n")

    bench.port.say(b"D90,12.5\r\nD91")
    bench.port.say(b",13\r\n")

    assert bench.context.published == [
        {"angle": 90, "distance": 12.5},
        {"angle": 91, "distance": 13.0},
    ]


@virtual
async def test_lines_that_do_not_match_are_counted_and_left() -> None:
    bench = await Bench.up()

    bench.port.say(b"hello\n\nD1,2\nDxx,1\n\xff\xfe\n")

    assert bench.context.published == [{"angle": 1, "distance": 2.0}]
    assert bench.driver.unmatched == 3


@pytest.mark.parametrize("text", [b"1.2.3", b"-", b"1-2"])
@virtual
async def test_a_group_that_is_no_number_is_left_out(text: bytes) -> None:
    bench = await Bench.up()

    bench.port.say(b"D7," + text + b"\n")

    assert bench.context.published == [{"angle": 7}]
    assert bench.driver.unmatched == 1


@pytest.mark.parametrize(
    ("kind", "text"),
    [("int", "9" * 30), ("float", "1e999"), ("float", "nan"), ("int", "1_0"), ("float", "1_0")],
)
@virtual
async def test_a_number_no_client_could_take_is_left_out(kind: str, text: str) -> None:
    bench = Bench()
    bench.driver.match = "(?P<v>.*)"
    bench.driver.channel_options = {"v": {"type": kind}}
    await bench.driver.setup()

    bench.port.say(text.encode() + b"\n")

    assert bench.context.published == []


@virtual
async def test_texts_and_groups_without_a_channel() -> None:
    bench = Bench()
    bench.driver.match = "(?P<tag>[^;]*);(?P<other>.*)(?P<more>x)?"
    bench.driver.channel_options = {"tag": {"type": "text"}, "more": {}}
    await bench.driver.setup()

    bench.port.say("Kuh 7°;abc\n".encode())

    assert bench.context.published == [{"tag": "Kuh 7°"}]


@virtual
async def test_noise_without_a_line_end_is_counted_and_the_next_line_taken() -> None:
    """ROBUSTNESS.md B2."""
    bench = await Bench.up()

    for _ in range(100):
        bench.port.say(b"\xff" * 4096)
    bench.port.say(b"\nD1,2\n")

    assert bench.driver.overlong == 1
    assert bench.context.published == [{"angle": 1, "distance": 2.0}]


@virtual
async def test_half_a_line_before_an_unplugging_is_forgotten() -> None:
    bench = await Bench.up()
    bench.port.say(b"x" * 5000)
    bench.port.say(b"\nD12")
    bench.port.lose(BusError("gone"))

    await bench.driver.setup()
    bench.port.say(b"D3,4\n")

    assert bench.context.published == [{"angle": 3, "distance": 4.0}]
    assert bench.driver.overlong == 1


COMMANDS = {
    "start": {"send": "START\r\n", "expect": "^OK$", "timeout": "500ms"},
    "version": {"send": "V?\r\n", "expect": r"V(?P<major>\d+)\.(?P<minor>\d+)"},
    "stop": {"send": "STOP\r\n"},
}


@virtual
async def test_a_command_without_an_answer_is_only_sent() -> None:
    bench = await Bench.up(commands=COMMANDS)

    assert await bench.driver.run_command("stop", {}) == ""
    assert bench.port.sent == [b"STOP\r\n"]


@virtual
async def test_a_command_waits_for_its_line_past_an_echo_and_values() -> None:
    """ROBUSTNESS.md B2: echo of our own bytes."""
    bench = await Bench.up(commands=COMMANDS, eol="\r\n")
    bench.port.answers[b"START\r\n"] = b"START\r\nD1,2\r\nOK\r\n"

    assert await bench.driver.run_command("start", {}) == "OK"
    assert bench.context.published == [{"angle": 1, "distance": 2.0}]


@virtual
async def test_an_answer_with_groups_is_given_by_their_names() -> None:
    bench = await Bench.up(commands=COMMANDS)
    bench.port.answers[b"V?\r\n"] = b"V3.14\n"

    assert await bench.driver.run_command("version", {}) == {"major": "3", "minor": "14"}


@virtual
async def test_silence_ends_a_command_at_its_timeout_and_the_next_one_works() -> None:
    bench = await Bench.up(commands=COMMANDS)
    start = bench.context.clock.monotonic()

    with pytest.raises(BusTimeoutError, match="no answer to 'START' within"):
        await bench.driver.run_command("start", {})
    waited_s = bench.context.clock.monotonic() - start
    bench.port.answers[b"START\r\n"] = b"OK\nOK\n"

    assert waited_s == pytest.approx(0.5)
    assert await bench.driver.run_command("start", {}) == "OK"


@virtual
async def test_a_second_command_is_refused_while_one_waits() -> None:
    bench = await Bench.up(commands=COMMANDS)
    first = asyncio.create_task(bench.driver.run_command("start", {}))
    await asyncio.sleep(0.1)

    with pytest.raises(BusBusyError, match="another command waits for its answer"):
        await bench.driver.run_command("version", {})
    bench.port.say(b"OK\n")

    assert await first == "OK"


@virtual
async def test_an_unplugged_port_ends_a_command_at_once() -> None:
    bench = await Bench.up(commands=COMMANDS)
    waiting = asyncio.create_task(bench.driver.run_command("start", {}))
    await asyncio.sleep(0.1)

    bench.port.lose(BusError("the port is gone"))

    with pytest.raises(BusError, match="the port is gone"):
        await waiting


@pytest.mark.parametrize("error", [BusError("gone"), BusTimeoutError("stuck")])
@virtual
async def test_a_port_that_cannot_send_fails_the_command(error: BusError) -> None:
    bench = await Bench.up(commands=COMMANDS)
    bench.port.fault = error

    with pytest.raises(type(error), match=str(error)):
        await bench.driver.run_command("start", {})
