from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.simulator.board import board, talker
from wampedge.errors import InvalidValueError
from wampedge_simulator.clock import SimulatedClock, run_virtual
from wampedge_simulator.instruments.line import LineInstrument
from wampedge_simulator.substrate import SimulatedSubstrate

TANK = {
    "eol": "\r\n",
    "match": re.compile(r"^L=(?P<level>\d+) T=(?P<temperature>-?\d+\.\d+)$"),
    "commands": {
        "zero": {"send": "ZERO\r\n", "expect": "^OK$", "timeout": 0.5},
        "start": {"send": "START\r\n", "expect": None, "timeout": 0.5},
    },
}


class Tank:
    """A line instrument by itself, beside the board it belongs to."""

    def __init__(self, substrate: SimulatedSubstrate) -> None:
        self.substrate = substrate
        self.part: LineInstrument = substrate.part("tank")

    def level(self) -> str:
        found = re.search(rb"L=(\d+)", self.part.speak())
        assert found
        return found[1].decode()


def on_tank(act: Any, **params: Any) -> Any:
    """Run *act* with a tank; a board with serial ports needs a running loop."""

    async def main() -> Any:
        device = talker("tank", **{**TANK, **params})
        with board(device, clock=SimulatedClock()) as substrate:
            return act(Tank(substrate))

    return run_virtual(main())


def test_a_line_matches_what_the_device_file_expects() -> None:
    lines = on_tank(lambda tank: [tank.part.speak() for _ in range(20)])

    assert all(re.fullmatch(rb"L=\d+ T=-?\d+\.\d+\r\n", line) for line in lines)


def test_a_line_is_due_every_second() -> None:
    def act(tank: Tank) -> Iterator[float]:
        yield tank.part.due_at()
        tank.part.speak()
        yield tank.part.due_at()

    assert on_tank(lambda tank: list(act(tank))) == [1.0, 2.0]


def test_lines_that_were_missed_are_left_out() -> None:
    def act(tank: Tank) -> float:
        tank.substrate._board().clock.spend(7.5)
        tank.part.speak()
        return tank.part.due_at()

    assert on_tank(act) == 8.0


def test_a_value_that_is_set_is_said_until_it_is_released() -> None:
    def act(tank: Tank) -> tuple[bytes, list[str]]:
        tank.substrate.set("tank", "level", 412)
        tank.substrate.set("tank", "temperature", -3.5)
        line = tank.part.speak()
        tank.substrate.release("tank", "level")
        return line, [tank.level() for _ in range(3)]

    line, after = on_tank(act)

    assert line == b"L=412 T=-3.5\r\n"
    assert "412" not in after


@pytest.mark.parametrize(
    ("channel", "value", "field"),
    [
        ("level", -1, "value"),
        ("level", "full", "value"),
        ("level", None, "value"),
        ("level", [1], "value"),
        ("lvel", 1, "channel"),
    ],
)
def test_what_no_line_can_carry_is_refused(channel: str, value: Any, field: str) -> None:
    def act(tank: Tank) -> InvalidValueError:
        with pytest.raises(InvalidValueError) as caught:
            tank.substrate.set("tank", channel, value)
        return caught.value

    error = on_tank(act)

    assert (error.field, error.device) == (field, "tank")


def test_releasing_an_unknown_channel_is_refused() -> None:
    def act(tank: Tank) -> None:
        with pytest.raises(InvalidValueError, match=r'"lvel" .*\(possible: level, temperature\)'):
            tank.substrate.release("tank", "lvel")

    on_tank(act)


def test_a_command_is_answered_as_expected() -> None:
    def act(tank: Tank) -> list[bytes]:
        return [tank.part.receive(sent) for sent in (b"ZE", b"RO\r\nZERO\r\nZ", b"nonsense\r\n")]

    assert on_tank(act) == [b"", b"OK\r\nOK\r\n", b""]


def test_a_command_without_an_answer_is_taken_in_silence() -> None:
    assert on_tank(lambda tank: tank.part.receive(b"START\r\n")) == b""


def test_an_endless_command_costs_no_memory() -> None:
    def act(tank: Tank) -> tuple[int, bytes]:
        for _ in range(100):
            tank.part.receive(b"x" * 1000)
        return len(tank.part._received), tank.part.receive(b"ZERO\r\n")

    kept, answer = on_tank(act)

    assert kept <= 4096
    assert answer == b"OK\r\n"


@pytest.mark.parametrize(
    ("kind", "said"),
    [("silent", b""), ("half_line", b"L=412 "), ("garbage", b"\x99\xe8\xe1\xe4\xe7")],
)
def test_a_fault_spoils_one_line(kind: str, said: bytes) -> None:
    def act(tank: Tank) -> tuple[bytes, bytes]:
        tank.substrate.set("tank", "level", 412)
        tank.substrate.set("tank", "temperature", 18.5)
        tank.substrate.fault("tank", kind)
        return tank.part.speak(), tank.part.speak()

    spoilt, good = on_tank(act)

    assert spoilt[:6].startswith(said)
    assert spoilt != good
    assert good == b"L=412 T=18.5\r\n"


def test_a_stuck_instrument_says_its_last_values() -> None:
    def act(tank: Tank) -> list[str]:
        tank.substrate.set("tank", "level", 412)
        levels = [tank.level()]
        tank.substrate.fault("tank", "stuck")
        tank.substrate.set("tank", "level", 9)
        return [*levels, tank.level(), tank.level()]

    assert on_tank(act) == ["412", "412", "9"]


def test_the_line_end_is_a_newline_where_the_file_says_nothing() -> None:
    async def main() -> bytes:
        device = talker("tank", match=r"(?P<level>\d{4})")
        with board(device, clock=SimulatedClock()) as substrate:
            substrate.set("tank", "level", 7)
            said: bytes = substrate.part("tank").speak()
            return said

    assert run_virtual(main()) == b"0007\n"
