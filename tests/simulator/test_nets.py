from __future__ import annotations

import logging
from threading import RLock
from typing import Any

import pytest

from wampedge.errors import InvalidValueError
from wampedge_simulator.nets import Net, Nets, Wave


@pytest.fixture
def net() -> Net:
    return Net("GPIO17", RLock())


def test_a_net_nobody_holds_floats_and_reads_low(net: Net) -> None:
    assert net.is_floating
    assert not net.level


def test_a_pull_resistor_gives_the_level_until_someone_drives(net: Net) -> None:
    net.pull("board", True)
    pulled = net.level

    net.drive("button", False)

    assert (pulled, net.level) == (True, False)
    net.drive("button", None)
    assert net.level


def test_a_pull_down_wins_against_a_pull_up(net: Net) -> None:
    net.pull("board", True)
    net.pull("module", False)

    assert not net.level


def test_listeners_hear_changes_only(net: Net) -> None:
    heard: list[bool] = []
    net.watch(heard.append)

    net.drive("host", True)
    net.drive("host", True)
    net.pull("board", True)
    net.drive("host", False)
    net.unwatch(heard.append)
    net.drive("host", True)

    assert heard == [True, False]


def test_unwatching_a_stranger_does_nothing(net: Net) -> None:
    net.unwatch(print)


def test_two_outputs_against_each_other_are_a_conflict_that_is_told_once(
    net: Net, caplog: pytest.LogCaptureFixture
) -> None:
    net.drive("host", True)
    with caplog.at_level(logging.WARNING):
        net.drive("io", False)
        net.drive("io", False)

    assert net.has_conflict
    assert not net.level
    assert net.duty == 0.0
    assert caplog.messages == ["GPIO17 is driven against by host and io"]


def test_two_outputs_that_agree_are_no_conflict(net: Net) -> None:
    net.drive("host", True)
    net.drive("io", True)

    assert net.level
    assert not net.has_conflict


def test_a_wave_has_a_duty_and_the_level_of_its_mean(net: Net) -> None:
    net.drive("host", Wave(100.0, 0.3))
    low = (net.duty, net.level)

    net.drive("host", Wave(100.0, 0.5))

    assert low == (0.3, False)
    assert (net.duty, net.level) == (0.5, True)


def test_a_steady_net_has_duty_nought_or_one(net: Net) -> None:
    before = net.duty
    net.drive("host", True)

    assert (before, net.duty) == (0.0, 1.0)


def test_a_board_has_28_lines_and_those_of_its_expanders() -> None:
    nets = Nets({"io": 16}, RLock())

    assert len(nets.bank("gpio")) == 28
    assert nets.net("gpio", 27).name == "GPIO27"
    assert nets.net("io", 15).name == "io:15"


def test_only_the_i2c_pins_of_the_header_have_pull_ups_of_their_own() -> None:
    nets = Nets({}, RLock())

    assert [line for line, net in enumerate(nets.bank("gpio")) if net.level] == [2, 3]


@pytest.mark.parametrize("line", [28, -1, 1.0, "1", None, True])
def test_a_line_that_is_not_there_is_refused(line: Any) -> None:
    with pytest.raises(InvalidValueError, match=r"line of gpio must be 0\.\.27") as caught:
        Nets({}, RLock()).net("gpio", line)

    assert caught.value.field == "line"


def test_an_unknown_bank_is_refused_with_the_known_ones() -> None:
    with pytest.raises(InvalidValueError, match=r'no pin bank "oi" \(known: gpio, io\)') as caught:
        Nets({"io": 16}, RLock()).net("oi", 0)

    assert caught.value.field == "bank"
