"""Device files with formats other than 8N1, with instruments that agree and that do not."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.site.rig import RunningSite, config_of, on_site

METER = """\
wampedge = 1
[node]
name = "n1"
[buses.p1]
type = "serial"
port = "/dev/ttyUSB0"
baud = 9600
bits = 7
parity = "E"
[devices.meter]
driver = "dsmr"
bus = "p1"
stale_after = "10s"
"""

LINE = """\
wampedge = 1
[node]
name = "n1"
[buses.rs485]
type = "modbus_rtu"
port = "/dev/ttyUSB0"
baud = 19200
parity = "E"
[devices.power]
driver = "sdm120"
bus = "rs485"
unit_id = 1
"""


async def value_of(site: RunningSite, device: str, channel: str) -> object:
    """Return what the node has of a channel half a minute later."""
    await asyncio.sleep(30.0)
    runner = site.runner(device)
    return runner.reading_of(runner.config.channels[channel]).value


def measured(folder: Path, text: str, connected: str, device: str, channel: str) -> object:
    """Run the device file *text* on what *connected* says is there."""
    (folder / "wired").mkdir()
    config, wired = config_of(folder, text), config_of(folder / "wired", connected)

    async def act(site: RunningSite) -> object:
        site.board.set(device, channel, 231.5)
        return await value_of(site, device, channel)

    return on_site(config, act, wired=wired)


def test_a_meter_with_seven_bits_and_even_parity_is_read(tmp_path: Path) -> None:
    assert measured(tmp_path, METER, METER, "meter", "voltage_l1") == 231.5


@pytest.mark.parametrize(
    ("was", "given"), [('bits = 7\nparity = "E"\n', ""), ("9600", "19200"), ("9600", "2400")]
)
def test_a_meter_of_another_format_is_not_understood(was: str, given: str, tmp_path: Path) -> None:
    text = METER.replace(was, given)

    assert measured(tmp_path, text, METER, "meter", "voltage_l1") is None


def test_a_line_with_even_parity_is_read(tmp_path: Path) -> None:
    assert measured(tmp_path, LINE, LINE, "power", "voltage") == 231.5


@pytest.mark.parametrize(("was", "given"), [("E", "N"), ("E", "O"), ("19200", "9600")])
def test_units_of_another_format_do_not_answer(was: str, given: str, tmp_path: Path) -> None:
    text = LINE.replace(was, given) if was != "E" else LINE.replace('"E"', f'"{given}"')

    assert measured(tmp_path, text, LINE, "power", "voltage") is None
