"""Smart meters: a real telegram, and those that are damaged, cut off or endless."""

from __future__ import annotations

import pytest

from tests.support.driving import RecordedContext, driver_of, params_of
from tests.support.virtual import virtual
from wampedge.devices.checksums import crc16_arc
from wampedge.devices.contracts import OnBytes, OnLost
from wampedge_drivers.serial._telegrams import MAX_TELEGRAM, TelegramFinder, values_of
from wampedge_drivers.serial.dsmr import Dsmr

METER = (
    b"/ISk5\\2MT382-1000\r\n\r\n1-3:0.2.8(50)\r\n0-0:1.0.0(170102192002W)\r\n"
    b"0-0:96.1.1(4B384547303034303436333935353037)\r\n1-0:1.8.1(000004.426*kWh)\r\n"
    b"1-0:1.8.2(000002.399*kWh)\r\n1-0:2.8.1(000002.444*kWh)\r\n1-0:2.8.2(000000.000*kWh)\r\n"
    b"0-0:96.14.0(0002)\r\n1-0:1.7.0(00.244*kW)\r\n1-0:2.7.0(00.000*kW)\r\n"
    b"0-0:96.7.21(00013)\r\n0-0:96.7.9(00000)\r\n1-0:99.97.0(0)(0-0:96.7.19)\r\n"
    b"1-0:32.32.0(00000)\r\n1-0:52.32.0(00000)\r\n1-0:72.32.0(00000)\r\n1-0:32.36.0(00000)\r\n"
    b"1-0:52.36.0(00000)\r\n1-0:72.36.0(00000)\r\n0-0:96.13.0()\r\n1-0:32.7.0(0230.0*V)\r\n"
    b"1-0:52.7.0(0230.0*V)\r\n1-0:72.7.0(0229.0*V)\r\n1-0:31.7.0(0.48*A)\r\n"
    b"1-0:51.7.0(0.44*A)\r\n1-0:71.7.0(0.86*A)\r\n1-0:21.7.0(00.070*kW)\r\n"
    b"1-0:41.7.0(00.032*kW)\r\n1-0:61.7.0(00.142*kW)\r\n1-0:22.7.0(00.000*kW)\r\n"
    b"1-0:42.7.0(00.000*kW)\r\n1-0:62.7.0(00.000*kW)\r\n0-1:24.1.0(003)\r\n"
    b"0-1:96.1.0(3232323241424344313233343536373839)\r\n"
    b"0-1:24.2.1(170102161005W)(00000.107*m3)\r\n0-2:24.1.0(003)\r\n0-2:96.1.0()\r\n!"
)
"""What an Iskra MT382 said on 2017-01-02; its checksum is 6EEE."""
TELEGRAM = METER + b"6EEE\r\n"


def small(*lines: str) -> bytes:
    body = ("/X\r\n\r\n" + "".join(f"{line}\r\n" for line in lines) + "!").encode()
    return body + f"{crc16_arc(body):04X}\r\n".encode()


class Port:
    """A serial port whose far end is the test."""

    name = "/dev/ttyUSB0"

    def listen(self, on_bytes: OnBytes, on_lost: OnLost) -> None:
        self.say = on_bytes


async def meter() -> tuple[Dsmr, Port, RecordedContext]:
    context, port = RecordedContext("meter"), Port()
    driver = driver_of(Dsmr, context=context)
    driver.bus = port
    await driver.setup()
    return driver, port, context


def test_the_checksum_is_that_of_the_meter() -> None:
    assert crc16_arc(METER) == 0x6EEE


@virtual
async def test_a_real_telegram_becomes_values() -> None:
    driver, port, context = await meter()

    for at in range(0, len(TELEGRAM), 100):
        port.say(TELEGRAM[at : at + 100])

    assert context.published == [
        {
            "energy_import_t1": 4.426,
            "energy_import_t2": 2.399,
            "energy_export_t1": 2.444,
            "energy_export_t2": 0.0,
            "tariff": 2,
            "power_import": 0.244,
            "power_export": 0.0,
            "power_failures": 13,
            "voltage_l1": 230.0,
            "voltage_l2": 230.0,
            "voltage_l3": 229.0,
            "current_l1": 0.48,
            "current_l2": 0.44,
            "current_l3": 0.86,
            "power_import_l1": 0.07,
            "power_import_l2": 0.032,
            "power_import_l3": 0.142,
            "power_export_l1": 0.0,
            "power_export_l2": 0.0,
            "power_export_l3": 0.0,
            "gas": 0.107,
        }
    ]
    assert driver.counters() == {"telegrams": 1, "damaged": 0, "overlong": 0}


@pytest.mark.parametrize(
    ("before", "damaged"),
    [
        (TELEGRAM.replace(b"00.244", b"00.245"), 1),
        (TELEGRAM[200:], 1),
        (TELEGRAM[:300], 0),
        (b"\xff" * 500, 0),
        (b"\x00/", 0),
    ],
    ids=["one digit wrong", "begun in its middle", "cut off", "noise", "a start in noise"],
)
@virtual
async def test_the_telegram_behind_something_broken_counts(before: bytes, damaged: int) -> None:
    driver, port, context = await meter()

    port.say(before)
    port.say(TELEGRAM)

    assert len(context.published) == 1
    assert driver.counters() == {"telegrams": 1, "damaged": damaged, "overlong": 0}


def test_a_telegram_that_never_ends_costs_no_memory() -> None:
    finder = TelegramFinder()
    for _ in range(20):
        finder.feed(b"/" + b"x" * MAX_TELEGRAM)

    assert finder.overlong >= 19
    assert len(finder.feed(TELEGRAM)) == 1


@pytest.mark.parametrize(
    ("line", "values"),
    [
        ("1-0:32.7.0(230.1*kV)", {}),
        ("1-0:32.7.0(abc*V)", {}),
        ("1-0:32.7.0", {}),
        ("9-9:99.99.99(1)", {}),
        ("0-1:24.2.1(170102161005W)(00000.107*m3)", {}),
    ],
    ids=["another unit", "no number", "no value", "unknown", "no gas meter"],
)
def test_what_is_not_understood_is_left_out(line: str, values: dict[str, float]) -> None:
    (telegram,) = TelegramFinder().feed(small(line, "1-0:1.7.0(01.000*kW)"))

    assert values_of(telegram) == {**values, "power_import": 1.0}


def test_gas_is_that_of_the_channel_with_the_gas_meter() -> None:
    """Type 007 is water."""
    (telegram,) = TelegramFinder().feed(
        small(
            "0-1:24.1.0(007)", "0-1:24.2.1(170102161005W)(00005.000*m3)",
            "0-2:24.1.0(003)", "0-2:24.2.1(170102161005W)(00007.000*m3)",
        )
    )  # fmt: skip

    assert values_of(telegram) == {"gas": 7.0}


def test_the_channels_have_the_units_of_the_meter() -> None:
    channels = Dsmr.channels_for(params_of(Dsmr), {})

    assert channels["power_import"].unit == "kW"
    assert channels["gas"].unit == "m³"
    assert len(channels) == 21
