"""BNO08x: fixed point, angles, features, resets, and reports that fail to come."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pytest

from tests.support.driving import driver_of
from tests.support.on_chip import on_chip
from tests.support.virtual import virtual
from wampedge.devices.registermap.vectors import RecordedBus
from wampedge.errors import BadReadingError, BusError, WrongChipError
from wampedge_drivers.i2c.bno08x import BNO08X, angles_of, numbers_in, reports_in


@pytest.mark.parametrize(
    ("quaternion", "angles"),
    [
        ((1, 0, 0, 0), (0, 0, 0)),
        ((math.sqrt(0.5), 0, 0, math.sqrt(0.5)), (270, 0, 0)),  # 90° against the clock
        ((math.sqrt(0.5), 0, 0, -math.sqrt(0.5)), (90, 0, 0)),
        ((math.sqrt(0.5), math.sqrt(0.5), 0, 0), (0, 0, 90)),
        ((0.965926, 0, 0.258819, 0), (0, 30, 0)),  # cos and sin of 15°
        ((-0.965926, 0, -0.258819, 0), (0, 30, 0)),  # the same turn
        ((0, 0, 0, 1), (180, 0, 0)),
        ((0.5, 0.5, 0.5, 0.5), (270, 0, 90)),  # x to y, y to z: a third of a turn about (1 1 1)
    ],
)
def test_a_quaternion_is_heading_pitch_and_roll(
    quaternion: tuple[float, float, float, float], angles: tuple[float, float, float]
) -> None:
    assert angles_of(*quaternion) == pytest.approx(angles, abs=1e-3)


def test_reports_are_numbers_in_fixed_point() -> None:
    """An accelerometer report of -1, 0.5 and 9.80665 m/s² in Q8, behind a time of 5 bytes."""
    payload = bytes.fromhex("fb11000000 01 2a 02 00 00ff 8000 cf09")

    reports = reports_in(payload)

    assert sorted(reports) == [0x01, 0xFB]
    assert numbers_in(reports[0x01], 3) == [-256, 128, 2511]  # 2511 / 256 = 9.80859


def test_what_is_behind_an_unknown_report_is_left_alone() -> None:
    assert list(reports_in(bytes.fromhex("fb11000000 77 01 2a 02 00 00ff 8000 cf09"))) == [0xFB]


def test_half_a_report_is_none() -> None:
    assert reports_in(bytes.fromhex("01 2a 02 00 00ff 8000 cf")) == {}


@virtual
async def test_orientation_acceleration_and_rotation_are_read() -> None:
    with on_chip(BNO08X) as (driver, _, board):
        await driver.setup()
        for channel, value in {
            "heading": 90.0, "pitch": 0.0, "roll": 0.0,
            "acceleration_x": -1.0, "acceleration_y": 0.5, "acceleration_z": 9.8125,
            "rotation_x": 0.0, "rotation_y": 57.29578, "rotation_z": -57.29578,
        }.items():  # fmt: skip
            board.set("part", channel, value)

        found = await driver.read()

    # sin 45° · 16384 = 11585.2, and 11585 / 16384 = 0.707092
    assert found["quaternion_z"] == pytest.approx(-0.707092, abs=1e-6)
    assert found["quaternion_w"] == pytest.approx(0.707092, abs=1e-6)
    assert (found["quaternion_x"], found["quaternion_y"]) == (0, 0)
    assert found["heading"] == pytest.approx(90, abs=1e-3)
    assert (found["pitch"], found["roll"]) == (0, 0)
    assert found["accuracy"] == 3
    assert [found[f"acceleration_{axis}"] for axis in "xyz"] == [-1.0, 0.5, 9.8125]
    assert [found[f"rotation_{axis}"] for axis in "xyz"] == pytest.approx([0, 57.29578, -57.29578])


@pytest.mark.parametrize(("mode", "report"), [("compass", 0x05), ("game", 0x08)])
@virtual
async def test_the_mode_says_which_rotation_is_on(mode: str, report: int) -> None:
    with on_chip(BNO08X, mode=mode, interval="20ms") as (driver, part, board):
        await driver.setup()
        board.set("part", "heading", 123.0)

        assert (await driver.read())["heading"] is not None
        assert part.features == {0x01: 20_000, 0x02: 20_000, report: 20_000}
        assert part.host_number_errors == 0


@virtual
async def test_a_read_is_newer_than_the_call() -> None:
    """What piled up in a minute is thrown away."""
    with on_chip(BNO08X) as (driver, _, board):
        await driver.setup()
        board.set("part", "roll", -120.0)
        await driver.read()
        await driver.sleep(60)
        board.set("part", "roll", 45.0)

        assert (await driver.read())["roll"] == pytest.approx(45.0, abs=0.02)
        assert driver.counters() == {"lost_transfers": 0}


@virtual
async def test_a_lost_report_is_counted_and_the_next_one_taken() -> None:
    with on_chip(BNO08X) as (driver, _, board):
        await driver.setup()
        await driver.read()
        board.fault("part", "lost_report")

        assert (await driver.read())["heading"] is not None
        assert driver.counters() == {"lost_transfers": 1}


@virtual
async def test_a_hub_that_was_reset_is_an_error_and_set_up_again() -> None:
    with on_chip(BNO08X) as (driver, part, board):
        await driver.setup()
        board.fault("part", "brown_out")
        with pytest.raises(BusError):  # it boots
            await driver.read()
        await driver.sleep(0.1)
        with pytest.raises(BadReadingError, match="the hub was reset"):
            await driver.read()
        assert part.features == {}

        await driver.setup()

        assert (await driver.read())["heading"] is not None


@virtual
async def test_a_hub_that_stalls_is_an_error_and_works_after_the_set_up() -> None:
    with on_chip(BNO08X) as (driver, _, board):
        await driver.setup()
        board.fault("part", "stall")
        with pytest.raises(BadReadingError, match="no report of the accelerometer, the gyroscope"):
            await driver.read()

        await driver.setup()

        assert (await driver.read())["heading"] is not None


@virtual
async def test_without_fusion_there_are_no_angles() -> None:
    with on_chip(BNO08X) as (driver, _, board):
        await driver.setup()
        board.fault("part", "no_fusion", None)

        found = await driver.read()

    assert (found["heading"], found["pitch"], found["quaternion_w"]) == (None, None, None)
    assert found["acceleration_z"] is not None


@virtual
async def test_the_hub_rests_when_the_device_is_given_up() -> None:
    with on_chip(BNO08X) as (driver, part, _):
        await driver.setup()

        await driver.safe()

        assert part.features == {}


@virtual
async def test_a_report_that_is_refused_is_an_error() -> None:
    with on_chip(BNO08X) as (driver, _, board):
        board.fault("part", "refused")

        with pytest.raises(BadReadingError, match="does not switch the accelerometer on"):
            await driver.setup()
        await driver.setup()

        assert (await driver.read())["heading"] is not None


class OnlyReset:
    """A bus with a hub that says for ever that it was reset."""

    name = "recorded"

    def __init__(self) -> None:
        self.sent: list[str] = []

    def transfer(self, address: int, messages: Sequence[bytes | int]) -> list[bytes]:
        (message,) = messages
        if isinstance(message, int):
            return [bytes.fromhex("0500010001").ljust(message, b"\x00")]
        self.sent.append(message.hex())
        return []

    def close(self) -> None:
        """Do nothing."""


@virtual
async def test_a_hub_without_product_id_is_the_wrong_chip() -> None:
    bus = OnlyReset()

    with pytest.raises(WrongChipError, match="tells its product id"):
        await driver_of(BNO08X, bus=bus).setup()
    assert bus.sent == ["0500010001", "06000200f900"]


@virtual
async def test_something_else_at_the_address_is_left_alone() -> None:
    """An ADS1115 can have the address, too; a reset of the hub would set its registers."""
    bus = RecordedBus([(b"", b"\x7f\xff" + b"\xff" * 46)])

    with pytest.raises(BadReadingError, match="is no header"):
        await driver_of(BNO08X, bus=bus).setup()
    assert bus.writes == []
