from __future__ import annotations

import asyncio
from typing import cast

from wampedge.server.patience import Patience
from wampedge.server.peer import Peer
from wampedge_simulator.clock import run_virtual


class HeldPeer:
    """Counts how often it is held, less how often it is let go."""

    def __init__(self) -> None:
        self.holds = 0

    def hold(self) -> None:
        self.holds += 1

    def unhold(self) -> None:
        self.holds -= 1


def hold(patience: Patience, sender: HeldPeer) -> None:
    patience.hold(cast("Peer", sender))


def test_a_sender_is_held_once_until_the_receiver_has_caught_up() -> None:
    async def scene() -> list[int]:
        patience, sender = Patience(0.5), HeldPeer()
        hold(patience, sender)
        hold(patience, sender)
        held = sender.holds
        patience.release()
        return [held, sender.holds]

    assert run_virtual(scene()) == [1, 0]


def test_a_stalled_receiver_holds_its_senders_for_half_a_second_in_all() -> None:
    async def scene() -> list[tuple[int, int]]:
        patience, first, second = Patience(0.5), HeldPeer(), HeldPeer()
        hold(patience, first)
        await asyncio.sleep(0.4)
        hold(patience, second)
        before = (first.holds, second.holds)
        await asyncio.sleep(0.2)
        after = (first.holds, second.holds)
        hold(patience, first)
        later = (first.holds, second.holds)
        patience.release()
        return [before, after, later]

    assert run_virtual(scene()) == [(1, 1), (0, 0), (0, 0)]


def test_a_receiver_that_has_caught_up_may_hold_again() -> None:
    async def scene() -> int:
        patience, sender = Patience(0.5), HeldPeer()
        hold(patience, sender)
        await asyncio.sleep(1)
        patience.release()
        hold(patience, sender)
        held = sender.holds
        patience.release()
        return held

    assert run_virtual(scene()) == 1
