"""All checks, and running them against one router."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from tests.conformance import (
    authentication,
    meta,
    pubsub,
    rpc,
    rpc_advanced,
    sessions,
    transports,
)
from tests.conformance.checks import CHECKS, Check
from tests.conformance.client import ClosedError, Stage, Untried

__all__ = ["ALL_CHECKS", "run_all", "run_check"]

_PARTS = (
    sessions,
    rpc,
    rpc_advanced,
    pubsub,
    meta,
    authentication,
    transports,
)  # the order of the table
ALL_CHECKS: Sequence[Check] = tuple(
    check for part in _PARTS for check in CHECKS if check.run.__module__ == part.__name__
)
"""All checks; their modules entered them when they were loaded."""

_LIMIT_S = 60.0


async def run_check(
    check: Check, url: str, realm: str, rawsocket: tuple[str, int] | None = None
) -> None:
    """Run one check on connections of its own.

    Raises:
        Exception: the router does not follow the rule; what exactly depends on how.
    """
    async with asyncio.timeout(_LIMIT_S), Stage(url, realm, rawsocket) as stage:
        await check.run(stage)


async def run_all(url: str, realm: str, rawsocket: tuple[str, int] | None = None) -> dict[str, str]:
    """Run all checks; return by name why one failed, empty where it passed."""
    verdicts = {}
    for check in ALL_CHECKS:
        try:
            await run_check(check, url, realm, rawsocket)
        except Untried:
            continue
        except ClosedError:
            verdicts[check.name] = "the router closed the connection"
        except Exception as error:  # noqa: BLE001 - whatever a router does, the others are checked
            verdicts[check.name] = str(error).partition("\n")[0] or type(error).__name__
        else:
            verdicts[check.name] = ""
    return verdicts
