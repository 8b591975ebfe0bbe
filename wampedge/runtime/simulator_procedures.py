"""The procedures only a simulated node has: the hands and the weather around it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wampedge.devices.fields import Duration, Field, Integer, Text
from wampedge.runtime.procedures import Anything, Endpoint

__all__ = ["DeclaredProcedures", "simulator_procedures"]

DeclaredProcedures = dict[str, tuple[Mapping[str, Field], Endpoint]]
"""URI to the arguments, in positional order, and the action that takes them by name."""

_NAME = Text(minimum_length=1, maximum_length=64)
_DEVICE: Mapping[str, Field] = {"device": _NAME}
_CHANNEL: Mapping[str, Field] = {"device": _NAME, "channel": _NAME}
_FAULT: Mapping[str, Field] = {
    "device": _NAME,
    "kind": _NAME,
    "count": Integer(1, 1_000_000, default=1),
}
_PULSE: Mapping[str, Field] = {
    "device": _NAME,
    "count": Integer(1, 1000, default=1),
    "width": Duration(0.001, 60.0, default=0.1),
    "gap": Duration(0.001, 60.0, default=0.1),
}
_SINCE: Mapping[str, Field] = {"since": Integer(0, 2**53, default=0)}
_LINE: Mapping[str, Field] = {"bank": _NAME, "line": Integer(0, 1023)}


def simulator_procedures(simulator: Any, prefix: str) -> DeclaredProcedures:
    """Return ``P.sim.*`` for the node whose URIs begin with *prefix*.

    Args:
        simulator: the substrate of a simulated node, which has the actions as methods.
        prefix: URI prefix of the node.
    """

    async def set_value(*, device: str, channel: str, value: Any) -> None:
        simulator.set(device, channel, value)

    async def release(*, device: str, channel: str) -> None:
        simulator.release(device, channel)

    async def fault(*, device: str, kind: str, count: int) -> None:
        simulator.fault(device, kind, count)

    async def clear(*, device: str) -> None:
        simulator.clear(device)

    async def shown(*, device: str) -> Any:
        return simulator.shown(device)

    async def describe() -> dict[str, Any]:
        """What each part senses, which faults it can have, and where its pins are."""
        parts: dict[str, Any] = simulator.view.describe()
        return parts

    async def snapshot(*, since: int) -> dict[str, Any]:
        """How all is now, and what passed over the buses after transaction ``since``."""
        seen: dict[str, Any] = simulator.view.snapshot(since)
        return seen

    table: DeclaredProcedures = {
        "describe": ({}, describe),
        "snapshot": (_SINCE, snapshot),
        "set": ({**_CHANNEL, "value": Anything()}, set_value),
        "release": (_CHANNEL, release),
        "fault": (_FAULT, fault),
        "clear": (_DEVICE, clear),
        "shown": (_DEVICE, shown),
        **_contacts(simulator),
    }
    return {f"{prefix}.sim.{name}": declared for name, declared in table.items()}


def _contacts(simulator: Any) -> DeclaredProcedures:
    """Return what has to do with lines and buttons."""

    async def press(*, device: str) -> None:
        simulator.press(device)

    async def let_go(*, device: str) -> None:
        simulator.let_go(device)

    async def pulse(*, device: str, count: int, width: float, gap: float) -> None:
        simulator.pulse(device, count, width_s=width, gap_s=gap)

    async def pin(*, bank: str, line: int) -> bool:
        return bool(simulator.pin_level(bank, line))

    return {
        "press": (_DEVICE, press),
        "let_go": (_DEVICE, let_go),
        "pulse": (_PULSE, pulse),
        "pin": (_LINE, pin),
    }
