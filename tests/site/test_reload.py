"""A device file that is read again: what did not change is not touched, outputs do not jump."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.site.rig import RunningSite, config_of, on_site
from wampedge.config.model import SiteConfig
from wampedge.errors import ApplicationError, ConfigError, HardwareError, WampedgeError
from wampedge_simulator.substrate import SimulatedSubstrate

BEFORE = """\
wampedge = 1
[node]
name = "n1"
[buses.i2c1]
type = "i2c"
bus = 1
[devices.lamp]
driver = "led"
pin = 17
[devices.drip]
driver = "relay"
pin = 27
active = "low"
[devices.fan]
driver = "pwm"
pin = 18
[devices.io]
driver = "mcp23017"
bus = "i2c1"
[devices.heater]
driver = "relay"
pin = "io:0"
[devices.air]
driver = "bme280"
bus = "i2c1"
every = "1s"
"""


def changed(folder: Path, *edits: tuple[str, str]) -> SiteConfig:
    """Return the device file after *edits*."""
    text = BEFORE
    for old, new in edits:
        assert old in text
        text = text.replace(old, new, 1)
    config = config_of(folder, text)
    return config.but(router=config.router.but(listen=()))


def test_unchanged_devices_are_not_touched(tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        await site.call("lamp.on")
        edges = site.edges("gpio", 17)
        runner = site.node.site.devices["lamp"]
        await site.node.reload(changed(tmp_path, ('every = "1s"', 'every = "2s"')))
        await asyncio.sleep(5.0)

        assert edges == []
        assert site.node.site.devices["lamp"] is runner
        assert await site.call("sim.pin", "gpio", 17) is True

    on_site(changed(tmp_path), act)


def test_changed_sensor_follows_the_new_file(tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        changes = await site.node.reload(
            changed(tmp_path, ('every = "1s"', 'every = "5s"\nchannels.pressure.unit = "hPa"'))
        )
        heard = await site.hear("air.temperature", "air.pressure")
        await asyncio.sleep(20.5)

        assert changes.changed == ("air",)
        assert len(heard.values("air.temperature")) == 4
        assert {details["unit"] for t, _, details, _ in heard.events if t == "air.pressure"} == {
            "hPa"
        }

    on_site(changed(tmp_path), act)


@pytest.mark.parametrize(
    ("edit", "bank", "line", "level"),
    [
        (("pin = 17", 'pin = 17\nlabels = { place = "roof" }'), "gpio", 17, True),
        (
            ('active = "low"', 'active = "low"\non_start = "off"\non_stop = "keep"'),
            "gpio",
            27,
            False,
        ),
        (('pin = "io:0"', 'pin = "io:0"\non_stop = "keep"'), "io", 0, True),
        (('driver = "mcp23017"', 'driver = "mcp23017"\nevery = "1s"'), "io", 0, True),
    ],
)
def test_changed_output_keeps_its_level(
    edit: tuple[str, str], bank: str, line: int, level: bool, tmp_path: Path
) -> None:
    async def act(site: RunningSite) -> None:
        for output in ("lamp", "drip", "heater"):
            await site.call(f"{output}.on")
        edges = site.edges(bank, line)
        changes = await site.node.reload(changed(tmp_path, edit))
        await asyncio.sleep(5.0)

        assert changes.changed
        assert edges == []
        assert await site.call("sim.pin", bank, line) is level
        for output in ("lamp", "drip", "heater"):
            assert (await site.client.call(f"edge.n1.{output}.state.get")).value is True
            assert (await site.call(f"{output}.off")) is False
        assert site.simulator.pin_level(bank, line) is not level

    on_site(changed(tmp_path), act)


def test_changed_output_that_pulses_or_is_on_for_a_while_goes_off(tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        await site.call("lamp.pulse", "1h")
        await site.call("drip.set", True, for_="1h")
        await site.node.reload(
            changed(
                tmp_path,
                ("pin = 17", 'pin = 17\nlabels = { place = "roof" }'),
                ("pin = 27", 'pin = 27\nlabels = { place = "roof" }'),
            )
        )

        assert site.simulator.pin_level("gpio", 17) is False
        assert site.simulator.pin_level("gpio", 27) is True

    on_site(changed(tmp_path), act)


def test_output_that_moves_to_another_pin_leaves_the_old_one_safe(tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        await site.call("lamp.on")
        await site.node.reload(changed(tmp_path, ("pin = 17", "pin = 22")))

        assert site.simulator.pin_level("gpio", 17) is False
        assert site.simulator.pin_level("gpio", 22) is False
        await site.call("lamp.on")
        assert site.simulator.pin_level("gpio", 22) is True

    on_site(changed(tmp_path), act)


def test_removed_device_is_safe_disabled_and_forgotten(tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        await site.call("lamp.on")
        heard = await site.hear("lamp.status", "lamp.state")
        await site.node.reload(
            changed(tmp_path, ('[devices.lamp]\ndriver = "led"\npin = 17\n', ""))
        )
        await asyncio.sleep(60.0)

        assert site.simulator.pin_level("gpio", 17) is False
        assert heard.values("lamp.status") == ["disabled"]
        assert heard.values("lamp.state") == []
        with pytest.raises(ApplicationError, match="no_such_procedure"):
            await site.call("lamp.on")
        assert "lamp" not in await site.call("sys.list")
        assert not [t for t in site.node._upstream._main._state_by_topic if ".lamp." in t]
        assert not [u for u in site.node._registration_by_uri if ".lamp." in u]

    on_site(changed(tmp_path), act)


def test_calls_during_a_reload_are_answered(tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        edges = site.edges("gpio", 17)
        reload = asyncio.ensure_future(
            site.node.reload(changed(tmp_path, ("pin = 17", "pin = 22")))
        )
        answers: list[Any] = []
        while not reload.done():
            answers += await asyncio.gather(
                site.client.call("edge.n1.lamp.on"),
                site.client.call("edge.n1.drip.on"),
                return_exceptions=True,
            )
        await reload

        assert edges in ([], [True, False])
        assert site.simulator.pin_level("gpio", 17) is False
        for answer in answers[1::2]:
            assert not isinstance(answer, Exception)
        for answer in answers[::2]:
            assert isinstance(answer, ApplicationError) or answer.value is True

    on_site(changed(tmp_path), act)


def test_two_reloads_at_once_take_turns(tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        await asyncio.gather(
            site.node.reload(changed(tmp_path, ("pin = 17", "pin = 22"))),
            site.node.reload(changed(tmp_path, ("pin = 17", "pin = 23"))),
        )
        await site.call("lamp.on")

        levels = [site.simulator.pin_level("gpio", line) for line in (17, 22, 23)]
        assert levels == [False, False, True]

    on_site(changed(tmp_path), act)


@pytest.mark.parametrize("turns", [0, 1, 2, 3, 5, 8, 13, 21, 34, 55])
def test_stop_at_any_moment_of_a_reload_leaves_outputs_safe(turns: int, tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        await site.call("lamp.on")
        await site.call("heater.on")
        new = changed(
            tmp_path,
            ("pin = 17", 'pin = 17\nlabels = { place = "roof" }'),
            ('pin = "io:0"', 'pin = "io:1"\non_start = "on"'),
        )
        reload = asyncio.ensure_future(site.node.reload(new))
        for _ in range(turns):
            await asyncio.sleep(0)
        await site.node.stop()
        (outcome,) = await asyncio.gather(reload, return_exceptions=True)

        assert not isinstance(outcome, BaseException) or isinstance(outcome, WampedgeError)
        for bank, line in (("gpio", 17), ("io", 0), ("io", 1)):
            assert site.simulator.pin_level(bank, line) is False

    on_site(changed(tmp_path), act)


@pytest.mark.parametrize("turns", [0, 1, 2, 3, 5, 8, 13, 21, 34, 55])
def test_reload_that_breaks_off_at_any_moment_leaves_outputs_in_hand(
    turns: int, tmp_path: Path
) -> None:
    async def act(site: RunningSite) -> None:
        await site.call("lamp.on")
        new = changed(tmp_path, ("pin = 17", 'pin = 17\nlabels = { place = "roof" }'))
        reload = asyncio.ensure_future(site.node.reload(new))
        for _ in range(turns):
            await asyncio.sleep(0)
        reload.cancel()
        await asyncio.gather(reload, return_exceptions=True)

        lamp = site.node.site.devices.get("lamp")
        if lamp is None or lamp.health.state != "ok":
            assert site.simulator.pin_level("gpio", 17) is False
        await site.node.stop()
        assert site.simulator.pin_level("gpio", 17) is False

    on_site(changed(tmp_path), act)


def test_reload_that_cannot_be_done_touches_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def act(site: RunningSite) -> None:
        await site.call("lamp.on")
        before = site.node.config
        runners = dict(site.node.site.devices)

        def refuse(config: SiteConfig) -> None:
            raise HardwareError("no such bus")

        monkeypatch.setattr(site.node._equipment, "open", refuse)
        with pytest.raises(HardwareError):
            await site.node.reload(changed(tmp_path, ("pin = 17", "pin = 22")))
        with pytest.raises(ConfigError, match=r"\[node\] changed"):
            await site.node.reload(changed(tmp_path, ('"n1"', '"n2"')))

        assert site.node.config == before
        assert site.node.site.devices == runners
        assert site.simulator.pin_level("gpio", 17) is True
        assert await site.call("lamp.off") is False

    on_site(changed(tmp_path), act)


def test_reload_onto_a_bus_that_is_not_there_touches_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on hardware: a simulated board gets the bus that the new file names."""
    monkeypatch.delattr(SimulatedSubstrate, "changing")

    async def act(site: RunningSite) -> None:
        await site.call("heater.on")
        runners = dict(site.node.site.devices)
        with pytest.raises(HardwareError, match="/dev/i2c-77 cannot be opened"):
            await site.node.reload(changed(tmp_path, ("bus = 1", "bus = 77")))

        assert site.node.site.devices == runners
        assert site.simulator.pin_level("io", 0) is True
        assert await site.call("heater.off") is False

    on_site(changed(tmp_path), act)


def test_nothing_is_left_of_a_hundred_reloads(tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        node = site.node
        one, two = changed(tmp_path), changed(tmp_path, ("pin = 17", "pin = 22"))

        def sizes() -> list[int]:
            return [
                len(node._registration_by_uri),
                len(node._upstream._main._state_by_topic),
                len(node._announcer._gates),
                len(node.site.devices),
                len(node._equipment._banks["gpio"]._leases),  # type: ignore[attr-defined] # the real bank
                len(node.site._sampler._device_by_name),
                len(asyncio.all_tasks()),
            ]

        await node.reload(two)
        await asyncio.sleep(60.0)
        before = sizes()
        for _ in range(50):
            await node.reload(one)
            await node.reload(two)
        await asyncio.sleep(60.0)

        assert sizes() == before

    on_site(changed(tmp_path), act)
