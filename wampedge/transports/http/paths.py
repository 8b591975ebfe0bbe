"""What stands where on the port, apart from the web folder."""

from __future__ import annotations

from typing import Final

__all__ = ["HEALTH_PATH", "LONGPOLL_PATH", "WEBSOCKET_PATH"]

HEALTH_PATH: Final = "/healthz"
LONGPOLL_PATH: Final = "/lp"
WEBSOCKET_PATH: Final = "/ws"
