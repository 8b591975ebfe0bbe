"""Orders of clients that must not be carried out late, nor twice: at the node as a whole."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.site.rig import RunningSite, config_of, on_site
from wampedge.errors import ApplicationError
from wampedge_simulator.clock import EPOCH_S

SITE = """\
wampedge = 1
[node]
name = "n1"
[interlocks.mains]
members = ["pump", "heater"]
dead_time = "3s"
policy = "release_first"
[devices.pump]
driver = "relay"
pin = 17
[devices.heater]
driver = "relay"
pin = 27
"""


async def refused(site: RunningSite, name: str, *args: Any, **kwargs: Any) -> ApplicationError:
    """Give an order that is to be refused."""
    with pytest.raises(ApplicationError) as caught:
        await site.call(name, *args, **kwargs)
    return caught.value


def test_late_order_moves_nothing_and_says_how_late_it_is(tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        error = await refused(site, "pump.on", by_=EPOCH_S - 60)

        assert error.uri == "wampedge.error.expired"
        assert error.keywords["reason"] == "late"
        assert error.keywords["late_by"] == pytest.approx(60, abs=1)
        assert await site.call("pump.state.get") is False
        assert await site.call("pump.set", True, by_="10s") is True

    on_site(config_of(tmp_path, SITE), act)


def test_order_that_waits_for_an_interlock_past_its_deadline_is_not_carried_out(
    tmp_path: Path,
) -> None:
    async def act(site: RunningSite) -> None:
        await site.call("heater.on")

        error = await refused(site, "pump.on", by_="2s", key_="a")
        assert error.uri == "wampedge.error.expired"
        await asyncio.sleep(10)
        assert await site.call("pump.state.get") is False
        assert await site.call("pump.on", by_="2s", key_="a") is True

    on_site(config_of(tmp_path, SITE), act)


def test_same_key_toggles_once(tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        first = await site.call("pump.toggle", key_="order 66")
        second = await site.call("pump.toggle", key_="order 66")

        assert (first, second) == (True, True)
        assert await site.call("pump.state.get") is True

    on_site(config_of(tmp_path, SITE), act)


def test_description_tells_what_takes_a_deadline_and_a_key(tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        described = await site.call("pump.describe")
        options = {
            uri.removeprefix("edge.n1.pump."): set(procedure.get("options", ()))
            for uri, procedure in described["procedures"].items()
        }

        assert options["on"] == options["set"] == options["state.set"] == {"by_", "key_"}
        assert options["state.get"] == options["health"] == set()
        assert described["$defs"]["key_"]["maxLength"] == 64

    on_site(config_of(tmp_path, SITE), act)
