"""Two real Crossbar routers with its own router-to-router link between them.

The link dials from the edge to the hub, as a board behind a router at home has to, and proves
itself with the key of the edge node.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

from tests.interop.crossbar import KEY_SEED, REALM, CrossbarRouter
from wampedge.client import Session
from wampedge.wamp import ed25519

__all__ = ["EdgeCrossbar"]

_LINK_LIMIT_S = 60.0
_SETTING_UP_S = 2.0


@dataclass
class EdgeCrossbar(CrossbarRouter):
    """A Crossbar that links its realm to that of another one.

    Args:
        hub_port: WebSocket port of the other one on loopback, or of what stands before it.
    """

    hub_port: int = 0

    def command(self) -> list[str]:
        """Write the configuration and the key, and return what starts the router."""
        command = super().command()
        key = self.folder / ".crossbar" / "key.priv"
        key.unlink(missing_ok=True)
        key.write_text(
            _KEY.format(public=ed25519.public_key(KEY_SEED).hex(), private=KEY_SEED.hex())
        )
        key.chmod(0o600)
        return command

    async def wait_linked(self, hub: Session) -> None:
        """Wait until the link is up: of what is registered before, the other side may not hear.

        Args:
            hub: a session there.
        """
        async with asyncio.timeout(_LINK_LIMIT_S):
            while not await _is_joined(hub):  # noqa: ASYNC110 # another program joins
                await asyncio.sleep(0.1)
        await asyncio.sleep(_SETTING_UP_S)  # after it has joined it looks what is there; untold

    def _configuration(self) -> dict[str, Any]:
        configuration = super()._configuration()
        url = f"ws://127.0.0.1:{self.hub_port}/"
        endpoint = {"type": "tcp", "host": "127.0.0.1", "port": self.hub_port}
        link = {
            "id": "uplink",
            "realm": REALM,
            "authid": "robot",
            "transport": {"type": "websocket", "url": url, "endpoint": endpoint},
            "forward_local_events": True,
            "forward_remote_events": True,
            "forward_local_invocations": True,
            "forward_remote_invocations": True,
        }
        configuration["workers"][0]["realms"][0]["rlinks"] = [link]
        return configuration


async def _is_joined(hub: Session) -> bool:
    """Tell whether the link has a session at *hub*."""
    for session_id in (await hub.call("wamp.session.list")).value:
        details = (await hub.call("wamp.session.get", session_id)).value
        if details.get("authid") == "robot":
            return True
    return False


_KEY = """\
Crossbar.io node private key - KEEP THIS SAFE!

creator: bench@localhost
created-at: 2026-01-01T00:00:00.000Z
machine-id: 0123456789abcdef0123456789abcdef
public-key-ed25519: {public}
private-key-ed25519: {private}
"""
