"""``P.sys.identify``: a lamp blinks for a while, and is then as it was."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.site.rig import RunningSite, config_of, on_site
from wampedge.errors import ApplicationError

SITE = """\
wampedge = 1
[node]
name = "n1"
identify = "lamp"
[router.roles.boss]
allow = { call = ["edge.n1."] }
[devices.lamp]
driver = "led"
pin = 17
"""


def run(folder: Path, act: Any, text: str = SITE) -> None:
    on_site(config_of(folder, text), act)


async def refusal(work: Any) -> ApplicationError:
    """Return the error *work* ends with."""
    with pytest.raises(ApplicationError) as caught:
        await work
    return caught.value


@pytest.mark.parametrize("was_on", [False, True])
def test_the_lamp_blinks_twice_a_second_and_is_then_as_it_was(was_on: bool, tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        await site.call("lamp.set", was_on)
        edges = site.edges("gpio", 17)

        assert await site.call("sys.identify") == "lamp"
        await asyncio.sleep(60.0)

        assert len(edges) == 20  # 5 s, two flashes a second, two edges each
        assert site.board.pin_level("gpio", 17) is was_on
        assert await site.call("lamp.get") is not None
        assert (await site.call("lamp.state.get")) is was_on

    run(tmp_path, act)


def test_it_blinks_as_long_as_it_is_asked_to(tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        edges = site.edges("gpio", 17)
        await site.call("sys.identify", "2s")
        await asyncio.sleep(1.0)
        await site.call("sys.identify", duration="3s")  # until 4 s after the first one
        await asyncio.sleep(60.0)

        assert len(edges) == 16

    run(tmp_path, act)


def test_an_order_of_somebody_else_ends_it_and_stays(tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        await site.call("sys.identify", "30s")
        await asyncio.sleep(1.35)  # dark, between two flashes
        await site.call("lamp.on")
        edges = site.edges("gpio", 17)
        await asyncio.sleep(60.0)

        assert edges == []
        assert site.board.pin_level("gpio", 17) is True

    run(tmp_path, act)


@pytest.mark.parametrize(
    "order", [("pulse", {"duration": "1h"}), ("set", {"value": True, "for_": "1h"})]
)
def test_a_lamp_that_is_on_for_a_while_is_left_alone(
    order: tuple[str, dict[str, Any]], tmp_path: Path
) -> None:
    async def act(site: RunningSite) -> None:
        await site.call(f"lamp.{order[0]}", **order[1])
        edges = site.edges("gpio", 17)

        error = await refusal(site.call("sys.identify"))

        assert error.uri == "wampedge.error.not_ready"
        assert error.keywords["device"] == "lamp"
        await asyncio.sleep(3590.0)
        assert edges == []
        await asyncio.sleep(20.0)
        assert site.board.pin_level("gpio", 17) is False

    run(tmp_path, act)


@pytest.mark.parametrize("duration", [5, "5", "0s", "61s", None, True])
def test_a_wrong_duration_is_named_and_nothing_blinks(duration: Any, tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        edges = site.edges("gpio", 17)

        error = await refusal(site.call("sys.identify", duration=duration))

        assert (error.uri, error.keywords["field"]) == ("wamp.error.invalid_argument", "duration")
        assert edges == []

    run(tmp_path, act)


def test_who_may_not_set_the_lamp_may_not_let_it_blink(tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        described = (await site.call("sys.describe"))["procedures"]["edge.n1.sys.identify"]

        error = await refusal(site.call("sys.identify"))

        assert error.uri == "wamp.error.not_authorized"
        assert described["roles"] == ["boss"]
        assert site.board.pin_level("gpio", 17) is False

    run(tmp_path, act, f'{SITE}access = {{ set = ["boss"] }}\n')


def test_it_blinks_no_more_once_the_lamp_is_another(tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        await site.call("sys.identify", "30s")
        await asyncio.sleep(1.35)
        text = SITE.replace("pin = 17", "pin = 27")
        await site.node.reload(config_of(tmp_path, text).but(router=site.node.config.router))
        edges = site.edges("gpio", 27)
        await asyncio.sleep(60.0)

        assert edges == []
        assert site.board.pin_level("gpio", 17) is False

    run(tmp_path, act)


def test_a_node_without_such_a_lamp_has_no_such_procedure(tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        assert (await refusal(site.call("sys.identify"))).uri == "wamp.error.no_such_procedure"

    run(tmp_path, act, SITE.replace('identify = "lamp"\n', ""))
