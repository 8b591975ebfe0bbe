"""P40 for every driver that ships: no wrong argument of any procedure reaches a bus or a pin.

The rigs are those of the round trips; what a procedure takes is what ``sys.describe`` says, and
every procedure that the node has registered must be described there.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.drivers.test_round_trips import file_of
from tests.site.rig import RunningSite, config_of, on_site
from tests.support.bad_calls import bad_calls, procedures_of
from wampedge.devices.catalog import driver_names
from wampedge.errors import ApplicationError
from wampedge.hardware.modbus import RtuLine
from wampedge.hardware.serial import PyserialPort
from wampedge_simulator.i2c.bus import SimulatedI2cBus
from wampedge_simulator.spi.bus import SimulatedSpiBus

DOORS = (
    (SimulatedI2cBus, "transfer"),
    (SimulatedSpiBus, "transfer"),
    (RtuLine, "exchange"),
    (PyserialPort, "write"),
)
"""What everything on its way to a part goes through."""


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What went over any bus."""
    seen: list[Any] = []
    for owner, name in DOORS:
        monkeypatch.setattr(owner, name, recorded(getattr(owner, name), seen))
    return seen


def recorded(door: Any, seen: list[Any]) -> Any:
    """Return *door*, which notes each time it is used."""

    def noted(*args: Any, **kwargs: Any) -> Any:
        seen.append(args[1:])
        return door(*args, **kwargs)

    return noted


WRITTEN = """\
wampedge = 1
node.name = "n"
[buses.bus]
type = "modbus_rtu"
port = "/dev/ttyUSB0"
[devices.part]
driver = "modbus"
bus = "bus"
unit_id = 1
[devices.part.channels]
valve = { coil = 3, write = true }
speed = { holding = 0, write = true, range = [5, 50], unit = "Hz" }
level = { holding = 1, type = "f32", write = true }
alarm = { holding = 3, type = "bit", bit = 4, write = true }
name = { holding = 4, type = "string", size = 4, write = true }
"""
LIMITED = """\
wampedge = 1
node.name = "n"
[devices.part]
driver = "pwm"
pin = 18
channels.duty.range = [-10, 50]
"""
FILES = {driver: file_of(driver) for driver in driver_names()}
FILES |= {"modbus that is written": WRITTEN, "pwm within limits": LIMITED}


@pytest.mark.parametrize("file", FILES.values(), ids=FILES)
def test_no_wrong_argument_reaches_the_part(file: str, sent: list[Any], tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        described = procedures_of(await site.call("sys.describe"))
        own = {uri: takes for uri, takes in described.items() if uri.startswith("edge.n.part.")}
        table = site.node.site._procedures_by_device["part"]
        assert set(own) == set(table), "what is registered and what is described differ"
        edges = [site.edges("gpio", line) for line in range(28)]
        sent.clear()
        for uri, arguments in own.items():
            for args, kwargs, field in bad_calls(arguments):
                with pytest.raises(ApplicationError) as caught:
                    await site.client.call(uri, *args, **kwargs)
                error = caught.value
                case = f"{uri} {args!r:.80} {kwargs!r:.80}: {error}"
                assert error.uri == "wamp.error.invalid_argument", case
                assert error.keywords["field"] == field, case
                assert len(str(error)) < 500, case
        assert sent == []
        assert not any(edges)

    on_site(config_of(tmp_path, file), act)


def test_a_range_of_the_file_limits_what_can_be_set(sent: list[Any], tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        assert await site.call("part.speed.set", 50) == 50
        sent.clear()
        for value in (50.5, 4):
            with pytest.raises(ApplicationError, match=r"outside the range 5 to 50 Hz") as caught:
                await site.call("part.speed.set", value)
            assert caught.value.keywords["field"] == "value"
        assert sent == []
        assert (await site.call("part.speed.get", fresh=True)) == 50

    on_site(config_of(tmp_path, WRITTEN), act)


def test_the_record_of_what_is_sent_sees_a_good_order(sent: list[Any], tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        sent.clear()
        await site.call("part.voltage.set", 1.0)
        assert sent

    on_site(config_of(tmp_path, file_of("mcp4725")), act)
