"""``identify`` of ``[node]``: which output may blink so that people find the node."""

from __future__ import annotations

from collections.abc import Mapping

from wampedge.config.device_check import DeviceDraft
from wampedge.config.model import DeviceConfig, NodeConfig
from wampedge.config.problems import Findings
from wampedge.devices.fields import Boolean
from wampedge.devices.output_policy import Interlock
from wampedge.devices.peers import references_of
from wampedge.devices.spelling import nearest

__all__ = ["check_identify"]

_PATH = ("node", "identify")


def check_identify(
    node: NodeConfig | None,
    drafts: Mapping[str, DeviceDraft],
    interlocks: Mapping[str, Interlock],
    findings: Findings,
) -> None:
    """Refuse an output that is none, or that must not go on and off just to be seen."""
    name = None if node is None else node.identify
    if name is None:
        return
    draft = drafts.get(name)
    if draft is None:
        near = nearest(name, drafts)
        hint = f"did you mean {near[0]}?" if near else "write the name of a device"
        findings.add(_PATH, f"there is no device {name}", hint)
        return
    if draft.config is None:
        return
    fault = _fault(draft.config) or _bond(name, drafts, interlocks)
    if fault:
        findings.add(_PATH, f"{name} {fault}", "name a lamp or a buzzer of its own")


def _fault(device: DeviceConfig) -> str:
    """Return why *device* cannot blink by itself, or ""."""
    settable = [c for c in device.channels.values() if c.spec.is_settable]
    if len(settable) != 1 or not isinstance(settable[0].spec.field, Boolean):
        return "is not switched on and off"
    if not device.is_enabled:
        return "is not enabled"
    policy = device.output
    held = {"min_on": policy.min_on_s, "min_off": policy.min_off_s, "safety": policy.has_safety}
    keys = [key for key, value in held.items() if value]
    return f"must not blink: it has {' and '.join(keys)}" if keys else ""


def _bond(name: str, drafts: Mapping[str, DeviceDraft], interlocks: Mapping[str, Interlock]) -> str:
    """Return what else counts on the output, or ""."""
    for interlock in interlocks.values():
        if name in interlock.members:
            return f"must not blink: it is in interlocks.{interlock.name}"
    for other in drafts.values():
        config = other.config
        if config is not None and name in references_of(config.driver, config.params).values():
            return f"must not blink: devices.{other.name} moves it"
    return ""
