"""Warnings: what a device file may say and hardly means. ``wampedge check`` shows them.

Each has a code of its own; ``--strict`` makes errors of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from wampedge.config.model import HEADER_BANK, DeviceConfig, SiteConfig
from wampedge.config.problems import Findings
from wampedge.errors import ConfigError

__all__ = ["advise"]

_PULLED_UP: Final = (2, 3)
_IDENTITY: Final = (0, 1)
_CONSOLE: Final = (14, 15)


def advise(config: SiteConfig, values: Mapping[str, Any], findings: Findings) -> None:
    """Note what is hardly meant in a file without mistakes.

    Args:
        config: its model.
        values: its values, templates not yet applied.
        findings: gets the warnings.
    """
    _unused(config, values, findings)
    _open_doors(config, values, findings)
    for device in config.devices.values():
        _lines(device, findings)
        _output(device, findings)
        _pace(device, findings)
    _interlocks(config, findings)
    _local_parts(config, values, findings)
    for bus in config.buses.values():
        if bus.path.startswith(("/dev/ttyUSB", "/dev/ttyACM")):
            hint = "write its name in /dev/serial/by-id, which stays the same"
            text = f"names {bus.path}, which is another port after the next boot or plug"
            findings.warn(("buses", bus.name, "port"), text, hint, code="unstable-port")


def _unused(config: SiteConfig, values: Mapping[str, Any], findings: Findings) -> None:
    buses = {device.bus for device in config.devices.values()}
    for name in config.buses:
        if name not in buses:
            findings.warn(
                ("buses", name), "serves no device", "remove it", code="unused-bus", on="key"
            )
    tables = values.get("templates", {})
    used: set[str] = set()
    waiting = [table.get("extends", []) for table in values["devices"].values()]
    while waiting:
        names = waiting.pop()
        for name in [names] if isinstance(names, str) else names:
            if name not in used:
                used.add(name)
                waiting.append(tables[name].get("extends", []))
    for name in tables:
        if name not in used:
            text = "is extended by no device"
            findings.warn(("templates", name), text, "remove it", code="unused-template", on="key")


def _open_doors(config: SiteConfig, values: Mapping[str, Any], findings: Findings) -> None:
    if config.router.insecure:
        text = "lets other machines in without TLS or proof"
        findings.warn(("router", "insecure"), text, code="insecure")
    links: dict[tuple[str, ...], Any] = {("upstream",): values.get("upstream")}
    links |= {("upstreams", name): table for name, table in values.get("upstreams", {}).items()}
    for path, upstream in links.items():
        if upstream is not None and upstream.get("insecure"):
            text = "lets a secret cross the network in clear text"
            findings.warn((*path, "insecure"), text, code="insecure")


def _lines(device: DeviceConfig, findings: Findings) -> None:
    for role, pin in device.pins.items():
        if pin.bank != HEADER_BANK:
            continue
        path = ("devices", device.name, role)
        is_output = device.driver.pins[role].direction == "output"
        if is_output and pin.line in _PULLED_UP:
            text = f"is {pin}, which the board pulls up: high until the node starts"
            findings.warn(path, text, "use another line", code="pulled-up")
        if pin.line in _IDENTITY:
            text = f"is {pin}, which the firmware uses at boot to find add-on boards"
            findings.warn(path, text, "use another line", code="identity-line")
        if pin.line in _CONSOLE:
            text = f"is {pin}, which is the serial console unless that is switched off"
            findings.warn(
                path, text, "use another line, or disable the console", code="console-line"
            )


def _output(device: DeviceConfig, findings: Findings) -> None:
    output, path = device.output, ("devices", device.name)
    if output.on_stop == "keep" and output.on_start == "off" and device.driver.is_output:
        text = 'is "keep", and the next start switches it off'
        hint = 'write on_start = "keep", or "restore"'
        findings.warn((*path, "on_stop"), text, hint, code="kept-in-vain")


def _interlocks(config: SiteConfig, findings: Findings) -> None:
    for name, group in config.interlocks.items():
        for member in group.members:
            if not config.devices[member].is_enabled:
                text = f"has {member}, which is disabled: the others wait until it is known to rest"
                hint = "take it out once nothing can switch it on"
                findings.warn(("interlocks", name, "members"), text, hint, code="disabled-member")


def _local_parts(config: SiteConfig, values: Mapping[str, Any], findings: Findings) -> None:
    """Look at the simulated parts beside the device file; the hardware works without them."""
    local = values.get("drivers", {})
    specs = {device.driver.name: device.driver for device in config.devices.values()}
    for name in local:
        if name not in specs:
            continue
        from wampedge.devices.local_driver import simulated_part_of  # noqa: PLC0415 # few have any

        try:
            simulated_part_of(specs[name])
        except ConfigError as error:
            key = "simulated" if "simulated" in local[name] else "module"
            text = f"has a simulated part that cannot be used: {error}"
            hint = "mend or remove it: without it hardware runs, but no simulation"
            findings.warn(("drivers", name, key), text, hint, code="broken-part")


def _pace(device: DeviceConfig, findings: Findings) -> None:
    path = ("devices", device.name)
    if device.every_s is None:
        return
    own_s = device.driver.driver_class.usual_period_s(device.pins)
    if own_s is not None and device.every_s < own_s:
        text = f"is shorter than the {own_s:g} s this part is usually asked at"
        findings.warn((*path, "every"), text, code="fast")
    for channel in device.channels.values():
        beat_s = channel.publish.heartbeat_s
        if beat_s is not None and beat_s < device.every_s:
            text = f"has a heartbeat of {beat_s:g} s, and is sampled every {device.every_s:g} s"
            hint = "sample it more often, or let the heartbeat be longer"
            findings.warn((*path, "channels", channel.source), text, hint, code="heartbeat")
