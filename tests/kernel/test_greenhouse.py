"""The example greenhouse does the same on the simulator and under a real kernel."""

from __future__ import annotations

from typing import Any

import pytest

from tests.kernel.conftest import UnderKernel
from tests.kernel.greenhouse import play
from tests.site.rig import GREENHOUSE, RunningSite, on_site
from wampedge.config import load

pytestmark = pytest.mark.kernel

GUESTS = {"greenhouse": "lgpio"}

TOLERANCE_S = 1.1
"""Levels are looked at twice a second, and one node may be a look ahead of the other."""


class SimulatedStage:
    """The same parts without a kernel."""

    def __init__(self, site: RunningSite) -> None:
        self._site = site

    async def set(self, device: str, channel: str, value: float) -> None:
        """Let a part measure something."""
        await self._site.call("sim.set", device, channel, value)

    async def press(self, is_pressed: bool) -> None:
        """Press or release the doorbell."""
        await self._site.call("sim.press" if is_pressed else "sim.let_go", "doorbell")

    async def level(self, bank: str, line: int) -> bool:
        """Return the level of a line."""
        return bool(await self._site.call("sim.pin", bank, line))


@pytest.fixture(scope="module")
def found(under_kernel: UnderKernel) -> Any:
    return under_kernel("greenhouse")


@pytest.fixture(scope="module")
def simulated() -> list[list[Any]]:
    async def act(site: RunningSite) -> list[list[Any]]:
        stage = SimulatedStage(site)
        await stage.set("air", "temperature", 20.0)
        return await play(site.client, stage)

    return on_site(load(GREENHOUSE), act)


def test_outputs_rules_and_interlocks_act_in_the_same_order(
    found: Any, simulated: list[list[Any]]
) -> None:
    assert [each[1:] for each in found["story"]] == [each[1:] for each in simulated]


def test_they_act_at_the_same_times(found: Any, simulated: list[list[Any]]) -> None:
    times = [each[0] for each in simulated]

    assert [each[0] for each in found["story"]] == pytest.approx(times, abs=TOLERANCE_S)


def test_the_story_is_the_one_that_was_written(found: Any) -> None:
    who = [(each[1], each[2]) for each in found["story"]]

    assert [what for name, what in who if name == "drip"] == [True, False, True]
    assert [what for name, what in who if name == "lamp"] == [False, True, False, True]
    assert [what for name, what in who if name == "heater"] == [False, True, False, True, False]
    assert [what for name, what in who if name == "fan"] == [60, 0]
    assert ("heater.on", "wampedge.error.interlock") in who
    assert "Traceback" not in found["log"]
