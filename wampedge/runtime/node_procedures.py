"""The procedures of the node itself: ``P.sys.*``, and ``P.sim.*`` when it runs on the simulator."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from wampedge import __version__
from wampedge.config.model import SiteConfig
from wampedge.devices.contracts import Substrate
from wampedge.runtime.link_procedures import link_procedures
from wampedge.runtime.link_switch import switch_procedures
from wampedge.runtime.log_level import LOG, LogLevel
from wampedge.runtime.procedures import Procedures, endpoint
from wampedge.runtime.simulator_procedures import DeclaredProcedures, simulator_procedures
from wampedge.runtime.site import Site

if TYPE_CHECKING:
    from wampedge.runtime.config_procedures import DeviceFile
    from wampedge.runtime.link_reports import LinkReports
    from wampedge.runtime.logic import Logic

__all__ = ["DescribedNode", "for_upstream", "node_procedures"]

_LOCAL_ONLY = tuple(
    f".sys.{name}"
    for name in ("config.get", "config.check", "config.apply", "link.stop", "link.start")
)


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

    @property
    def at_stop(self) -> list[Callable[[], None]]:
        """What is called first when the node stops."""
        ...

    @property
    def file(self) -> DeviceFile | None:
        """The device file, where the node runs as a program and knows it."""
        ...

    @property
    def reports(self) -> LinkReports:
        """What is told of links, queues and the card."""
        ...

    def link(self) -> Mapping[str, Any] | None:
        """The state of the link upstream, or None where there is none."""
        ...


def for_upstream(uris: Iterable[str]) -> list[str]:
    """Return those of *uris* that may be offered upstream: all but the device file and links."""
    return [uri for uri in uris if not uri.endswith(_LOCAL_ONLY)]


def node_procedures(node: DescribedNode) -> Procedures:
    """Return every procedure of the node, the simulator's included when it runs on it."""
    base = f"{node.config.node.uri_prefix}.sys"

    async def describe() -> dict[str, Any]:
        """All there is to know to build a page or a hub from."""
        from wampedge.runtime.describe import describe_node  # noqa: PLC0415 # only who asks for it

        return describe_node(node.config, __version__, table | for_sessions)

    async def list_devices() -> list[str]:
        """The names of the devices."""
        return list(node.config.devices)

    async def health() -> dict[str, Any]:
        """State of the node, its devices, rules and buses, and its link upstream."""
        return _health(node)

    level = LogLevel()
    node.at_stop.extend((level.close, node.reports.close))
    table: DeclaredProcedures = {
        f"{base}.describe": ({}, describe),
        f"{base}.list": ({}, list_devices),
        f"{base}.health": ({}, health),
        f"{base}.log": (LOG, level.log),
        **link_procedures(node.reports, node.config.node.uri_prefix),
        **switch_procedures(node.reports.upstream, node.config.node.uri_prefix),
    }
    if node.file is not None:
        from wampedge.runtime.config_procedures import config_procedures  # noqa: PLC0415 # programs

        table.update(config_procedures(node.file, node.config.node.uri_prefix))
    if node.substrate.is_simulated:
        table.update(simulator_procedures(node.substrate, node.config.node.uri_prefix))
    for_sessions = _for_sessions(node)
    procedures = {uri: endpoint(arguments, action) for uri, (arguments, action) in table.items()}
    for uri, (arguments, action) in for_sessions.items():
        procedures[uri] = endpoint(arguments, action, wants_caller=True)
    return procedures


def _for_sessions(node: DescribedNode) -> DeclaredProcedures:
    """Return the procedures that count on who calls them."""
    prefix = node.config.node.uri_prefix
    table: DeclaredProcedures = {f"{prefix}.heartbeat": ({}, node.site.outputs.heartbeat)}
    if node.config.node.identify is not None:
        from wampedge.runtime.identifying import IDENTIFY, Blinker  # noqa: PLC0415 # few files have it

        blinker = Blinker(node.site, node.config.node.identify)
        node.at_stop.append(blinker.close)
        table[f"{prefix}.sys.identify"] = (IDENTIFY, blinker.identify)
    return table


def _health(node: DescribedNode) -> dict[str, Any]:
    devices = {
        name: {"state": device.health.state, **device.health.details()}
        for name, device in node.site.devices.items()
    }
    return {
        "state": node.state,
        "node": node.config.node.name,
        "version": __version__,
        "uptime": node.reports.uptime_s,
        "time": node.reports.now(),
        "clock": node.reports.clock,
        "substrate": node.substrate.description,
        "simulated": node.substrate.is_simulated,
        "link": node.link(),
        "links": {name: link["state"] for name, link in node.reports.links().items()},
        "store": node.reports.card(),
        "listening": node.urls,
        "insecure": node.exposed_urls,
        "devices": devices,
        "rules": {} if node.logic is None else node.logic.health(),
        "buses": node.site.bus_health(),
    }
