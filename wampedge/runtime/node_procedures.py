"""The procedures of the node itself: ``P.sys.*``, and ``P.sim.*`` when it runs on the simulator."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from wampedge import __version__
from wampedge.config.model import SiteConfig
from wampedge.devices.contracts import Substrate
from wampedge.devices.fields import Duration, Field, Integer, Text
from wampedge.runtime.describe import describe_node
from wampedge.runtime.procedures import Anything, Endpoint, Procedures, endpoint
from wampedge.runtime.site import Site

__all__ = ["DescribedNode", "node_procedures"]

_Table = dict[str, tuple[Mapping[str, Field], Endpoint]]
"""URI to the arguments, in positional order, and the action that takes them by name."""

_NAME = Text(minimum_length=1, maximum_length=64)


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

    table: _Table = {
        f"{base}.describe": ({}, describe),
        f"{base}.list": ({}, list_devices),
        f"{base}.health": ({}, health),
    }
    if node.substrate.is_simulated:
        table.update(_simulator_procedures(node.substrate, node.config.node.uri_prefix))
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
        "devices": devices,
    }


def _simulator_procedures(simulator: Any, prefix: str) -> _Table:
    """Return what only a simulated node has: the hands and the weather around it."""

    async def set_value(*, device: str, channel: str, value: Any) -> None:
        simulator.set(device, channel, value)

    async def release(*, device: str, channel: str) -> None:
        simulator.release(device, channel)

    async def fault(*, device: str, kind: str, count: int) -> None:
        simulator.fault(device, kind, count)

    async def press(*, device: str) -> None:
        simulator.press(device)

    async def let_go(*, device: str) -> None:
        simulator.let_go(device)

    async def pulse(*, device: str, count: int, width: float, gap: float) -> None:
        simulator.pulse(device, count, width_s=width, gap_s=gap)

    async def clear(*, device: str) -> None:
        simulator.clear(device)

    async def pin(*, bank: str, line: int) -> bool:
        return bool(simulator.pin_level(bank, line))

    device, channel = {"device": _NAME}, {"channel": _NAME}
    return {
        f"{prefix}.sim.set": ({**device, **channel, "value": Anything()}, set_value),
        f"{prefix}.sim.release": ({**device, **channel}, release),
        f"{prefix}.sim.fault": (
            {**device, "kind": _NAME, "count": Integer(1, 1_000_000, default=1)},
            fault,
        ),
        f"{prefix}.sim.clear": (device, clear),
        f"{prefix}.sim.pulse": (
            {
                **device,
                "count": Integer(1, 1000, default=1),
                "width": Duration(0.001, 60.0, default=0.1),
                "gap": Duration(0.001, 60.0, default=0.1),
            },
            pulse,
        ),
        f"{prefix}.sim.press": (device, press),
        f"{prefix}.sim.let_go": (device, let_go),
        f"{prefix}.sim.pin": ({"bank": _NAME, "line": Integer(0, 1023)}, pin),
    }
