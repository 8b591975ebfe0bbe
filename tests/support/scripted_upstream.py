"""Attempts of a reconnecting client, each answered by a scripted router or failing as told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from tests.support.scripted_router import ScriptedRouter, granting
from wampedge.client import Connection
from wampedge.errors import ConnectError
from wampedge.transports.base import Transport

__all__ = ["ScriptedUpstream", "half", "refused"]


def half() -> float:
    """Draw the middle of every range."""
    return 0.5


def refused() -> ConnectError:
    """Make the error of a connect that nobody listens to."""
    error = ConnectError("cannot connect: connection refused")
    error.__cause__ = ConnectionRefusedError(111, "refused")
    return error


class ScriptedUpstream:
    """Opens a transport to a new scripted router for each attempt, or fails as told.

    Attributes:
        failures: what the next attempts end with.
        set_up: done to each new router.
        attempts: virtual time of every attempt.
    """

    def __init__(self, *failures: Exception) -> None:
        self.failures = list(failures)
        self.set_up: Callable[[ScriptedRouter], None] = granting
        self.attempts: list[float] = []
        self.routers: list[ScriptedRouter] = []

    @property
    def router(self) -> ScriptedRouter:
        return self.routers[-1]

    async def open(self) -> Transport:
        self.attempts.append(round(asyncio.get_running_loop().time(), 3))
        if self.failures:
            raise self.failures.pop(0)
        router = ScriptedRouter()
        self.set_up(router)
        self.routers.append(router)
        return router.client_end

    def connection(self) -> Connection:
        return Connection(self.open, "edge", random=half)
