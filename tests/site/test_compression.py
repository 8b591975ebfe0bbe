"""The keys ``compression`` of ``[router]`` and ``[upstream]``: one node is upstream of another."""

from __future__ import annotations

from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from tests.site.rig import config_of
from tests.site.test_upstream import linked, running
from wampedge.transports.compression import inflate

LAMP = '[devices.lamp]\ndriver = "led"\npin = 27\n'
HUB = """\
wampedge = 1
[node]
name = "hub"
[router]
realm = "farm"
listen = ["ws://127.0.0.1:0/ws"]
{key}
"""
LEAF = """\
wampedge = 1
[node]
name = "n1"
[upstream]
url = "{url}"
realm = "farm"
{key}
"""
ON = "compression = true"


@pytest.mark.parametrize(
    ("hub_key", "leaf_key", "is_compressed"),
    [("", "", False), ("", ON, False), (ON, "", False), (ON, ON, True)],
)
async def test_messages_are_compressed_where_both_nodes_say_so(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    hub_key: str,
    leaf_key: str,
    is_compressed: bool,
) -> None:
    """HELLO and WELCOME are long enough to be worth it."""
    inflated: list[bytes] = []

    def noted(packed: bytes, limit: int) -> bytes:
        inflated.append(inflate(packed, limit))
        return inflated[-1]

    monkeypatch.setattr("wampedge.transports.websocket.inflate", noted)
    async with AsyncExitStack() as stack:
        hub_config = config_of(tmp_path, HUB.format(key=hub_key) + LAMP)
        hub, client = await stack.enter_async_context(running(hub_config))
        text = LEAF.format(url=hub.urls[0], key=leaf_key) + LAMP
        config = config_of(tmp_path, text)
        leaf_config = config.but(router=config.router.but(listen=()))
        leaf, _ = await stack.enter_async_context(running(leaf_config))
        await linked(leaf)
        result = await client.call("edge.n1.lamp.get")

    assert result.args[0]["state"]["value"] is False
    assert bool(inflated) is is_compressed
