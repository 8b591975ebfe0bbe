"""Rules: what the node does by itself, with or without a link upstream.

States of a rule, published on ``P.rules.NAME``::

    idle ──condition holds──▶ waiting ──for so long──▶ active ──holds no more──▶ idle

``disabled`` is the last that is told of a rule which a reload removes.

``unknown`` while an input has no good value: nothing is done then, and what a rule with safety
holds stays held. A rule acts when it becomes active, never again while it is, and at most once
every ``pause``: a condition that flickers moves no relay more often.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Any, Literal, Protocol

from wampedge.devices.contracts import Clock
from wampedge.devices.expressions import ExpressionError
from wampedge.devices.logic import RuleSpec
from wampedge.devices.orders import Order
from wampedge.errors import DeviceError, WampedgeError
from wampedge.runtime.derived import Lookup, unknown_input

__all__ = ["OrderedSite", "Rule", "RuleState"]

log = logging.getLogger(__name__)

RuleState = Literal["idle", "waiting", "active", "unknown", "disabled"]

TRIES = 3
"""How often an order is tried; for safety as often as it takes while the condition holds."""
_RETRY_S = 1.0
_SLACK_S = 1e-4
"""How much later than planned a rule is looked at: a timer may fire a trifle early."""


class OrderedSite(Protocol):
    """What rules need of the devices."""

    async def order(self, order: Order, rule: RuleSpec) -> None:
        """Carry out *order*; raises WampedgeError."""
        ...

    def hold(self, device: str, rule: RuleSpec) -> None:
        """Refuse orders to *device* of anybody but rules with safety."""
        ...

    def release(self, device: str, rule: RuleSpec) -> None:
        """End what ``hold`` began."""
        ...


class Rule:
    """One rule; owned by the ``Logic`` of the node, from the event loop only.

    Args:
        spec: the rule.
        site: the devices it orders.
        lookup: returns readings.
        clock: the node's clock.
        on_change: told of every change of state and of what failed.
    """

    def __init__(
        self,
        spec: RuleSpec,
        site: OrderedSite,
        lookup: Lookup,
        clock: Clock,
        on_change: Callable[[Rule], None],
    ) -> None:
        self.spec = spec
        self.state: RuleState = "unknown"
        self.reason: str | None = "no input yet"
        self.since = clock.time()
        self.fired = 0
        self.failed = 0
        self.delayed = 0
        self._site, self._lookup, self._clock = site, lookup, clock
        self._on_change = on_change
        self._condition = spec.when.compiled()
        self._is_active = False
        self._true_since_s: float | None = None
        self._acted_s: float | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._work: asyncio.Task[None] | None = None

    def look(self) -> None:
        """Look at the condition again: an input changed, or it is time."""
        holds = self._holds()
        if holds is None:
            self._true_since_s = None
            self._stop_timer()
            self._enter("unknown", self.reason)
        elif holds:
            self._on_true()
        else:
            self._on_false()

    def again(self) -> None:
        """Give the orders of an active rule with safety again: a device was replaced."""
        if self._is_active and self.spec.is_safety:
            self._hold()
            self._act(self.spec.orders)

    def close(self) -> None:
        """Give no more orders, and hold nothing."""
        self._stop_timer()
        self._cancel_work()
        if self._is_active:
            self._release()

    def disable(self, reason: str) -> None:
        """Tell for the last time how it is, after ``close``."""
        self._enter("disabled", reason)

    def details(self) -> dict[str, Any]:
        """Return what is told of the rule with its state."""
        details: dict[str, Any] = {
            "since": self.since,
            "fired": self.fired,
            "failed": self.failed,
            "delayed": self.delayed,
        }
        if self.reason is not None:
            details["reason"] = self.reason
        return details

    def _holds(self) -> bool | None:
        """Return whether the condition holds; None, and a reason, where nobody knows."""
        values: list[Any] = []
        for name in self.spec.when.inputs:
            reading = self._lookup(name)
            if reading is None or reading.value is None:
                self.reason = unknown_input(name, reading)
                return None
            values.append(reading.value)
        try:
            return bool(self._condition(*values))
        except ExpressionError as error:
            self.reason = str(error)
            return None

    def _on_true(self) -> None:
        now_s = self._clock.monotonic()
        if self._is_active:
            self._enter("active", None)
            return
        if self._true_since_s is None:
            self._true_since_s = now_s
        ripe_s = self._true_since_s + self.spec.for_s
        if self._acted_s is not None and self._acted_s + self.spec.pause_s > ripe_s:
            ripe_s = self._acted_s + self.spec.pause_s
            self.delayed += self._timer is None
        if now_s >= ripe_s - 1e-6:
            self._fire(now_s)
        else:
            self._enter("waiting", None)
            self._stop_timer()
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(ripe_s - now_s + _SLACK_S, self._on_time)

    def _on_time(self) -> None:
        self._timer = None
        self.look()

    def _fire(self, now_s: float) -> None:
        self._stop_timer()
        self._is_active, self._acted_s = True, now_s
        self.fired += 1
        log.info("rule %s: %s", self.spec.name, ", ".join(each.text for each in self.spec.orders))
        self._hold()
        self._enter("active", None)
        self._act(self.spec.orders)

    def _on_false(self) -> None:
        self._true_since_s = None
        self._stop_timer()
        if self._is_active:
            self._is_active = False
            self._release()
            self._cancel_work()
            if self.spec.otherwise:
                self._act(self.spec.otherwise)
        self._enter("idle", None)

    def _hold(self) -> None:
        if self.spec.is_safety:
            for order in self.spec.orders:
                self._site.hold(order.device, self.spec)

    def _release(self) -> None:
        if self.spec.is_safety:
            for order in self.spec.orders:
                self._site.release(order.device, self.spec)

    def _act(self, orders: Sequence[Order]) -> None:
        self._cancel_work()
        work = self._give(orders)
        self._work = asyncio.get_running_loop().create_task(work, name=f"rule {self.spec.name}")

    async def _give(self, orders: Sequence[Order]) -> None:
        """Give *orders* one after the other; one that fails keeps no other from its turn."""
        left = list(orders)
        tries = 0
        while left:
            tries += 1
            left = [order for order in left if not await self._give_one(order)]
            if left and tries >= TRIES and not (self.spec.is_safety and self._is_active):
                return
            if left:
                await asyncio.sleep(_RETRY_S)

    async def _give_one(self, order: Order) -> bool:
        try:
            await self._site.order(order, self.spec)
        except WampedgeError as error:
            reason = error.reason if isinstance(error, DeviceError) else str(error)
            self._fail(order, reason)
            return False
        except Exception as error:  # outermost edge of a task: nobody else would hear of it
            log.exception("rule %s: %s failed", self.spec.name, order.text)
            self._fail(order, type(error).__name__)
            return False
        return True

    def _fail(self, order: Order, reason: str) -> None:
        self.failed += 1
        text = f"{order.text}: {reason}"
        if text != self.reason:  # the same failure once, not once a try
            log.warning("rule %s: %s", self.spec.name, text)
            self.reason = text
            self._on_change(self)

    def _enter(self, state: RuleState, reason: str | None) -> None:
        if state == self.state:
            return
        self.state, self.reason, self.since = state, reason, self._clock.time()
        self._on_change(self)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _cancel_work(self) -> None:
        if self._work is not None:
            self._work.cancel()
            self._work = None
