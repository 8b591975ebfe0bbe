"""An I2C bus that mends itself: each step of the ladder, in its turn."""

from __future__ import annotations

import errno
from collections.abc import Sequence

import pytest

from wampedge.devices.recovery import RecoveringI2cBus
from wampedge.errors import BusError, BusTimeoutError
from wampedge_simulator.clock import SteppedClock


class Wire:
    """A bus that fails while it is told to, and keeps what was done to it."""

    name = "/dev/i2c-1"

    def __init__(self) -> None:
        self.error: BusError | None = None
        self.steps: list[str] = []

    def transfer(self, address: int, messages: Sequence[bytes | int]) -> list[bytes]:
        self.steps.append("transfer")
        if self.error is not None:
            raise self.error
        return []

    def close(self) -> None:
        self.steps.append("close")

    def clear(self) -> str | None:
        self.steps.append("clear")
        return None


HELD = BusError("the transfer failed", errno=errno.EIO)
SILENT = BusError("no acknowledge", errno=errno.EREMOTEIO)


class Rig:
    def __init__(self, after_errors: int = 3) -> None:
        self.wire, self.clock = Wire(), SteppedClock()
        self.bus = RecoveringI2cBus(
            "i2c1", self.wire, self.clock, after_errors=after_errors, clear=self.wire.clear
        )

    def fail(self, times: int, error: BusError = HELD, address: int = 0x40) -> None:
        self.wire.error = error
        for _ in range(times):
            with pytest.raises(BusError):
                self.bus.transfer(address, [1])

    def work(self) -> None:
        self.wire.error = None
        self.bus.transfer(0x40, [1])


def test_failures_below_the_limit_are_only_told() -> None:
    rig = Rig()

    rig.fail(2)

    assert rig.wire.steps == ["transfer"] * 2
    assert rig.bus.health()["state"] == "ok"


def test_the_bus_is_opened_again_then_cleared_then_given_up() -> None:
    rig = Rig()

    rig.fail(5)

    assert rig.wire.steps == [
        "transfer", "transfer",
        "transfer", "close",
        "transfer", "clear", "close",
        "transfer",
    ]  # fmt: skip
    assert rig.bus.health()["state"] == "down"
    assert rig.bus.counts["reopened"] == 2
    assert rig.bus.counts["cleared"] == 1


def test_a_bus_that_is_down_is_not_touched_until_its_probe() -> None:
    rig = Rig()
    rig.fail(5)
    rig.wire.steps.clear()

    with pytest.raises(BusError, match=r"is down .* tried again in 1 s"):
        rig.bus.transfer(0x40, [1])
    assert rig.wire.steps == []
    rig.clock.spend(1.0)
    rig.fail(1)
    assert rig.wire.steps == ["clear", "close", "transfer"]


def test_probes_get_rarer_up_to_one_a_minute() -> None:
    rig = Rig()
    rig.fail(5)
    probes = []
    for second in range(1, 260):
        rig.clock.spend(1.0)
        rig.wire.steps.clear()
        with pytest.raises(BusError):
            rig.bus.transfer(0x40, [1])
        if rig.wire.steps:
            probes.append(second)

    assert probes == [1, 3, 7, 15, 31, 63, 123, 183, 243]


def test_a_probe_that_works_brings_the_bus_back_and_the_ladder_begins_anew() -> None:
    rig = Rig()
    rig.fail(5)
    rig.clock.spend(1.0)

    rig.work()

    assert rig.bus.health()["state"] == "ok"
    assert "reason" not in rig.bus.health()
    rig.wire.steps.clear()
    rig.fail(2)
    assert rig.wire.steps == ["transfer"] * 2


def test_one_part_that_is_not_there_says_nothing_against_the_bus() -> None:
    rig = Rig()

    rig.fail(100, SILENT)

    assert "close" not in rig.wire.steps


def test_several_silent_parts_in_a_row_do() -> None:
    rig = Rig()

    rig.fail(1, SILENT, 0x40)
    rig.fail(3, SILENT, 0x41)

    assert rig.wire.steps[-1] == "close"


def test_timeouts_are_counted_apart_and_resets_are_told() -> None:
    rig = Rig()
    told: list[str] = []
    rig.bus.on_reset = lambda: told.append("reset")

    rig.fail(3, BusTimeoutError("no answer in time", errno=errno.ETIMEDOUT))

    assert (rig.bus.counts["timeouts"], rig.bus.counts["errors"]) == (3, 3)
    assert told == ["reset"]


def test_what_could_not_be_done_is_logged_and_not_counted(
    caplog: pytest.LogCaptureFixture,
) -> None:
    wire = Wire()
    wire.error = HELD
    bus = RecoveringI2cBus(
        "i2c1", wire, SteppedClock(), after_errors=1, clear=lambda: "pinctrl is not installed"
    )

    for _ in range(2):
        with pytest.raises(BusError):
            bus.transfer(0x40, [1])

    assert bus.counts["cleared"] == 0
    assert "its lines cannot be cleared: pinctrl is not installed" in caplog.text
