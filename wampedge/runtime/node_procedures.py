"""The procedures of the node itself: ``P.sys.*``, and ``P.sim.*`` when it runs on the simulator."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

from wampedge import __version__
from wampedge.config.model import SiteConfig
from wampedge.devices.contracts import Substrate
from wampedge.runtime.describe import describe_node
from wampedge.runtime.procedures import Procedures, endpoint
from wampedge.runtime.simulator_procedures import DeclaredProcedures, simulator_procedures
from wampedge.runtime.site import Site

if TYPE_CHECKING:
    from wampedge.runtime.logic import Logic

__all__ = ["DescribedNode", "node_procedures"]


class DescribedNode(Protocol):
    """What the procedures need to know of the node."""

    @property
    def config(self) -> SiteConfig:
        """The device file that runs now."""
        ...

    @property
    def state(self) -> str:
        """``starting``, ``ready`` or ``stopping``."""
        ...

    @property
    def site(self) -> Site:
        """The devices."""
        ...

    @property
    def substrate(self) -> Substrate:
        """What lies beneath the drivers."""
        ...

    @property
    def urls(self) -> list[str]:
        """The addresses the router listens on."""
        ...

    @property
    def exposed_urls(self) -> list[str]:
        """Those of ``urls`` where other machines need no TLS, or no proof."""
        ...

    @property
    def logic(self) -> Logic | None:
        """Derived values and rules; None where there are none."""
        ...

    def link(self) -> Mapping[str, Any] | None:
        """The state of the link upstream, or None where there is none."""
        ...


def node_procedures(node: DescribedNode) -> Procedures:
    """Return every procedure of the node, the simulator's included when it runs on it."""
    base = f"{node.config.node.uri_prefix}.sys"

    async def describe() -> dict[str, Any]:
        return describe_node(node.config, __version__, {u: a for u, (a, _) in table.items()})

    async def list_devices() -> list[str]:
        return list(node.config.devices)

    async def health() -> dict[str, Any]:
        return _health(node)

    table: DeclaredProcedures = {
        f"{base}.describe": ({}, describe),
        f"{base}.list": ({}, list_devices),
        f"{base}.health": ({}, health),
    }
    if node.substrate.is_simulated:
        table.update(simulator_procedures(node.substrate, node.config.node.uri_prefix))
    return {uri: endpoint(arguments, action) for uri, (arguments, action) in table.items()}


def _health(node: DescribedNode) -> dict[str, Any]:
    devices = {
        name: {"state": device.health.state, **device.health.details()}
        for name, device in node.site.devices.items()
    }
    return {
        "state": node.state,
        "substrate": node.substrate.description,
        "simulated": node.substrate.is_simulated,
        "link": node.link(),
        "listening": node.urls,
        "insecure": node.exposed_urls,
        "devices": devices,
        "rules": {} if node.logic is None else node.logic.health(),
        "buses": node.site.bus_health(),
    }
