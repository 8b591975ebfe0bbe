"""What differs between the device file that runs and a new one, and what that means."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wampedge.config.model import BusConfig, DeviceConfig, RouterConfig, SiteConfig
from wampedge.devices.peers import references_of
from wampedge.records import Record

__all__ = ["SiteChanges", "compare"]


class SiteChanges(Record):
    """The difference between two device files.

    Attributes:
        added: names of devices only the new file has.
        removed: names of devices only the old file has.
        changed: names of devices that are not the same, or whose bus or expander is not.
        moved_banks: expanders that are gone or another chip now, so that their pins are others.
        buses_to_drop: I2C buses the new file does not have, or has with another path.
        links_changed: links that are new, gone, or not the same.
        rules_changed: what roles may do is not the same.
        logic_changed: derived values or rules are not the same.
        needs_restart: tables that changed and can only change with a restart of the node.
    """

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    moved_banks: frozenset[str] = frozenset()
    buses_to_drop: tuple[str, ...] = ()
    links_changed: tuple[str, ...] = ()
    rules_changed: bool = False
    logic_changed: bool = False
    needs_restart: tuple[str, ...] = ()

    @property
    def stopping(self) -> tuple[str, ...]:
        """Devices of the old file that stop."""
        return self.removed + self.changed

    @property
    def starting(self) -> tuple[str, ...]:
        """Devices of the new file that start."""
        return self.added + self.changed

    @property
    def is_empty(self) -> bool:
        """Whether the two files mean the same."""
        return not (
            self.stopping
            or self.starting
            or self.buses_to_drop
            or self.links_changed
            or self.rules_changed
            or self.logic_changed
        )

    def summary(self) -> str:
        """Return the change in one line for people."""
        parts = [
            f"{word} {', '.join(names)}"
            for word, names in (
                ("added", self.added),
                ("removed", self.removed),
                ("changed", self.changed),
            )
            if names
        ]
        if self.links_changed:
            parts.append(f"{' and '.join(self.links_changed)} changed")
        if self.rules_changed:
            parts.append("rules of roles changed")
        if self.logic_changed:
            parts.append("derived values or rules changed")
        return "; ".join(parts) or "nothing changed"


def compare(old: SiteConfig, new: SiteConfig) -> SiteChanges:
    """Return how *new* differs from *old*."""
    buses = {
        n
        for n, bus in old.buses.items()
        if _without_labels(new.buses.get(n)) != _without_labels(bus)
    }
    changed = {n for n, d in old.devices.items() if n in new.devices and new.devices[n] != d}
    changed |= {n for n, d in new.devices.items() if n in old.devices and d.bus in buses}
    gone = changed | {n for n in old.devices if n not in new.devices}
    changed |= {
        n for n, d in new.devices.items() if n in old.devices and _banks(d) & gone
    }  # a pin of an expander that restarts has to be opened again
    changed |= {n for n, d in new.devices.items() if n in old.devices and _used(d) & gone}
    return SiteChanges(
        added=_in_order(new.devices, set(new.devices) - set(old.devices)),
        removed=_in_order(old.devices, set(old.devices) - set(new.devices)),
        changed=_in_order(new.devices, changed),
        moved_banks=frozenset(
            n
            for n in gone
            if n not in new.devices or _place(old, n) != _place(new, n) or _bus(old, n) in buses
        ),
        buses_to_drop=tuple(n for n in old.buses if n in buses and old.buses[n].type != "serial"),
        links_changed=tuple(
            name for name in old.links | new.links if old.links.get(name) != new.links.get(name)
        ),
        rules_changed=old.router != new.router,
        logic_changed=(old.derived, old.rules) != (new.derived, new.rules),
        needs_restart=(
            *(("node",) if old.node != new.node else ()),
            *(("store",) if old.store != new.store else ()),
            *(("router",) if _without_rules(old.router) != _without_rules(new.router) else ()),
        ),
    )


def _without_rules(router: RouterConfig) -> RouterConfig:
    """Leave out what can change while the router runs: the rules of the roles that there are.

    Who may register the authenticator decides who can be anybody: that is for a restart.
    """
    roles = {
        name: role.but(
            call=(),
            register=tuple(uri for uri in role.register if uri == router.authenticator),
            subscribe=(),
            publish=(),
        )
        for name, role in router.roles.items()
    }
    return router.but(roles=roles)


def _without_labels(bus: BusConfig | None) -> BusConfig | None:
    """Leave out what is for people: no device has to restart for it."""
    return None if bus is None else bus.but(labels={})


def _place(site: SiteConfig, name: str) -> tuple[Any, ...]:
    device = site.devices[name]
    return device.driver.name, device.bus, device.address


def _bus(site: SiteConfig, name: str) -> str | None:
    return site.devices[name].bus


def _banks(device: DeviceConfig) -> set[str]:
    return {ref.bank for ref in device.pins.values()}


def _used(device: DeviceConfig) -> set[str]:
    return set(references_of(device.driver, device.params).values())


def _in_order(devices: Mapping[str, Any], names: set[str]) -> tuple[str, ...]:
    return tuple(name for name in devices if name in names)
