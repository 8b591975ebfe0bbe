"""A recorder over a substrate: in nobody's way, and deaf to what is not its business."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from wampedge.devices.contracts import SerialSettings, Substrate
from wampedge.devices.seams import at_seam, seams_of
from wampedge.errors import BusError, HardwareError
from wampedge.hardware.board import Linux
from wampedge.hardware.recording.substrate import RecordingSubstrate, recorded
from wampedge_simulator.clock import SteppedClock


@pytest.fixture
def trace(tmp_path: Path) -> Path:
    return tmp_path / "t.jsonl"


@pytest.fixture
def over(tmp_path: Path, trace: Path) -> RecordingSubstrate:
    """A recorder over the kernel."""
    file = tmp_path / "devices.toml"
    file.write_text("abc")
    return recorded(Linux(), trace, SteppedClock(), node="n", file=file)


def lines_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


class Failing:
    """A port that cannot be written to."""

    name = "/dev/ttyX"

    async def write(self, data: bytes) -> None:
        raise BusError("the port is gone", errno=19)

    def close(self) -> None:
        """Do nothing."""


def test_without_a_recorder_the_bus_is_the_bus_itself() -> None:
    bus = object()

    assert seams_of(Linux()) is None
    assert at_seam(Linux(), "i2c", "/dev/i2c-1", lambda: bus) is bus


def test_everything_else_is_that_of_the_substrate_beneath(over: RecordingSubstrate) -> None:
    substrate: Substrate = over.as_substrate
    settings = SerialSettings("/dev/ttyUSB0")

    assert not substrate.is_simulated
    assert substrate.serial_port(settings) is settings
    assert substrate.sysfs_path("/sys/x") == "/sys/x"
    substrate.start()
    substrate.stop()


def test_first_line_has_the_digest_of_the_file(over: RecordingSubstrate, trace: Path) -> None:
    over.stop()

    # printf abc | sha256sum
    digest = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert lines_of(trace)[0]["digest"] == digest


async def test_calls_of_devices_are_noted_and_secrets_of_the_node_are_not(
    over: RecordingSubstrate, trace: Path
) -> None:
    async def answer(*args: Any, **kwargs: Any) -> int:
        return 5

    names = ("lamp.set", "lamp.describe", "lamp.health", "sys.config.apply", "sys.identify")
    offered = over.seams.offered({f"edge.n.{name}": answer for name in names}, "edge.n")

    for uri, act in offered.items():
        assert await act("secret", for_="5s", details=object()) == 5, uri

    over.stop()
    sent = {"args": ["secret"], "kwargs": {"for_": "5s"}}
    assert [(line["at"], line["w"]) for line in lines_of(trace)[1:]] == [
        ("lamp.set", sent),
        ("sys.identify", sent),
    ]


async def test_call_that_no_line_can_carry_is_served_all_the_same(
    over: RecordingSubstrate, trace: Path
) -> None:
    async def answer(value: Any) -> Any:
        return value

    answer.wants_caller = True  # type: ignore[attr-defined] # as endpoints say it
    offered = over.seams.offered({"edge.n.lamp.set": answer}, "edge.n")["edge.n.lamp.set"]

    assert await offered(b"\x00") == b"\x00"
    assert offered.wants_caller  # type: ignore[attr-defined] # as above
    over.stop()
    assert len(lines_of(trace)) == 1


async def test_port_that_fails_is_in_the_trace(over: RecordingSubstrate, trace: Path) -> None:
    def missing() -> Any:
        raise HardwareError("/dev/ttyX cannot be opened")

    port = over.seams.place("serial", "usb", Failing)
    with pytest.raises(BusError):
        await port.write(b"\x01")
    port.close()
    with pytest.raises(HardwareError):
        over.seams.place("serial", "usb", missing)

    over.stop()
    seen = [(line["op"], line.get("errno"), line.get("error")) for line in lines_of(trace)[1:]]
    assert seen == [
        ("open", None, None),
        ("tx", 19, "BusError: the port is gone"),
        ("close", None, None),
        ("open", None, "HardwareError: /dev/ttyX cannot be opened"),
    ]


async def test_request_that_is_given_up_is_in_the_trace(
    over: RecordingSubstrate, trace: Path
) -> None:
    class Silent:
        name = "line"

        async def exchange(self, unit_id: int, pdu: bytes, *, own_size: int | None) -> bytes:
            await asyncio.Event().wait()
            return b""

    bus = over.seams.place("modbus", "line", Silent)
    request = asyncio.ensure_future(bus.exchange(1, b"\x03\x00"))
    await asyncio.sleep(0)
    request.cancel()
    await asyncio.wait({request})

    over.stop()
    line = lines_of(trace)[1]
    assert (line["at"], line["w"]) == ("1", "0300")
    assert line["error"] == "GivenUp: it was under way when the node gave it up"
