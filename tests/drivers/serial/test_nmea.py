"""Satellite receivers: the classic sentences, no fix, and noise."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.driving import RecordedContext, driver_of, params_of
from tests.support.virtual import virtual
from wampedge.devices.contracts import OnBytes, OnLost
from wampedge_drivers.serial._sentences import checked_fields, values_of
from wampedge_drivers.serial.nmea import Nmea

GGA = b"$GPGGA,123519,4807.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,*47\r\n"
"""The classic line; PARTS.md: its checksum is 47."""
RMC = b"$GPRMC,123519,A,4807.038,N,01131.000,E,022.4,084.4,230394,003.1,W*6A\r\n"
GSA = b"$GPGSA,A,3,04,05,,09,12,,,24,,,,,2.5,1.3,2.1*39\r\n"
VTG = b"$GPVTG,054.7,T,034.4,M,005.5,N,010.2,K*48\r\n"


class Port:
    """A serial port whose far end is the test."""

    name = "/dev/ttyACM0"

    def listen(self, on_bytes: OnBytes, on_lost: OnLost) -> None:
        self.say = on_bytes


async def receiver(**given: Any) -> tuple[Nmea, Port, RecordedContext]:
    context, port = RecordedContext("gps"), Port()
    driver = driver_of(Nmea, context=context, **given)
    driver.bus = port
    await driver.setup()
    return driver, port, context


def sentence(text: str) -> bytes:
    check = 0
    for byte in text.encode():
        check ^= byte
    return f"${text}*{check:02x}\r\n".encode()


@virtual
async def test_the_classic_position() -> None:
    _, port, context = await receiver()

    port.say(GGA[:30])
    port.say(GGA[30:])

    assert context.published == [
        {
            "latitude": 48.1173,
            "longitude": 11.5166667,
            "altitude": 545.4,
            "fix": 1,
            "satellites": 8,
            "hdop": 0.9,
        }
    ]


@virtual
async def test_speed_course_and_time_of_rmc() -> None:
    """22.4 knots are 11.524 m/s; 1994-03-23 12:35:19 UTC is 764426119."""
    _, port, context = await receiver()

    port.say(RMC)

    assert context.published[0]["speed"] == pytest.approx(11.524, abs=5e-4)
    assert context.published[0]["course"] == 84.4
    assert context.published[0]["time"] == 764426119.0


@virtual
async def test_other_sentences_count_only_where_they_are_asked_for() -> None:
    driver, port, context = await receiver(sentences=["GSA", "VTG"])

    port.say(GGA + RMC + GSA + VTG)

    assert context.published == [{"mode": 3, "hdop": 1.3}, {"speed": 2.833, "course": 54.7}]
    assert driver.counters() == {"sentences": 2, "damaged": 0}


@virtual
async def test_without_a_fix_there_is_no_position_and_never_zero() -> None:
    _, port, context = await receiver()

    port.say(sentence("GNGGA,123519,0000.000,N,00000.000,E,0,00,99.9,,M,,M,,"))
    port.say(sentence("GNRMC,123519,V,,,,,,,230394,,,N"))

    assert context.published == [{"fix": 0, "satellites": 0}]
    assert context.gone[0] == (["latitude", "longitude", "altitude", "hdop"], "no fix")
    assert context.gone[1] == (["latitude", "longitude", "speed", "course", "time"], "no fix")


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (GGA.replace(b"*47", b"*46"), "wrong checksum"),
        (GGA.replace(b"*47", b""), "no checksum"),
        (b"\xff\xfe\x00garbage\r\n", "noise"),
        (GGA[:20] + b"\r\n", "half a sentence"),
        (sentence("GPGGA,123519,9907.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,"), "99 degrees"),
        (sentence("GPGGA,123519,4877.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,"), "77 minutes"),
        (sentence("GPGGA,123519,4807.038,N,01131.000,E,x,08,0.9,545.4,M,46.9,M,,"), "a fix of x"),
        (sentence("GPGGA,123519,4807.038,N,01131.000,E,1,08,nan,545.4,M,46.9,M,,"), "not a number"),
    ],
)
@virtual
async def test_what_is_no_sentence_is_counted_and_left(line: bytes, why: str) -> None:
    driver, port, context = await receiver()

    port.say(line + GGA)

    assert len(context.published) == 1, why
    assert driver.counters() == {"sentences": 1, "damaged": 1}


@virtual
async def test_ten_kilobytes_without_a_line_end_are_one_damaged_line() -> None:
    driver, port, context = await receiver()

    for _ in range(10):
        port.say(b"\x00" * 1024)
    port.say(b"\r\n" + GGA)

    assert driver.counters() == {"sentences": 1, "damaged": 1}
    assert len(context.published) == 1


def test_south_and_west_are_below_zero() -> None:
    fields = checked_fields(sentence("GPGGA,1,3351.500,S,15112.000,W,2,9,1,5,M,,,,"))
    assert fields is not None

    values = values_of(fields)

    assert values is not None
    assert (values["latitude"], values["longitude"]) == (-33.8583333, -151.2)


def test_the_channels_are_those_the_sentences_tell() -> None:
    only_gsa = Nmea.channels_for(params_of(Nmea, {"sentences": ["GSA"]}), {})
    usual = Nmea.channels_for(params_of(Nmea), {})

    assert list(only_gsa) == ["mode", "hdop"]
    assert "mode" not in usual
    assert usual["speed"].unit == "m/s"
