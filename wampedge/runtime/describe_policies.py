"""What the node says of the rules around devices: outputs, access, places, events, interlocks."""

from __future__ import annotations

from typing import Any

from wampedge.config.model import DeviceConfig
from wampedge.devices.output_policy import Access, Interlock, OutputPolicy
from wampedge.devices.publishing import PublishPolicy

__all__ = [
    "describe_access",
    "describe_interlock",
    "describe_output",
    "describe_place",
    "describe_publishing",
]


def describe_place(device: DeviceConfig) -> dict[str, Any]:
    """Return where the device is connected; keys that do not apply are left out."""
    place = {
        "bus": device.bus,
        "address": device.address,
        "unit": device.unit_id,
        "rom": device.rom_id,
        "pins": {role: str(pin) for role, pin in device.pins.items()} or None,
    }
    return {key: value for key, value in place.items() if value is not None}


def describe_output(policy: OutputPolicy) -> dict[str, Any]:
    """Return what an output may do; times are in seconds, None is no limit."""
    lost = policy.on_disconnect
    return {
        "on_start": policy.on_start,
        "on_stop": policy.on_stop,
        "on_disconnect": None if lost is None else {"after": lost.after_s, "do": lost.do},
        "max_on": policy.max_on_s,
        "min_on": policy.min_on_s,
        "min_off": policy.min_off_s,
        "safe": policy.safe,
        "safety": policy.has_safety,
        "slew": policy.slew_per_s,
    }


def describe_access(access: Access) -> dict[str, Any]:
    """Return which roles may set and get; None is everybody who may call at all."""
    return {
        "set": None if access.set is None else list(access.set),
        "get": None if access.get is None else list(access.get),
    }


def describe_publishing(policy: PublishPolicy) -> dict[str, Any]:
    """Return when a reading is worth an event; the heartbeat is in seconds."""
    return {
        "delta": policy.delta,
        "delta_is_percent": policy.delta_is_percent,
        "heartbeat": policy.heartbeat_s,
        "on_change": policy.on_change,
    }


def describe_interlock(interlock: Interlock) -> dict[str, Any]:
    """Return which devices exclude each other; the dead time is in seconds."""
    return {
        "members": list(interlock.members),
        "dead_time": interlock.dead_time_s,
        "releases_first": interlock.releases_first,
    }
