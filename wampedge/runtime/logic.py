"""What the node computes and decides itself: its derived values and rules, kept up to date.

Made only for a device file that has any. Every reading of every device passes ``hear``; what it
changes is looked at once, when the event loop comes round to it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import partial
from typing import Any

from wampedge.client import CallResult
from wampedge.config.model import SiteConfig
from wampedge.devices.contracts import Clock
from wampedge.devices.logic import DERIVED, RULES, RuleSpec
from wampedge.devices.orders import Order
from wampedge.devices.readings import Reading
from wampedge.errors import NotReadyError, SafetyError
from wampedge.runtime.announcer import Announcer
from wampedge.runtime.arguments import bind_arguments
from wampedge.runtime.derived import DerivedValues
from wampedge.runtime.procedures import FRESH, SET, Endpoint, Procedures, endpoint
from wampedge.runtime.publications import GONE, Publications
from wampedge.runtime.rules import Rule
from wampedge.runtime.site import Site

__all__ = ["Logic"]


class Logic:
    """Owned by the node, from the first device file with derived values or rules to ``close``.

    Args:
        site: the devices.
        announcer: tells of readings, and publishes those of derived values.
        publications: takes the events of rules, and forgets what is no more.
        clock: the node's clock.
    """

    def __init__(
        self, site: Site, announcer: Announcer, publications: Publications, clock: Clock
    ) -> None:
        self.rules: dict[str, Rule] = {}
        self.derived = DerivedValues(clock, announcer, self._lookup)
        self._site, self._announcer, self._clock = site, announcer, clock
        self._publications = publications
        self._prefix = ""
        self._inputs: frozenset[str] = frozenset()
        self._changed: set[str] = set()
        self._turn: asyncio.Handle | None = None
        self._is_looking = False

    def configure(self, config: SiteConfig) -> None:
        """Take what *config* says; a rule that is the same goes on as it is."""
        self._prefix = config.node.uri_prefix
        for name in self.derived.configure(config.derived):
            self._publications.forget(f"{self._prefix}.{DERIVED}.{name}")
        self._configure_rules(config.rules)
        terms = [d.term for d in config.derived.values()] + [r.when for r in config.rules.values()]
        self._inputs = frozenset(name for term in terms for name in term.inputs)
        self._announcer.listener = self.hear
        self._wake(set(self._inputs))

    def _configure_rules(self, specs: Mapping[str, RuleSpec]) -> None:
        changed = {name for name, rule in self.rules.items() if specs.get(name) != rule.spec}
        for name in changed:
            rule = self.rules.pop(name)
            rule.close()
            if name not in specs:
                rule.disable(GONE)
                self._publications.forget(self._topic(name))
        for name, spec in specs.items():
            if name not in self.rules:
                rule = self.rules[name] = Rule(spec, self, self._lookup, self._clock, self._tell)
                if name in changed:
                    self._tell(rule)  # what the one before it said is true no more

    def replaced(self, devices: set[str]) -> None:
        """Give orders again that hold, to *devices* that are new."""
        for rule in self.rules.values():
            if any(order.device in devices for order in rule.spec.orders):
                rule.again()

    def hear(self, device: str, channel: str, reading: Reading) -> None:
        """Note that a channel has a new reading."""
        name = f"{device}.{channel}"
        if name in self._inputs and not (device == DERIVED and self._is_looking):
            self._wake({name})

    def close(self) -> None:
        """Compute and order no more."""
        self._announcer.listener = None
        if self._turn is not None:
            self._turn.cancel()
            self._turn = None
        for rule in self.rules.values():
            rule.close()
        self.derived.close()

    async def order(self, order: Order, rule: RuleSpec) -> None:
        """Carry out *order* of *rule*; raises WampedgeError."""
        guard = self._site.outputs.guards.get(order.device)
        if guard is not None and guard.holds and not rule.is_safety:
            raise SafetyError(next(iter(guard.holds.values())), device=order.device)
        device = self._site.devices[order.device]
        if order.command != "set":
            await device.call(order.command, order.args, dict(order.kwargs))
        else:
            settable = [n for n, c in device.config.channels.items() if c.spec.is_settable]
            bound = bind_arguments(SET, order.args, dict(order.kwargs))
            channel = order.channel or settable[0]
            await device.set(channel, bound["value"], for_s=bound["for_"])
        self._site.outputs.ordered(order.device)

    def hold(self, device: str, rule: RuleSpec) -> None:
        """Refuse orders to *device* of anybody but rules with safety."""
        self._site.outputs.hold(device, f"rule {rule.name} holds {device}", by=f"rule {rule.name}")

    def release(self, device: str, rule: RuleSpec) -> None:
        """End what ``hold`` began."""
        self._site.outputs.release(device, by=f"rule {rule.name}")

    def procedures(self) -> Procedures:
        """Return the procedures of the derived values."""
        base = f"{self._prefix}.{DERIVED}"
        names = self.derived.names
        table: Procedures = {f"{base}.{n}.get": endpoint(FRESH, self._get(n)) for n in names}
        history = self._announcer.history
        for name in names:
            if history is not None and self.derived.channel_of(name).history_s is not None:
                now = partial(self.derived.channel_of, name)
                table[f"{base}.{name}.history"] = history.endpoint(f"{DERIVED}.{name}", now)
        if names:
            table[f"{base}.get"] = endpoint(FRESH, self._get_all)
        return table

    def health(self) -> dict[str, Any]:
        """Return the state of every rule."""
        return {name: {"state": r.state, **r.details()} for name, r in self.rules.items()}

    def _get(self, name: str) -> Endpoint:
        async def get(*, fresh: bool) -> CallResult:
            if fresh:
                await self._renew([name])
            reading = self.derived.reading_of(name)
            if reading is None:
                raise NotReadyError("a reload took the value away")
            return CallResult.of(reading.value, **reading.details())

        return get

    async def _get_all(self, *, fresh: bool) -> dict[str, Any]:
        if fresh:
            await self._renew(self.derived.names)
        readings = {name: self.derived.reading_of(name) for name in self.derived.names}
        return {n: {"value": r.value, **r.details()} for n, r in readings.items() if r is not None}

    async def _renew(self, names: list[str]) -> None:
        """Sample what derived values are made of, and compute them; raises DeviceError."""
        running = self._site.devices
        devices = [running[name] for name in self.derived.devices_of(names) if name in running]
        works = [device.get(next(iter(device.config.channels)), fresh=True) for device in devices]
        outcomes = await asyncio.gather(*works, return_exceptions=True)
        self._look()
        for name in self.derived.timed_of(names):
            self.derived.compute_one(name)
            self._look()  # what is made of it
        for outcome in outcomes:
            if isinstance(outcome, BaseException):
                raise outcome

    def _wake(self, names: set[str]) -> None:
        self._changed |= names
        if self._turn is None:
            self._turn = asyncio.get_running_loop().call_soon(self._look)

    def _look(self) -> None:
        if self._turn is not None:
            self._turn.cancel()
            self._turn = None
        changed, self._changed = self._changed, set()
        # What is computed here is looked at here: it is no reason to come round again.
        self._is_looking = True
        try:
            changed = self.derived.compute(changed)
        finally:
            self._is_looking = False
        for rule in list(self.rules.values()):
            if not changed.isdisjoint(rule.spec.when.inputs):
                rule.look()

    def _lookup(self, name: str) -> Reading | None:
        device, _, channel = name.partition(".")
        if device == DERIVED:
            return self.derived.reading_of(channel)
        runner = self._site.devices.get(device)
        config = None if runner is None else runner.config.channels.get(channel)
        return None if runner is None or config is None else runner.reading_of(config)

    def _tell(self, rule: Rule) -> None:
        topic = self._topic(rule.spec.name)
        self._publications.publish(topic, rule.state, rule.details(), is_state=True)

    def _topic(self, rule: str) -> str:
        return f"{self._prefix}.{RULES}.{rule}"
