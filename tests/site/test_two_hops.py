"""Board, hub and centre with the very files of the guide docs/how-to/link-sites.md."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.site.rig import config_of
from tests.uplink.rig import UpstreamRouter
from wampedge.client import CallDetails, EventDetails, Session
from wampedge.errors import ApplicationError
from wampedge.runtime.ground import wiring_of
from wampedge.runtime.node import Node
from wampedge_simulator.clock import SimulatedClock, run_virtual
from wampedge_simulator.substrate import SimulatedSubstrate

GUIDE = Path(__file__).parents[2] / "docs" / "how-to" / "link-sites.md"


@pytest.fixture(autouse=True)
def ticket(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give the two nodes what they prove themselves with."""
    monkeypatch.setenv("TICKET", "tomato")


def file_of(number: int, *edits: tuple[str, str]) -> str:
    """Return the device file *number* of the guide, with other addresses."""
    blocks = re.findall(r"```toml\n(wampedge = 1\n.*?)```", GUIDE.read_text(), flags=re.DOTALL)
    text = str(blocks[number]).replace("${file:/etc/wampedge/ticket}", "${env:TICKET}")
    for old, new in edits:
        assert old in text, old
        text = text.replace(old, new)
    return text


class Chain:
    """The three of them, and who is joined to the router of each."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        for name in ("board", "hub", "centre"):
            (folder / name).mkdir()
        self._hub_url = f"unix:{folder}/hub/n.sock"
        self.router = UpstreamRouter(folder / "centre")
        self.board, self.hub = self._board(), self._hub()
        self.at_board: Session
        self.at_hub: Session
        self.at_centre: Session

    async def start(self) -> None:
        """Bring all of them up, and wait until the lamp of the board is at the centre."""
        await self.router.start()
        await self.hub.start()
        await self.board.start()
        self.at_board = await Session.over(self.board.server.attach_local("test"), "edge")
        self.at_hub = await Session.over(self.hub.server.attach_local("test"), "site")
        self.at_centre = await self.router.client()
        await asyncio.sleep(5.0)
        assert await self.offers("north.gh1.lamp.on")

    async def stop(self) -> None:
        """End all of them."""
        await self.board.stop()
        await self.hub.stop()
        await self.router.stop()

    async def offers(self, procedure: str) -> bool:
        """Tell whether somebody offers *procedure* at the centre."""
        return (await self.at_centre.call("wamp.registration.match", procedure)).value is not None

    async def restart_hub(self, away_s: float) -> None:
        """Take the hub away, and bring it back."""
        await self.hub.stop()
        await asyncio.sleep(away_s)
        self.hub = self._hub()
        await self.hub.start()

    def _board(self) -> Node:
        here = ("wss://hub.north.example:8443/ws", self._hub_url)
        return self._node("board", file_of(0, here))

    def _hub(self) -> Node:
        text = file_of(
            1,
            ('"unix:", "wss://0.0.0.0:8443/ws"', f'"{self._hub_url}"'),
            ('tls = { certificate = "/etc/wampedge/gh1.pem", key = "/etc/wampedge/gh1.key" }', ""),
            ("wss://centre.example/ws", self.router.url),
            ('auth = { method = "ticket", id = "north", secret = "${env:TICKET}" }', ""),
        )
        return self._node("hub", text)

    def _node(self, name: str, text: str) -> Node:
        config = config_of(self._folder / name, text)
        if name == "board":
            config = config.but(router=config.router.but(listen=()))
        board = SimulatedSubstrate(wiring_of(config))
        return Node(config, board, clock=SimulatedClock(), is_inline=True)


@asynccontextmanager
async def running(folder: Path) -> AsyncIterator[Chain]:
    chain = Chain(folder)
    await chain.start()
    try:
        yield chain
    finally:
        await chain.stop()


def on_chain(folder: Path, act: Callable[[Chain], Awaitable[None]]) -> None:
    async def main() -> None:
        async with running(folder) as chain:
            await act(chain)

    run_virtual(main())


def test_the_centre_switches_the_lamp_of_the_board_and_hears_of_it(tmp_path: Path) -> None:
    async def act(chain: Chain) -> None:
        heard: list[Any] = []
        await chain.at_centre.subscribe(
            "north.gh1.lamp.state", lambda value, **_: heard.append(value)
        )

        assert (await chain.at_centre.call("north.gh1.lamp.on")).value is True
        assert (await chain.at_board.call("edge.gh1.lamp.get")).value["state"]["value"] is True
        assert (await chain.at_hub.call("edge.gh1.lamp.off")).value is False
        await asyncio.sleep(1.0)
        assert heard == [True, False]

    on_chain(tmp_path, act)


def test_an_error_of_a_device_is_the_same_two_hops_away(tmp_path: Path) -> None:
    async def act(chain: Chain) -> None:
        errors = []
        for session, prefix in ((chain.at_board, "edge"), (chain.at_centre, "north")):
            with pytest.raises(ApplicationError) as caught:
                await session.call(f"{prefix}.gh1.lamp.on", "now")
            error = caught.value
            errors.append((error.uri, error.arguments, error.keywords))

        assert errors[0] == errors[1]
        assert errors[0][0] == "wamp.error.invalid_argument"

    on_chain(tmp_path, act)


def test_orders_of_the_centre_are_heard_at_the_board(tmp_path: Path) -> None:
    async def act(chain: Chain) -> None:
        heard: list[Any] = []
        await chain.at_board.subscribe("fleet.stop", lambda *args: heard.append(args))
        await asyncio.sleep(1.0)
        await chain.at_centre.publish("fleet.stop", "frost", acknowledge=True)
        await asyncio.sleep(1.0)

        assert heard == [("frost",)]

    on_chain(tmp_path, act)


def test_a_procedure_of_the_centre_is_called_from_the_board(tmp_path: Path) -> None:
    async def act(chain: Chain) -> None:
        async def count(details: CallDetails) -> int:
            for number in range(3):
                details.progress(number)
            return 3

        await chain.at_centre.register("fleet.count", count, wants_details=True)
        steps: list[int] = []
        result = await chain.at_board.call(
            "fleet.count", on_progress=lambda step: steps.append(step.value)
        )

        assert (steps, result.value) == ([0, 1, 2], 3)

    on_chain(tmp_path, act)


def test_what_the_board_says_while_the_hub_is_away_arrives_in_order(tmp_path: Path) -> None:
    async def act(chain: Chain) -> None:
        heard: list[tuple[int, bool]] = []

        def hear(number: int, *_: Any, details: EventDetails, **__: Any) -> None:
            heard.append((number, bool(details.options.get("x_historical"))))

        await chain.at_centre.subscribe("north.gh1.lan.count", hear, wants_details=True)
        for number in range(3):
            await chain.at_board.publish("edge.gh1.lan.count", number, acknowledge=True)
        away = asyncio.ensure_future(chain.restart_hub(20.0))
        await asyncio.sleep(5.0)
        for number in range(3, 6):
            await chain.at_board.publish("edge.gh1.lan.count", number, acknowledge=True)
        await away
        await asyncio.sleep(90.0)

        assert [number for number, _ in heard] == [0, 1, 2, 3, 4, 5]
        assert [was_late for _, was_late in heard][3:] == [True, True, True]

    on_chain(tmp_path, act)
