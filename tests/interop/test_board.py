"""The board view in a real browser: what is done on the page happens on the board."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.interop.browser import Page, visiting
from tests.support.node_process import NodeProcess
from wampedge.client import Session

pytestmark = [pytest.mark.interop, pytest.mark.node]

FILE = """
wampedge = 1
node.name = "n"
{router}
[buses.i2c1]
type = "i2c"
bus = 1
[devices.air]
driver = "lm75"
bus = "i2c1"
every = "1s"
[devices.lamp]
driver = "led"
pin = 27
[devices.bell]
driver = "button"
pin = 22
"""
AIR, LAMP, BELL = (
    f"document.querySelector('[data-device={name}]')" for name in ["air", "lamp", "bell"]
)
PIN = (
    "[...document.querySelectorAll('#header title')]"
    ".find((e) => e.textContent.startsWith('{}:')).textContent"
)


async def load_board(page: Page) -> None:
    await page.until("document.querySelectorAll('.dot.ok').length === 3")


async def test_hands_on_the_page_are_hands_at_the_bench(tmp_path: Path) -> None:
    path = tmp_path / "devices.toml"
    path.write_text(FILE.format(router=""), encoding="utf-8")
    with NodeProcess(path, ("ws://127.0.0.1:0/ws",), flags=("--simulate", "--board")) as node:
        home = node.url("ws").replace("ws://", "http://").removesuffix("/ws")
        async with visiting(f"{home}/board/?realm=edge&prefix=edge.n", tmp_path) as page:
            await load_board(page)
            assert (
                await page.value("document.getElementById('kind').textContent") == "simulated board"
            )

            await page.value(f"{LAMP}.querySelector('dd button').click()")
            await page.until(f"{PIN.format('gpio:27')} === 'gpio:27: high'")
            await page.until(f"{LAMP}.querySelector('.lamp').title === 'power 1'")

            slider = f"{AIR}.querySelector('input[data-channel=temperature]')"
            await page.value(f"{slider}.value = 30, {slider}.dispatchEvent(new Event('input'))")
            await page.until(f"{AIR}.querySelector('dd').textContent.startsWith('30')")

            await page.value(
                f"{BELL}.querySelector('.press').dispatchEvent(new Event('pointerdown'))"
            )
            await page.until(f"{PIN.format('gpio:22')} === 'gpio:22: low'")
            await page.until(f"{BELL}.querySelector('dd').textContent === 'yes'")

            await page.value(f"{AIR}.querySelector('select').value = 'nack'")
            await page.value(f"{AIR}.querySelector('.fault').click()")
            await page.until(f"{AIR}.querySelector('.dot').className === 'dot down'")
            await page.until("document.querySelector('#transactions .failed') !== null")
            await page.value(f"{AIR}.querySelector('.mend').click()")
            await page.until(f"{AIR}.querySelector('.dot').className === 'dot ok'")

            picture = await page.photograph()
    (tmp_path / "board.png").write_bytes(picture)  # for people who want to look
    assert len(picture) > 30_000


async def test_a_board_without_hands_is_shown_and_not_touched(tmp_path: Path) -> None:
    """As a real board is: it has no procedures of a simulation; here the visitor may not."""
    router = """
[router.roles.local.allow]
call = ["edge.n.sys.", "edge.n.lamp."]
subscribe = ["edge."]
register = ["edge."]
publish = ["edge."]
"""
    path = tmp_path / "devices.toml"
    path.write_text(FILE.format(router=router), encoding="utf-8")
    with NodeProcess(
        path, ("ws://127.0.0.1:0/ws", "unix:"), flags=("--simulate", "--board")
    ) as node:
        home = node.url("ws").replace("ws://", "http://").removesuffix("/ws")
        async with visiting(f"{home}/board/?realm=edge&prefix=edge.n", tmp_path) as page:
            await load_board(page)
            kind = await page.value("document.getElementById('kind').textContent")
            hands = await page.value("document.querySelectorAll('button, input, select').length")
            async with await Session.connect(node.url("unix"), "edge") as session:
                await session.call("edge.n.lamp.on")
            await page.until(f"{PIN.format('gpio:27')} === 'gpio:27: high'")

    assert (kind, hands) == ("real board, read-only", 0)
