"""No order of events moves an output against its policy; the edges on its line are the evidence."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

import pytest

from tests.site.output_rig import Lives
from tests.site.rig import config_of
from wampedge.config.model import SiteConfig
from wampedge.errors import WampedgeError
from wampedge_simulator.clock import run_virtual

LINES = {"up": 5, "down": 6, "fan": 7}
DEAD_S, MIN_ON_S, MIN_OFF_S, MAX_ON_S = 0.7, 2.0, 3.0, 6.0
SLACK_S = 1e-3

FILE = """
wampedge = 1
[node]
name = "a"
[upstream]
url = "ws://127.0.0.1:9/ws"
realm = "r"
[sessions]
safety = "1.5s"
[devices.up]
driver = "relay"
pin = 5
on_start = "restore"
on_stop = "keep"
min_on = "2s"
min_off = "3s"
max_on = "6s"
[devices.down]
driver = "relay"
pin = 6
active = "low"
on_start = "ON_START"
max_on = "6s"
on_disconnect = { after = "1s", do = "off" }
[devices.fan]
driver = "relay"
pin = 7
safety = true
max_on = "6s"
[interlocks.shaft]
members = ["up", "down", "fan"]
dead_time = "700ms"
policy = "POLICY"
"""

ACTS = (
    *("on", "off", "toggle", "set", "for_", "pulse") * 3,
    "reload", "change", "lose_link", "link", "leave", "restart", "kill",
)  # fmt: skip


class Story:
    """One random interleaving.

    Args:
        lives: the board and its nodes.
        chance: decides everything.
    """

    def __init__(self, lives: Lives, chance: random.Random) -> None:
        self.lives, self.chance = lives, chance
        self.starts: list[float] = []
        self.log: list[tuple[float, str]] = []
        self._calls: set[asyncio.Task[None]] = set()
        self._label = 0
        self.bugs: list[str] = []

    async def run(self, steps: int) -> None:
        await self.begin()
        for _ in range(steps):
            act = self.chance.choice(ACTS)
            self.log.append((self.lives.now(), act))
            await self.act(act)
            await asyncio.sleep(self.chance.choice((0.0, 0.01, 0.2, 0.69, 0.71, 1.0, 2.5, 4.0)))
        await asyncio.sleep(MAX_ON_S)
        await self.lives.stop()
        await self.settle()
        await self.lives.bury()

    async def begin(self) -> None:
        self.starts.append(self.lives.now())
        await self.lives.start()
        self.lives.node.site.outputs.tell_link(is_up=True)

    async def act(self, act: str) -> None:
        name = self.chance.choice(list(LINES))
        if act in ("on", "off", "toggle"):
            self.order(f"{name}.{act}")
        elif act == "set":
            self.order(f"{name}.set", self.chance.random() < 0.7)
        elif act == "for_":
            self.order(f"{name}.set", self.chance.random() < 0.7, for_=self.chance.choice(SPANS))
        elif act == "pulse":
            self.order(f"{name}.pulse", self.chance.choice(SPANS))
        elif act in ("lose_link", "link"):
            self.lives.node.site.outputs.tell_link(is_up=act == "link")
        else:
            await getattr(self, act)()

    async def reload(self) -> None:
        await self.lives.node.reload(self.lives.config)

    async def change(self) -> None:
        self._label += 1
        config = self.lives.config
        name = self.chance.choice(list(LINES))
        device = config.devices[name].but(labels={"n": str(self._label)})
        self.lives.config = config.but(devices={**config.devices, name: device})
        await self.lives.node.reload(self.lives.config)

    async def leave(self) -> None:
        await self.lives.client.leave()
        self.lives.client = await self.lives.join()

    async def restart(self) -> None:
        await self.lives.stop()
        await self.settle()
        await asyncio.sleep(self.chance.choice((0.0, 0.5, 4.0)))
        await self.begin()

    async def kill(self) -> None:
        self.lives.kill()
        await asyncio.sleep(self.chance.choice((0.0, 0.5, 4.0)))
        await self.begin()

    def order(self, procedure: str, *args: object, **kwargs: object) -> None:
        """Give an order and do not wait for its answer: the next event may come before it."""

        async def call() -> None:
            try:
                await self.lives.call(procedure, *args, **kwargs)
            except WampedgeError as error:  # refused, or the node went away meanwhile
                if "runtime_error" in str(error):
                    self.bugs.append(str(error))

        task = asyncio.ensure_future(call())
        self._calls.add(task)
        task.add_done_callback(self._calls.discard)

    async def settle(self) -> None:
        for task in self._calls:
            task.cancel()
        if self._calls:
            await asyncio.wait(self._calls)


SPANS = ("100ms", "1s", "3s")


def violations(story: Story) -> list[str]:
    """Return what the edges of the lines say against the policies, in words."""
    wrong = list(story.bugs)
    name_by_line = {line: name for name, line in LINES.items()}
    on_since: dict[str, float] = {}
    off_since: dict[str, float] = {}
    for at_s, line, level in story.lives.edges:
        name = name_by_line[line]
        if level == (name != "down"):
            wrong += [f"{at_s:.4f} {name} on while {other} is on" for other in on_since]
            for other, since_s in off_since.items():
                if other != name and at_s - since_s < DEAD_S - SLACK_S:
                    wrong.append(f"{at_s:.4f} {name} on {at_s - since_s:.4f} s after {other}")
            if name == "up" and at_s - off_since.get(name, -100.0) < MIN_OFF_S - SLACK_S:
                wrong.append(f"{at_s:.4f} {name} on too soon after {off_since[name]:.4f}")
            on_since[name] = at_s
        elif name in on_since:
            began_s = on_since.pop(name)
            off_since[name] = at_s
            if name == "up" and at_s - began_s < MIN_ON_S - SLACK_S:
                wrong.append(f"{at_s:.4f} {name} off too soon after {began_s:.4f}")
            born_s = [s for s in story.starts if s >= began_s + MAX_ON_S]
            if at_s > max(began_s + MAX_ON_S, min(born_s, default=0.0)) + SLACK_S:
                wrong.append(f"{at_s:.4f} {name} was on since {began_s:.4f}")
    return wrong


def check_story(config: SiteConfig, seed: int) -> None:
    """Live one story and look at its edges."""

    async def main() -> Story:
        story = Story(Lives(config, tuple(LINES.values())), random.Random(seed))
        await story.run(steps=14)
        return story

    story = run_virtual(main())
    wrong = violations(story)
    assert not wrong, (seed, wrong, story.log, story.lives.edges)


def config(folder: Path, seed: int) -> SiteConfig:
    """Return one of four files."""
    text = FILE.replace("POLICY", ("refuse", "release_first")[seed % 2])
    return config_of(folder, text.replace("ON_START", ("off", "restore")[seed // 2 % 2]))


@pytest.mark.parametrize("first", range(0, 200, 25))
def test_no_interleaving_moves_an_output_against_its_policy(tmp_path: Path, first: int) -> None:
    for seed in range(first, first + 25):
        check_story(config(tmp_path, seed), seed)


@pytest.mark.slow
@pytest.mark.parametrize("first", range(1000, 11_000, 500))
def test_ten_thousand_interleavings_move_no_output_against_its_policy(
    tmp_path: Path, first: int
) -> None:
    files = [config(tmp_path, seed) for seed in range(4)]
    for seed in range(first, first + 500):
        check_story(files[seed % 4], seed)
