"""Orders with a key are known to the next run of the node: none is carried out twice."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.site.lives import Life, life, power_cut_of
from wampedge.errors import ApplicationError

SITE = """\
wampedge = 1
[node]
name = "n1"
[devices.lamp]
driver = "led"
pin = 17
"""


async def ask(one: Life, procedure: str, key: str, **kwargs: Any) -> Any:
    """Give an order with a key."""
    kwargs["key_"] = key
    return (await one.client.call(f"edge.n1.{procedure}", **kwargs)).value


def lives(folder: Path, *acts: Any) -> None:
    """Run one node after the other, each with what the one before left when it stopped."""
    for act in acts:
        life(folder, SITE, act, state=folder / "state.db")


def test_an_order_that_was_carried_out_is_answered_again_and_not_carried_out(
    tmp_path: Path,
) -> None:
    async def first(one: Life) -> None:
        assert await ask(one, "lamp.toggle", "k1") is True

    async def second(one: Life) -> None:
        assert await ask(one, "lamp.toggle", "k1") is True
        assert (await one.call("lamp.state.get")).value is False
        assert await ask(one, "lamp.toggle", "k2") is True

    lives(tmp_path, first, second)


def test_an_order_is_on_the_disk_before_its_part_is_touched(tmp_path: Path) -> None:
    cuts: list[Path] = []

    async def first(one: Life) -> None:
        await one.client.subscribe(
            "edge.n1.lamp.state", lambda *_, **__: cuts.append(power_cut_of(one.state))
        )
        await ask(one, "lamp.toggle", "k1")

    async def second(one: Life) -> None:
        with pytest.raises(ApplicationError) as caught:
            await ask(one, "lamp.toggle", "k1")
        assert caught.value.uri == "wampedge.error.unknown_outcome"
        assert (await one.call("lamp.state.get")).value is False

    life(tmp_path, SITE, first, state=tmp_path / "state.db")
    life(tmp_path, SITE, second, state=cuts[0])


def test_an_error_after_the_part_was_touched_is_answered_again(tmp_path: Path) -> None:
    async def first(one: Life) -> None:
        one.node.site.devices["lamp"].driver.toggle = broken  # type: ignore[attr-defined] # broken on purpose
        with pytest.raises(ApplicationError, match="ZeroDivisionError"):
            await ask(one, "lamp.toggle", "k1")

    async def broken(*_: object) -> None:
        raise ZeroDivisionError

    async def second(one: Life) -> None:
        with pytest.raises(ApplicationError, match="ZeroDivisionError"):
            await ask(one, "lamp.toggle", "k1")
        assert await ask(one, "lamp.toggle", "k2") is True

    lives(tmp_path, first, second)


def test_an_order_that_touched_nothing_does_not_use_its_key_up(tmp_path: Path) -> None:
    async def first(one: Life) -> None:
        with pytest.raises(ApplicationError, match="expired"):
            await ask(one, "lamp.toggle", "k1", by_=1)

    async def second(one: Life) -> None:
        assert await ask(one, "lamp.toggle", "k1") is True

    lives(tmp_path, first, second)


def test_the_same_key_with_other_arguments_is_refused_after_a_restart_too(tmp_path: Path) -> None:
    async def first(one: Life) -> None:
        assert await ask(one, "lamp.set", "k1", value=True) is True

    async def second(one: Life) -> None:
        with pytest.raises(ApplicationError, match="another order"):
            await ask(one, "lamp.set", "k1", value=False)

    lives(tmp_path, first, second)


def test_a_key_is_free_again_after_ten_minutes_also_over_a_restart(tmp_path: Path) -> None:
    async def first(one: Life) -> None:
        assert await ask(one, "lamp.toggle", "k1") is True

    async def second(one: Life) -> None:  # its clock stands where that of the first began
        await asyncio.sleep(601.0)
        await ask(one, "lamp.toggle", "k1")
        assert (await one.call("lamp.state.get")).value is True

    lives(tmp_path, first, second)
