"""A device file that fails half-way: file, devices and outputs are those of the one before."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.site.rig import RunningSite
from wampedge.config.checking import load
from wampedge.devices.seams import Procedures, SeamKind
from wampedge.errors import ApplicationError, HardwareError
from wampedge_simulator.clock import run_virtual

BEFORE = """\
wampedge = 1
node.name = "n1"
[buses.i2c1]
type = "i2c"
bus = 1
[buses.i2c2]
type = "i2c"
bus = 3
[devices.lamp]
driver = "led"
pin = 17
[devices.drip]
driver = "relay"
pin = 27
[devices.valve]
driver = "relay"
pin = 5
[devices.air]
driver = "bme280"
bus = "i2c1"
every = "1s"
[devices.attic]
driver = "bme280"
bus = "i2c2"
every = "1s"
"""
AFTER = """\
wampedge = 1
node.name = "n1"
[buses.i2c1]
type = "i2c"
bus = 3
[devices.lamp]
driver = "led"
pin = 22
[devices.drip]
driver = "relay"
pin = 27
[devices.valve]
driver = "relay"
pin = 5
labels = { place = "roof" }
[devices.air]
driver = "bme280"
bus = "i2c1"
every = "1s"
[devices.door]
driver = "led"
pin = 6
"""
"""The bus ``i2c1`` is another one, a lamp has moved, a valve stays on its pin, two have gone."""


class FailingBuses:
    """Stands at the seams; a bus opens when it is tried before, and not when it counts.

    ``failing`` says how often, by the path of the bus.
    """

    def __init__(self) -> None:
        self.failing: dict[str, int] = {}

    def place(self, kind: SeamKind, name: str, make: Callable[[], Any]) -> Any:
        """Fail for a bus of `failing`; else stand aside."""
        if self.failing.get(name, 0) > 0:
            self.failing[name] -= 1
            raise HardwareError(f"{name} cannot be opened: it has just gone")
        return make()

    def begin(self, kept: Mapping[str, Mapping[str, Any]]) -> None:
        """Take no notice."""

    def offered(self, procedures: Procedures, prefix: str) -> Procedures:
        """Return *procedures*."""
        return procedures

    def stopping(self) -> None:
        """Take no notice."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return the path of a device file."""
    path = tmp_path / "devices.toml"
    path.write_text(BEFORE, encoding="utf-8")
    return path


def on_file(path: Path, act: Callable[[RunningSite, FailingBuses], Awaitable[None]]) -> None:
    """Run *act* on a node that knows its file at *path*, and on what its buses open through."""

    async def main() -> None:
        site, buses = RunningSite(load(path), file=path), FailingBuses()
        site.simulator.seams = buses  # type: ignore[attr-defined] # looked for with getattr
        async with site:
            await act(site, buses)

    run_virtual(main())


async def apply_in_vain(site: RunningSite, buses: FailingBuses, *, times: int = 1) -> str:
    """Apply the new file while its bus fails a number of *times*; return what the caller hears."""
    buses.failing = {"/dev/i2c-3": times}
    with pytest.raises(ApplicationError) as caught:
        await site.call("sys.config.apply", AFTER)
    assert caught.value.uri == "wampedge.error.config"
    return str(caught.value)


def test_a_bus_that_fails_after_others_changed_brings_the_old_file_and_devices_back(
    path: Path,
) -> None:
    async def act(site: RunningSite, buses: FailingBuses) -> None:
        text = await apply_in_vain(site, buses)
        assert "/dev/i2c-3 cannot be opened" in text
        assert (await site.call("sys.config.get"))[str(path)] == BEFORE
        assert (await site.call("sys.config.check", BEFORE))["changes"]["changed"] == []
        heard = await site.hear("air.temperature", "attic.temperature")
        await asyncio.sleep(5.5)
        assert len(heard.values("air.temperature")) == 5
        assert len(heard.values("attic.temperature")) == 5
        assert await site.call("lamp.on") is True
        assert site.simulator.pin_level("gpio", 17) is True

    on_file(path, act)


def test_outputs_that_did_not_change_have_no_edge_and_the_others_are_safe(path: Path) -> None:
    async def act(site: RunningSite, buses: FailingBuses) -> None:
        for name in ("lamp", "drip", "valve"):
            await site.call(f"{name}.on")
        edges = {line: site.edges("gpio", line) for line in (17, 27, 5, 22, 6)}
        await apply_in_vain(site, buses)
        await asyncio.sleep(1.0)

        assert edges == {17: [False], 27: [], 5: [False], 22: [], 6: []}
        for name, is_on in {"lamp": False, "drip": True, "valve": False}.items():
            assert await site.call(f"{name}.state.get") is is_on
        assert await site.call("valve.on") is True
        with pytest.raises(ApplicationError, match="no_such_procedure"):
            await site.call("door.on")

    on_file(path, act)


def test_where_the_way_back_fails_too_it_is_told_and_the_file_can_be_applied_again(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def act(site: RunningSite, buses: FailingBuses) -> None:
        await site.call("drip.on")
        edges = site.edges("gpio", 27)
        await apply_in_vain(site, buses, times=2)
        assert (await site.call("sys.config.get"))[str(path)] == BEFORE
        assert "not running: lamp, valve, air, attic: /dev/i2c-3 cannot be opened" in caplog.text

        changes = await site.call("sys.config.apply", BEFORE)
        assert set(changes["added"]) >= {"air", "attic"}
        assert edges == []
        assert await site.call("air.temperature.get", fresh=True) is not None
        assert await site.call("lamp.on") is True

    on_file(path, act)
