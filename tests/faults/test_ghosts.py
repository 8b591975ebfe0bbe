"""Peers that vanish without a word: the router finds out, and their names come back.

Real TCP between network namespaces whose cables are pulled, with the times the product has.
``pytest -m kernel tests/faults`` runs them; they take half a minute and need root and ``ip``.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator

import pytest

from tests.faults.programs import PORT
from tests.support.netns import Machine, Network, Program, missing_for_netns

pytestmark = pytest.mark.kernel

DETECTION_S = 15.0
NAMES_BACK_S = 1.0
PROGRAMS = (sys.executable, "-m", "tests.faults.programs")


@pytest.fixture
async def network() -> AsyncIterator[Network]:
    missing = missing_for_netns()
    if missing:
        pytest.skip(missing)
    async with Network() as network:
        yield network


async def serve(network: Network) -> tuple[Program, str]:
    """Start the router; returns it and its address."""
    machine = network.add()
    router = await machine.run(*PROGRAMS, "router")
    await router.hear_of("listening", within_s=10)
    return router, machine.address


async def board(machine: Machine, url: str, user: str, *, is_forced: bool = False) -> Program:
    """Start a board of ours and wait until it has its names."""
    forced = "forced" if is_forced else "patient"
    program = await machine.run(*PROGRAMS, "board", url, user, forced)
    await program.hear_of("restored", within_s=10)
    return program


async def names_back_s(program: Program, *, within_s: float) -> float:
    """Wait until a board has joined and has its names; returns the time between."""
    joined = await program.hear_of("joined", within_s=within_s)
    restored = await program.hear_of("restored", within_s=10)
    return float(restored["at"] - joined["at"])


async def test_a_pulled_cable_is_found_in_15_s_and_calls_fail_and_names_come_back_with_it(
    network: Network,
) -> None:
    """Issue 3: half-open links, over WebSocket, our raw socket and one that knows no pings."""
    router, host = await serve(network)
    ws, rs, foreign = network.add(), network.add(), network.add()
    on_ws = await board(ws, f"ws://{host}:{PORT}/ws", "ws")
    on_rs = await board(rs, f"rs://{host}:{PORT}", "rs")
    on_foreign = await foreign.run(*PROGRAMS, "foreign", host, str(PORT))
    await on_foreign.hear_of("restored", within_s=10)
    procedures = ["ws.hang", "rs.hang", "foreign.hang"]
    for procedure in procedures:
        router.say(procedure)
    router.say("ws.n0")
    assert (await router.hear_of("answered", within_s=5))["result"] == ["ws"]

    pulled = ws.unplug()
    rs.unplug()
    foreign.unplug()
    router.say("rs.n1")  # asked of a board that is gone already

    found: dict[str, float] = {}
    while len(found) < 7:
        said = await router.hear(within_s=DETECTION_S + 5)
        found[said.get("procedure") or said["authid"]] = said["at"] - pulled
    assert found.keys() >= {"ws", "rs", *procedures, "rs.n1"}
    assert max(found.values()) <= DETECTION_S, found

    await asyncio.gather(
        on_ws.hear_of("waiting", within_s=DETECTION_S),
        on_rs.hear_of("waiting", within_s=DETECTION_S),
    )
    for machine in (ws, rs):
        machine.plug()
    back = await asyncio.gather(names_back_s(on_ws, within_s=60), names_back_s(on_rs, within_s=60))
    assert max(back) <= NAMES_BACK_S, back
    router.say("rs.n1")
    assert (await router.hear_of("answered", within_s=5))["result"] == ["rs"]


@pytest.mark.parametrize("scheme", ["ws", "rs"])
@pytest.mark.parametrize("is_forced", [True, False])
async def test_a_board_that_was_power_cycled_has_its_names_back_before_its_ghost_is_found(
    network: Network, scheme: str, is_forced: bool
) -> None:
    """Issue 3 line 7: same authid takes over its own names; a dead incumbent is evicted."""
    router, host = await serve(network)
    url = f"ws://{host}:{PORT}/ws" if scheme == "ws" else f"rs://{host}:{PORT}"
    before, after = network.add(), network.add()
    await board(before, url, "third", is_forced=is_forced)
    await before.cut_power()

    forced = "forced" if is_forced else "patient"
    again = await after.run(*PROGRAMS, "board", url, "third", forced)

    assert await names_back_s(again, within_s=10) <= NAMES_BACK_S
    router.say("third.n7")
    assert (await router.hear_of("answered", within_s=5))["result"] == ["third"]
