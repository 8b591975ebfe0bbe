"""MFRC522 in a node on its simulated part: tags that come and go, two at once, faults, silence."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.site.rig import RunningSite, config_of, on_site
from tests.support.driving import RecordedContext, params_of
from tests.support.virtual import virtual
from wampedge.devices.contracts import SpiSettings
from wampedge.devices.spi import SpiDevice
from wampedge.errors import ApplicationError, BadReadingError, WrongChipError
from wampedge_drivers.spi.mfrc522 import MFRC522

GATE = """
wampedge = 1
node.name = "n"
[buses.spi]
type = "spi"
[devices.gate]
driver = "mfrc522"
bus = "spi"
reset = 25
leave_after = "0s"
"""


def at_the_gate(tmp_path: Path, act: Any) -> None:
    on_site(config_of(tmp_path, GATE), act)


def test_events_say_which_tag_came_and_which_left(tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        heard: list[Any] = []

        def note(event: str, **keywords: Any) -> None:
            heard.append((event, keywords["tag"]))

        await site.client.subscribe("edge.n.gate.event", note)
        for tag in ("04A224B2C15780", "DEADBEEF", None):
            site.simulator.set("gate", "tag", tag)
            await asyncio.sleep(1.0)

        assert heard == [
            ("arrived", "04A224B2C15780"),
            ("left", "04A224B2C15780"),
            ("arrived", "DEADBEEF"),
            ("left", "DEADBEEF"),
        ]
        assert site.simulator.pin_level("gpio", 25)

    at_the_gate(tmp_path, act)


def test_of_two_tags_one_is_told_and_the_other_when_it_is_gone(tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        site.simulator.set("gate", "tag", "01020304 05020304 04A224B2C15780")
        await asyncio.sleep(1.0)
        assert await site.call("gate.tag.get") == "05020304"
        site.simulator.set("gate", "tag", "01020304 0102030C")
        await asyncio.sleep(1.0)
        assert await site.call("gate.tag.get") == "0102030C"

    at_the_gate(tmp_path, act)


def test_a_wrong_check_byte_is_counted_and_is_never_a_tag(tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        site.simulator.fault("gate", "bad_bcc", None)
        site.simulator.set("gate", "tag", "DEADBEEF")
        await asyncio.sleep(2.0)
        assert await site.call("gate.tag.get") is None
        assert (await site.call("gate.health"))["garbled"] >= 4
        site.simulator.clear("gate")
        await asyncio.sleep(1.0)
        assert await site.call("gate.tag.get") == "DEADBEEF"

    at_the_gate(tmp_path, act)


def test_a_frame_that_is_lost_is_asked_for_again(tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        site.simulator.set("gate", "tag", "DEADBEEF")
        await asyncio.sleep(1.0)
        heard: list[str] = []
        await site.client.subscribe("edge.n.gate.event", lambda event, **_: heard.append(event))
        for _ in range(5):
            site.simulator.fault("gate", "weak", 1)
            await asyncio.sleep(1.0)
        assert heard == []

    at_the_gate(tmp_path, act)


@pytest.mark.parametrize("fault", ["absent", "miso_low", "miso_high"])
def test_a_reader_that_is_gone_is_no_gate_without_tags(tmp_path: Path, fault: str) -> None:
    async def act(site: RunningSite) -> None:
        site.simulator.set("gate", "tag", "DEADBEEF")
        await asyncio.sleep(1.0)
        site.simulator.fault("gate", fault, None)
        with pytest.raises(ApplicationError) as caught:
            await site.call("gate.tag.get", fresh=True)
        assert "reset" in str(caught.value) or "nobody drives MISO" in str(caught.value)
        site.simulator.clear("gate")
        await asyncio.sleep(30.0)
        assert await site.call("gate.tag.get") == "DEADBEEF"

    at_the_gate(tmp_path, act)


def test_a_reader_that_was_reset_is_set_up_again(tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        site.simulator.fault("gate", "brown_out", 1)
        assert site.simulator.part("gate").transfer(b"\xa8\x00")[1] == 0x80  # field off
        await asyncio.sleep(5.0)
        assert site.simulator.part("gate").transfer(b"\xa8\x00")[1] == 0x83
        site.simulator.set("gate", "tag", "DEADBEEF")
        await asyncio.sleep(1.0)
        assert await site.call("gate.tag.get") == "DEADBEEF"

    at_the_gate(tmp_path, act)


class Held:
    """A bus whose MISO is held; or a chip of another kind."""

    name = "/dev/spidev0"

    def __init__(self, level: int) -> None:
        self.level = level
        self.sent: list[str] = []

    def transfer(self, settings: SpiSettings, data: bytes) -> bytes:
        self.sent.append(data.hex())
        return bytes((self.level,)) * len(data)

    def close(self) -> None:
        pass


@pytest.mark.parametrize("level", [0x00, 0xFF, 0x11])
@virtual
async def test_what_does_not_say_its_version_is_not_set_up(level: int) -> None:
    bus = Held(level)
    driver = MFRC522(RecordedContext(), params_of(MFRC522, {}), SpiDevice(bus, SpiSettings()))

    with pytest.raises(WrongChipError, match=f"0x{level:02x}"):
        await driver.setup()
    assert bus.sent == ["020f", "ee00"]  # CommandReg: soft reset; VersionReg
    with pytest.raises(BadReadingError):
        await driver.read()
