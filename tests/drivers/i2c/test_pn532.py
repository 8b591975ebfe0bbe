"""PN532 on both wires: frames of its user manual and AN10609, polling, faults, absence."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.site.rig import RunningSite, config_of, on_site
from tests.support.driving import driver_of
from tests.support.virtual import virtual
from wampedge.errors import ApplicationError, BadReadingError, BusError, WrongChipError
from wampedge_drivers.i2c._pn532 import decode_frame, encode_frame
from wampedge_drivers.i2c.pn532 import PN532

ACK = "0000ff00ff00"
FIRMWARE, MODE, TRIES, LIST = "02", "1401", "3205ff0102", "4a0100"
SENT = {
    FIRMWARE: "0000ff02fed4022a00",  # AN10609, page 10
    MODE: "0000ff03fdd414011700",
    LIST: "0000ff04fcd44a0100e100",
}
SAID = {FIRMWARE: "0000ff06fad50332010607e800", MODE: "0000ff02fed5151600"}
ONE_TAG = "0000ff0cf4d54b010100040804deadbeef9600"
"""Sum d5+4b+01+01+00+04+08+04+de+ad+be+ef = 0x46a, so the checksum is 0x96."""


@pytest.mark.parametrize(("command", "frame"), SENT.items())
def test_commands_are_framed_as_the_application_note_has_them(command: str, frame: str) -> None:
    assert encode_frame(bytes.fromhex(command)).hex() == frame


@pytest.mark.parametrize(
    ("command", "frame", "answer"),
    [(FIRMWARE, SAID[FIRMWARE], "32010607"), (MODE, SAID[MODE], "")],
)
def test_answers_are_taken_out_of_their_frames(command: str, frame: str, answer: str) -> None:
    received = bytes.fromhex(frame + "0000")
    assert decode_frame(received, bytes.fromhex(command)).hex() == answer


@pytest.mark.parametrize(
    ("frame", "why"),
    [
        ("", "no good frame"),
        ("00" * 20, "no good frame"),
        ("ff" * 20, "no good frame"),
        ("0000ff06fbd50332010607e800", "no good frame"),
        ("0000ff06fad503320106", "no good frame"),
        ("0000ff06fad50332010608e800", "checksum"),
        ("0000ff01ff7f8100", "does not understand"),
        (SAID[MODE], "no answer to command 0x02"),
        (SENT[FIRMWARE], "no answer to command 0x02"),
    ],
)
def test_a_frame_that_is_damaged_or_another_is_no_answer(frame: str, why: str) -> None:
    with pytest.raises(BadReadingError, match=why):
        decode_frame(bytes.fromhex(frame), b"\x02")


class Chip:
    """Answers what it is told to, each frame after two looks that find nothing."""

    name = "/dev/i2c-1"

    def __init__(self, *frames: str, nacks: int = 0) -> None:
        self.frames = [bytes.fromhex(frame) for frame in frames]
        self.sent: list[str] = []
        self.looks = 0
        self.nacks = nacks

    def transfer(self, address: int, messages: Sequence[bytes | int]) -> list[bytes]:
        (message,) = messages
        if isinstance(message, bytes):
            if self.nacks:
                self.nacks -= 1
                raise BusError("no acknowledge", errno=121)
            self.sent.append(message.hex())
            return []
        self.looks += 1
        if message == 1:
            return [b"\x01" if self.looks % 3 == 0 and self.frames else b"\x00"]
        self.looks = 0
        return [(b"\x01" + self.frames.pop(0)).ljust(message, b"\x00")]

    def close(self) -> None:
        pass


@virtual
async def test_the_chip_is_woken_and_told_not_to_look_for_ever() -> None:
    chip = Chip(ACK, SAID[FIRMWARE], ACK, SAID[MODE], ACK, "0000ff02fed533f800", nacks=1)

    await driver_of(PN532, bus=chip).setup()

    assert chip.sent == [ACK, SENT[FIRMWARE], SENT[MODE], "0000ff06fad43205ff0102f300"]
    assert chip.frames == []


@virtual
async def test_the_uid_is_in_the_list_of_targets() -> None:
    chip = Chip(ACK, ONE_TAG, ACK, "0000ff03fdd54b00e000")
    driver = driver_of(PN532, bus=chip, leave_after="0s")

    assert await driver.read() == {"tag": "DEADBEEF"}
    assert await driver.read() == {"tag": None}
    assert chip.sent == [SENT[LIST]] * 2


@pytest.mark.parametrize(
    ("frames", "why"),
    [
        ((), "nothing came within"),
        ((ACK,), "nothing came within"),
        (("00" * 6,), "in place of an acknowledge"),
        ((ACK, ONE_TAG[:-4] + "9300"), "checksum"),
        ((ACK, "0000ff05fbd54b010100de00"), "has no UID"),
        ((ACK, "0000ff08f8d54b010100040802d000"), "has no UID"),
    ],
)
@virtual
async def test_what_is_no_list_of_targets_is_no_tag(frames: tuple[str, ...], why: str) -> None:
    with pytest.raises(BadReadingError, match=why):
        await driver_of(PN532, bus=Chip(*frames)).read()


@virtual
async def test_another_chip_is_refused() -> None:
    with pytest.raises(WrongChipError, match="begins with 32"):
        await driver_of(PN532, bus=Chip(ACK, "0000ff06fad50333010607e700")).setup()


HEAD = 'wampedge = 1\nnode.name = "n"\n'
ON_I2C = HEAD + (
    '[buses.i2c1]\ntype = "i2c"\nbus = 1\n'
    '[devices.gate]\ndriver = "pn532"\nbus = "i2c1"\nleave_after = "0s"\n'
)
ON_SERIAL = HEAD + (
    '[buses.port]\ntype = "serial"\nport = "/dev/ttyS0"\nbaud = 115200\n'
    '[devices.gate]\ndriver = "pn532_uart"\nbus = "port"\nleave_after = "0s"\n'
)


@pytest.mark.parametrize("text", [ON_I2C, ON_SERIAL], ids=["i2c", "serial"])
@pytest.mark.parametrize("fault", ["bad_checksum", "silent", "brown_out"])
def test_a_fault_is_told_and_over_when_it_is_over(tmp_path: Path, text: str, fault: str) -> None:
    async def act(site: RunningSite) -> None:
        states: list[str] = []
        await site.client.subscribe("edge.n.gate.status", lambda state, **_: states.append(state))
        site.simulator.set("gate", "tag", "04A224B2C15780")
        await asyncio.sleep(2.0)
        assert await site.call("gate.tag.get") == "04A224B2C15780"
        site.simulator.fault("gate", fault, None)
        await asyncio.sleep(1.5)
        assert "degraded" in states
        site.simulator.clear("gate")
        site.simulator.set("gate", "tag", "DEADBEEF")
        await asyncio.sleep(90.0)
        assert await site.call("gate.tag.get") == "DEADBEEF"

    on_site(config_of(tmp_path, text), act)


def test_a_reader_that_is_unplugged_has_no_value(tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        site.simulator.fault("gate", "absent", None)
        with pytest.raises(ApplicationError, match="no acknowledge"):
            await site.call("gate.tag.get", fresh=True)

    on_site(config_of(tmp_path, ON_I2C), act)
