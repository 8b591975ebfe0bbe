"""``P.sys.log``: the log level of a running node."""

import asyncio
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.site.rig import RunningSite, config_of, on_site
from wampedge.errors import ApplicationError
from wampedge.runtime.log_level import LOGGERS

SITE = """\
wampedge = 1
[node]
name = "n1"
[devices.lamp]
driver = "led"
pin = 17
"""


@pytest.fixture(autouse=True)
def at_info() -> Iterator[None]:
    """Begin as a program does that shows what happens, but no details; undo whatever is left."""
    before = {name: logging.getLogger(name).level for name in LOGGERS}
    for name in LOGGERS:
        logging.getLogger(name).setLevel(logging.INFO)
    yield
    for name, level in before.items():
        logging.getLogger(name).setLevel(level)


def levels() -> set[int]:
    """Return the levels of our packages: one, unless something went wrong."""
    return {logging.getLogger(name).level for name in LOGGERS}


def test_it_tells_the_level_and_changes_nothing(tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        assert await site.call("sys.log") == "info"
        assert levels() == {logging.INFO}

    on_site(config_of(tmp_path, SITE), act)


def test_a_level_is_set_and_what_it_was_is_answered(tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        assert await site.call("sys.log", "debug") == "info"
        assert levels() == {logging.DEBUG}
        assert await site.call("sys.log", level="error") == "debug"
        assert await site.call("sys.log") == "error"
        assert levels() == {logging.ERROR}

    on_site(config_of(tmp_path, SITE), act)


def test_after_an_hour_it_is_as_at_the_start(tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        await site.call("sys.log", "warning")
        await asyncio.sleep(3000.0)
        await site.call("sys.log", "debug")  # the hour begins anew
        await asyncio.sleep(3500.0)
        assert levels() == {logging.DEBUG}
        await asyncio.sleep(200.0)
        assert levels() == {logging.INFO}

    on_site(config_of(tmp_path, SITE), act)


def test_it_may_be_for_a_shorter_while(tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        await site.call("sys.log", "debug", for_="5s")
        await asyncio.sleep(4.0)
        assert levels() == {logging.DEBUG}
        await asyncio.sleep(2.0)
        assert levels() == {logging.INFO}

    on_site(config_of(tmp_path, SITE), act)


def test_a_node_that_ends_leaves_the_level_as_it_was(tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        await site.call("sys.log", "debug")

    on_site(config_of(tmp_path, SITE), act)

    assert levels() == {logging.INFO}


@pytest.mark.parametrize(
    ("field", "arguments"),
    [
        ("level", {"level": "verbose"}),
        ("level", {"level": 10}),
        ("level", {"level": None}),
        ("level", {"level": ""}),
        ("for_", {"level": "debug", "for_": "0s"}),
        ("for_", {"level": "debug", "for_": "25h"}),
        ("for_", {"level": "debug", "for_": 60}),
        ("until", {"level": "debug", "until": "5s"}),
    ],
)
def test_what_is_wrong_is_named_and_the_level_stays(
    field: str, arguments: dict[str, Any], tmp_path: Path
) -> None:
    async def act(site: RunningSite) -> None:
        with pytest.raises(ApplicationError) as caught:
            await site.call("sys.log", **arguments)

        assert caught.value.uri == "wamp.error.invalid_argument"
        assert caught.value.keywords["field"] == field
        assert levels() == {logging.INFO}

    on_site(config_of(tmp_path, SITE), act)
