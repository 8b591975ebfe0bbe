"""The device file over WAMP: read with stars, checked, and taken over whole or not at all."""

import asyncio
import stat
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from tests.site.rig import RunningSite
from wampedge.config.checking import load
from wampedge.config.model import SiteConfig
from wampedge.errors import ApplicationError
from wampedge.runtime.changes import SiteChanges
from wampedge.runtime.config_procedures import DeviceFile
from wampedge.runtime.node_procedures import for_upstream
from wampedge_simulator.clock import run_virtual
from wampedge_simulator.substrate import SimulatedSubstrate

FILE = """\
wampedge = 1
[node]
name = "n1"
labels = { token = "sesame-open" }
[buses.i2c1]
type = "i2c"
bus = 1
[devices.lamp]
driver = "led"
pin = 17
[devices.drip]
driver = "relay"
pin = 27
[devices.air]
driver = "bme280"
bus = "i2c1"
every = "1s"
"""
SLOWER = FILE.replace('every = "1s"', 'every = "2s"')
OTHER_BUS = FILE.replace("bus = 1\n", "bus = 7\n").replace("pin = 17", "pin = 22")


def on_file(path: Path, act: Callable[[RunningSite], Awaitable[None]]) -> None:
    """Run *act* on a node that knows its file at *path*, in virtual time."""

    async def main() -> None:
        async with RunningSite(load(path), file=path) as site:
            await act(site)

    run_virtual(main())


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return the path of a device file."""
    path = tmp_path / "devices.toml"
    path.write_text(FILE, encoding="utf-8")
    return path


async def refusal(site: RunningSite, text: str) -> ApplicationError:
    """Return the error that the application of *text* ends with."""
    with pytest.raises(ApplicationError) as caught:
        await site.call("sys.config.apply", text)
    return caught.value


def test_get_tells_the_file_without_its_secrets(path: Path) -> None:
    async def act(site: RunningSite) -> None:
        texts = await site.call("sys.config.get")
        assert list(texts) == [str(path)]
        assert "sesame" not in texts[str(path)]
        assert 'driver = "bme280"' in texts[str(path)]

    on_file(path, act)


def test_check_names_the_place_of_each_mistake_and_writes_nothing(path: Path) -> None:
    async def act(site: RunningSite) -> None:
        answer = await site.call("sys.config.check", FILE.replace("pin = 17", "pin = 99"))
        [problem] = answer["problems"]
        assert (answer["ok"], answer["changes"]) == (False, None)
        assert (problem["file"], problem["line"], problem["severity"]) == (str(path), 10, "error")
        assert (problem["column"], problem["end_column"]) == (7, 9)

    on_file(path, act)
    assert path.read_text(encoding="utf-8") == FILE


def test_check_tells_what_would_change(path: Path) -> None:
    new = SLOWER.replace("devices.drip", "devices.drop")

    async def act(site: RunningSite) -> None:
        answer = await site.call("sys.config.check", new)
        changes = answer["changes"]
        assert answer["ok"]
        assert (changes["added"], changes["removed"], changes["changed"]) == (
            ["drop"],
            ["drip"],
            ["air"],
        )
        assert list(site.node.site.devices) == ["lamp", "drip", "air"]

    on_file(path, act)


def test_apply_touches_only_what_changed_and_keeps_the_file_before(path: Path) -> None:
    path.chmod(0o640)

    async def act(site: RunningSite) -> None:
        heard = await site.hear("sys.config")
        await site.call("drip.on")
        watched = site.edges("gpio", 27), site.edges("gpio", 17)
        changes = await site.call("sys.config.apply", SLOWER)
        await asyncio.sleep(3.0)
        assert watched == ([], [])
        assert changes["changed"] == ["air"]
        assert site.node.config.devices["air"].every_s == 2.0
        assert heard.values("sys.config") == ["applied"]

    on_file(path, act)
    assert path.read_text(encoding="utf-8") == SLOWER
    assert path.with_name("devices.toml.bak").read_text(encoding="utf-8") == FILE
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert {each.name for each in path.parent.iterdir()} == {"devices.toml", "devices.toml.bak"}


def test_apply_of_a_wrong_file_names_the_mistakes_and_changes_nothing(path: Path) -> None:
    async def act(site: RunningSite) -> None:
        before = site.node.config
        error = await refusal(site, FILE.replace("pin = 17", "pin = 99"))
        assert error.uri == "wampedge.error.config"
        assert [problem["line"] for problem in error.keywords["problems"]] == [10]
        assert site.node.config is before

    on_file(path, act)
    assert path.read_text(encoding="utf-8") == FILE
    assert not path.with_name("devices.toml.bak").exists()


def test_apply_that_cannot_open_a_bus_rolls_back(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on hardware: a simulated board gets the bus that the new file names."""
    monkeypatch.delattr(SimulatedSubstrate, "changing")
    backup = path.with_name("devices.toml.bak")
    backup.write_text("# older\n", encoding="utf-8")

    async def act(site: RunningSite) -> None:
        before, edges = site.node.config, site.edges("gpio", 27)
        heard = await site.hear("sys.config")
        await site.call("drip.on")
        error = await refusal(site, OTHER_BUS)
        await asyncio.sleep(1.0)
        assert error.uri == "wampedge.error.config"
        assert site.node.config == before
        assert edges == [True]
        assert await site.call("drip.state.get") is True
        assert heard.values("sys.config") == ["refused"]

    on_file(path, act)
    assert path.read_text(encoding="utf-8") == FILE
    assert backup.read_text(encoding="utf-8") == "# older\n"


