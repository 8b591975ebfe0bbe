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


def findings_of(nets: Nets) -> list[tuple[str, str]]:
    return [(finding.kind, finding.place) for finding in nets.findings.all()]


@pytest.fixture
def nets() -> Nets:
    return Nets({"io": 8}, RLock())


def test_two_outputs_on_one_net_are_a_finding_even_while_they_agree(nets: Nets) -> None:
    nets.net("gpio", 17).drive("host", True)
    nets.net("gpio", 17).drive("sensor", True)

    assert findings_of(nets) == [("two_outputs", "GPIO17")]
    assert nets.findings.all()[0].text == "GPIO17 is an output of host and sensor at the same time"


def test_outputs_against_each_other_are_a_finding_of_their_own(nets: Nets) -> None:
    nets.net("gpio", 17).drive("host", True)
    nets.net("gpio", 17).drive("sensor", False)

    assert findings_of(nets) == [("conflict", "GPIO17")]


def test_contacts_and_open_drains_share_a_net(nets: Nets) -> None:
    net = nets.net("gpio", 17)
    net.pull("gpio", True)
    net.drive("bell", False, is_open=True)
    net.drive("alarm", False, is_open=True)
    net.drive("bell", None, is_open=True)

    assert findings_of(nets) == []


def test_a_contact_without_a_resistor_is_a_finding_once_somebody_looks(nets: Nets) -> None:
    net = nets.net("gpio", 17)
    net.drive("bell", False, is_open=True)
    net.drive("bell", None, is_open=True)
    before = findings_of(nets)

    net.watch(lambda _level: None)
    net.drive("bell", False, is_open=True)
    net.drive("bell", None, is_open=True)

    assert before == []
    assert findings_of(nets) == [("no_pull", "GPIO17")]


def test_reading_what_floats_is_a_finding_that_is_logged_once(
    nets: Nets, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        levels = [nets.net("io", 3).read() for _ in range(3)]

    assert levels == [False, False, False]
    assert findings_of(nets) == [("floating", "io:3")]
    assert caplog.messages == ["io:3 is read as an input, and nothing gives it a level"]


def test_a_net_with_a_resistor_is_read_without_a_finding(nets: Nets) -> None:
    assert nets.net("gpio", 2).read()
    assert findings_of(nets) == []


def test_a_change_of_the_duty_is_told_though_the_level_stays(net: Net) -> None:
    told: list[float] = []
    net.watch_signal(lambda: told.append(net.duty))

    net.drive("host", Wave(100.0, 0.6))
    net.drive("host", Wave(100.0, 0.8))
    net.drive("host", Wave(100.0, 0.8))
    net.drive("host", None)

    assert told == [0.6, 0.8, 0.0]
