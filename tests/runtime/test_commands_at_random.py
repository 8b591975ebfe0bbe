"""Orders with deadlines and keys, given and given up at random moments."""

from __future__ import annotations

import asyncio
from typing import Any, NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.runtime.test_commands import Desk, at_desk


class Order(NamedTuple):
    """One order: when it is given, what it says, and when its caller gives up."""

    at_s: float
    where: float
    within_s: float | None
    key: str | None
    gives_up_after_s: float | None


def tenths(most: int) -> st.SearchStrategy[float]:
    """Draw times between the tenths of seconds at which moves end, so that nothing is in a tie."""
    return st.integers(0, most).map(lambda number: number / 10 + 0.05)


ORDERS = st.lists(
    st.builds(
        Order,
        at_s=tenths(200),
        where=st.sampled_from([0.25, 0.5, 0.75]),
        within_s=st.none() | tenths(90),
        key=st.none() | st.sampled_from(["a", "b"]),
        gives_up_after_s=st.none() | tenths(90),
    ),
    min_size=1,
    max_size=8,
)


@settings(max_examples=60)
@given(orders=ORDERS)
def test_nothing_is_carried_out_late_nor_twice(orders: list[Order]) -> None:
    async def act(desk: Desk) -> None:
        outcomes: list[tuple[Order, Any]] = []

        async def give(order: Order) -> None:
            await asyncio.sleep(order.at_s)
            options: dict[str, Any] = {}
            if order.within_s is not None:
                options["by_"] = f"{order.within_s}s"
            if order.key is not None:
                # Another place is another order, so it has another key.
                options["key_"] = f"{order.key} {order.where}"
            call = desk.call("set", order.where, **options)
            await asyncio.wait([call], timeout=order.gives_up_after_s)
            call.cancel()
            outcome = (await asyncio.gather(call, return_exceptions=True))[0]
            outcomes.append((order, outcome))

        await asyncio.gather(*(give(order) for order in orders))
        await asyncio.sleep(60)

        moved = desk.valve.moved
        for began_s, where in moved:
            assert any(_may_begin(order, began_s) for order in orders if order.where == where)
        for where in (0.25, 0.5, 0.75):
            moves = sum(1 for _, place in moved if place == where)
            assert moves <= _distinct([order for order in orders if order.where == where])
        done = {order.where for order, outcome in outcomes if outcome == order.where}
        assert done <= {where for _, where in moved}

    at_desk(act)


def _may_begin(order: Order, began_s: float) -> bool:
    """Tell whether *order* may begin at this time: it was there, in time, and still wanted."""
    until_s = [began_s]
    if order.within_s is not None:
        until_s.append(order.at_s + order.within_s)
    if order.gives_up_after_s is not None and order.key is None:
        until_s.append(order.at_s + order.gives_up_after_s)
    return order.at_s - 1e-6 <= began_s <= min(until_s) + 1e-6


def _distinct(orders: list[Order]) -> int:
    """Return how often orders may be carried out: all of one key count once."""
    keys = {order.key for order in orders if order.key is not None}
    return len(keys) + sum(order.key is None for order in orders)