def test_apply_refuses_what_needs_a_restart_before_it_writes(path: Path) -> None:
    async def act(site: RunningSite) -> None:
        error = await refusal(site, FILE.replace('name = "n1"', 'name = "n2"'))
        assert "restart the node" in str(error)

    on_file(path, act)
    assert path.read_text(encoding="utf-8") == FILE


def test_apply_where_nothing_can_be_written_says_so(path: Path) -> None:
    (path.parent / "devices.toml.bak").mkdir()

    async def act(site: RunningSite) -> None:
        error = await refusal(site, SLOWER)
        assert "cannot be written" in str(error)
        assert site.node.config.devices["air"].every_s == 1.0

    on_file(path, act)
    assert path.read_text(encoding="utf-8") == FILE


def test_a_text_over_256_kib_is_refused(path: Path) -> None:
    async def act(site: RunningSite) -> None:
        error = await refusal(site, FILE + "#" * 256 * 1024)
        assert error.uri == "wamp.error.invalid_argument"

    on_file(path, act)


def test_two_files_at_once_are_taken_over_one_after_the_other(path: Path) -> None:
    async def act(site: RunningSite) -> None:
        texts = SLOWER, FILE.replace('every = "1s"', 'every = "3s"')
        answers = await asyncio.gather(*(site.call("sys.config.apply", text) for text in texts))
        assert [answer["changed"] for answer in answers] == [["air"], ["air"]]
        assert site.node.config.devices["air"].every_s == 3.0

    on_file(path, act)
    assert 'every = "3s"' in path.read_text(encoding="utf-8")


def test_the_device_file_is_not_offered_upstream() -> None:
    own: list[Any] = [f"edge.n1.sys.config.{name}" for name in ("get", "check", "apply")]
    assert for_upstream(["edge.n1.sys.list", *own]) == ["edge.n1.sys.list"]


class ExposedNode:
    """A node that other machines reach without a proof."""

    def __init__(self, config: SiteConfig) -> None:
        self.config = config
        self.exposed_urls = ["ws://192.0.2.1:8080/ws"]

    async def reload(self, new: SiteConfig) -> SiteChanges:
        """Fail: nobody may come as far as this."""
        raise AssertionError(f"{new} was taken over")

    def announce_file(self, outcome: Any, text: str) -> None:
        """Fail: nobody may come as far as this."""
        raise AssertionError(f"{outcome} {text}")


async def test_nobody_has_the_file_while_others_come_in_without_proof(path: Path) -> None:
    file = DeviceFile(path, ExposedNode(load(path)), is_inline=True)
    for call in (file.get(), file.check(text=SLOWER), file.apply(text=SLOWER)):
        with pytest.raises(ApplicationError) as caught:
            await call
        assert caught.value.uri == "wamp.error.not_authorized"
    assert load(path).devices["air"].every_s == 1.0
