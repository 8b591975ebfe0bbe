"""Write and query of a line protocol, where the file lets callers send anything."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.support.driving import RecordedContext, driver_of, params_of
from tests.support.virtual import virtual
from wampedge.devices.contracts import OnBytes, OnLost
from wampedge.errors import BusBusyError, BusError, BusTimeoutError
from wampedge_drivers.serial.line import Line


class Port:
    """A serial port whose far end is the test; answers what ``answers`` says."""

    name = "/dev/ttyUSB0"

    def __init__(self) -> None:
        self.sent: list[bytes] = []
        self.answers: dict[bytes, bytes] = {}

    def listen(self, on_bytes: OnBytes, on_lost: OnLost) -> None:
        self.say, self.lose = on_bytes, on_lost

    async def write(self, data: bytes) -> None:
        self.sent.append(data)
        self.say(self.answers.get(data, b""))

    def close(self) -> None: ...


async def scale(**given: Any) -> tuple[Line, Port, RecordedContext]:
    context, port = RecordedContext("scale"), Port()
    driver = driver_of(Line, context=context, match=r"W(?P<weight>\d+)", stream=True, **given)
    driver.bus, driver.channel_options = port, {"weight": {}}
    await driver.setup()
    return driver, port, context


def test_the_commands_are_there_where_the_file_says_so() -> None:
    quiet = Line.commands_for(params_of(Line, {"match": "a"}), {})
    open_ = Line.commands_for(params_of(Line, {"match": "a", "stream": True}), {})

    assert list(quiet) == []
    assert list(open_) == ["write", "query"]
    assert list(open_["query"].arguments) == ["text", "timeout"]


def test_a_command_of_the_file_cannot_have_their_names() -> None:
    params = params_of(Line, {"match": "a", "stream": True, "commands": {"query": {"send": "x"}}})

    ((path, text),) = Line.check_params(params, {})
    assert path == ("commands", "query")
    assert text.startswith("is what stream = true offers")


@virtual
async def test_a_query_gets_the_next_line_past_its_echo() -> None:
    driver, port, context = await scale()
    port.answers[b"V?\n"] = b"V?\nV1.2\nW7\n"

    assert await driver.run_command("query", {"text": "V?", "timeout": 1.0}) == "V1.2"
    assert context.published == [{"weight": 7.0}]


@virtual
async def test_bytes_are_sent_as_they_are() -> None:
    driver, port, _ = await scale()

    assert await driver.run_command("write", {"data": b"\x02T\x03"}) == ""
    assert port.sent == [b"\x02T\x03"]


@virtual
async def test_silence_a_second_query_and_an_unplugging_are_errors() -> None:
    driver, port, _ = await scale()
    with pytest.raises(BusTimeoutError, match=r"no answer to b'V\?' within 0\.5 s"):
        await driver.run_command("query", {"text": "V?", "timeout": 0.5})

    waiting = asyncio.ensure_future(driver.run_command("query", {"text": "V?", "timeout": 1.0}))
    await asyncio.sleep(0.1)
    with pytest.raises(BusBusyError):
        await driver.run_command("query", {"text": "V?", "timeout": 1.0})
    port.lose(BusError("unplugged"))
    with pytest.raises(BusError, match="unplugged"):
        await waiting
