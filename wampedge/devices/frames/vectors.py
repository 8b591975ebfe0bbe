"""Run the test vectors of a frame file: bytes of a part in, values out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from wampedge.devices.contracts import OnBytes, OnLost
from wampedge.devices.driver import DriverSpec
from wampedge.devices.frames.driver import FrameDriver
from wampedge.devices.frames.maps import read_frames
from wampedge.devices.values import Value
from wampedge.devices.vector_context import VectorContext, VectorError, compare
from wampedge.errors import DeviceError

__all__ = ["run_vector", "vectors_of"]


class _RecordedPort:
    """A serial port that answers whatever is sent with the same bytes, and notes what that was."""

    name = "recorded"

    def __init__(self, said: bytes) -> None:
        self.sent: list[bytes] = []
        self._said = said

    def listen(self, on_bytes: OnBytes, on_lost: OnLost) -> None:
        self.say = on_bytes

    async def write(self, data: bytes) -> None:
        self.sent.append(data)
        if self._said:
            self.say(self._said)

    def close(self) -> None:
        """Do nothing."""


def vectors_of(path: Path) -> Sequence[Mapping[str, Any]]:
    """Return the ``[[test]]`` tables of the frame file at *path*; raises ConfigError."""
    tests: Sequence[Mapping[str, Any]] = read_frames(path)["test"]
    return tests


async def run_vector(spec: DriverSpec, vector: Mapping[str, Any]) -> None:
    """Let the part say what the vector says, and look at the last values that come.

    Raises:
        VectorError: what came out is not what the vector says.
    """
    context, port = VectorContext(), _RecordedPort(vector["bytes"])
    driver = spec.driver_class(context, {}, port)
    assert isinstance(driver, FrameDriver), "vectors are those of a frame file"
    driver.timeout_s = min(driver.timeout_s, 0.02)
    values: Mapping[str, Value] = {}
    try:
        await driver.setup()
        if spec.is_polled:
            values = await driver.read()
        else:
            port.say(vector["bytes"])
            values = context.published[-1] if context.published else {}
    except DeviceError as error:
        if type(error).__name__ != vector["error"]:
            raise VectorError(f"{type(error).__name__}: {error}") from error
        return
    if vector["error"] is not None:
        raise VectorError(f"read {values}, wanted {vector['error']}")
    if vector["sent"] is not None and port.sent != [vector["sent"]]:
        raise VectorError(
            f"sent {[each.hex() for each in port.sent]}, wanted {vector['sent'].hex()}"
        )
    frames = driver.counters()["frames"]
    if frames != vector["frames"]:
        raise VectorError(f"found {frames} frames, wanted {vector['frames']}")
    compare(values, {**(vector["expect"] or {}), **dict.fromkeys(vector["bad"])})
