"""Buses behind I2C multiplexers: ``bus = "mux1:3"`` is channel 3 of the device ``mux1``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from wampedge.config.bus_check import BusDraft
from wampedge.config.device_check import DeviceDraft
from wampedge.config.kinds import I2cAddress
from wampedge.config.model import BusConfig
from wampedge.config.problems import Findings
from wampedge.devices.catalog import find_driver
from wampedge.devices.driver import DriverSpec
from wampedge.devices.fields import FieldError, shown
from wampedge.errors import WampedgeError

__all__ = ["check_mux_addresses", "with_mux_buses"]

_MUX_BUS: Final = re.compile("([a-z0-9_]+):([0-9]{1,3})")
_MAX_DEPTH: Final = 4
"""Multiplexers one after another; more would be a mistake."""


def with_mux_buses(
    buses: Mapping[str, BusDraft], devices: Mapping[str, Any], findings: Findings
) -> dict[str, BusDraft]:
    """Return *buses* and those behind multiplexers that *devices* are on, the wrong ones too."""
    found = dict(buses)
    for name, device in devices.items():
        wanted = device.get("bus") if isinstance(device, dict) else None
        if isinstance(wanted, str) and ":" in wanted and wanted not in found:
            resolution = _Resolution(buses, devices)
            found[wanted] = resolution.draft(wanted, [])
            if resolution.mistake is not None:
                text, hint = resolution.mistake
                findings.add(("devices", name, "bus"), text, hint, code="unknown-bus")
    return found


def check_mux_addresses(
    drafts: Mapping[str, DeviceDraft], buses: Mapping[str, BusDraft], findings: Findings
) -> None:
    """Refuse a device whose address another has on a bus before the multiplexers it is behind."""
    at = {
        (draft.values.get("bus"), draft.values.get("address")): draft
        for draft in drafts.values()
        if draft.spec is not None and draft.spec.bus == "i2c"
    }
    for draft in drafts.values():
        bus, address = draft.values.get("bus"), draft.values.get("address")
        for upper in _before(bus, drafts, buses):
            other = at.get((upper, address))
            if draft.spec is None or draft.spec.bus != "i2c" or other is None or address is None:
                continue
            text = f"address 0x{address:02x} on {bus} is also that of {other.name} on {upper}"
            findings.add_text(
                (*draft.path, "address"),
                text,
                "both would answer while the channel is open; equal addresses need two channels",
                code="address-taken",
                related=[((*other.path, "address"), "first used here")],
            )


class _Resolution:
    """Follows one name to the bus of the board it is behind.

    Attributes:
        mistake: text and hint, when it leads nowhere.
    """

    def __init__(self, buses: Mapping[str, BusDraft], devices: Mapping[str, Any]) -> None:
        self.mistake: tuple[str, str] | None = None
        self._buses = buses
        self._devices = devices

    def draft(self, name: str, trail: list[str]) -> BusDraft:
        """Return the bus *name*; without its type when anything on the way is wrong."""
        match = _MUX_BUS.fullmatch(name)
        if match is None:
            self.mistake = (
                f"must be a declared bus, got {shown(name)}",
                'channel 3 of the multiplexer mux1 is "mux1:3"',
            )
            return BusDraft()
        device, channel = match[1], int(match[2])
        if device in trail or len(trail) >= _MAX_DEPTH:
            self.mistake = (f"leads back to {device}: multiplexers need a bus of the board", "")
            return BusDraft()
        table, spec = self._devices.get(device), self._spec(device)
        if spec is None or not isinstance(table, dict):
            return BusDraft()
        if channel >= spec.provides_buses:
            last = spec.provides_buses - 1
            self.mistake = (f"must be {device}:0 to {device}:{last}, got {name}", "")
            return BusDraft()
        return self._behind(name, (device, channel), table, spec, [*trail, device])

    def _behind(
        self,
        name: str,
        mux: tuple[str, int],
        table: Mapping[str, Any],
        spec: DriverSpec,
        trail: list[str],
    ) -> BusDraft:
        upper_name = table.get("bus")
        if not isinstance(upper_name, str):
            return BusDraft("i2c")  # what is wrong is told at the multiplexer
        upper = self._buses.get(upper_name) or self.draft(upper_name, trail)
        if upper.config is None or upper.type != "i2c":
            return BusDraft("i2c" if self.mistake is None else None)
        try:
            address = I2cAddress(tuple(spec.addresses)).convert(
                table.get("address", spec.addresses[0])
            )
        except FieldError:
            return BusDraft("i2c")  # the same
        # The way is in the path, so that whoever is behind changes with what is before.
        path = f"{upper.config.path}>0x{address:02x}:{mux[1]}"
        return BusDraft("i2c", BusConfig(name, "i2c", path, mux=mux))

    def _spec(self, device: str) -> DriverSpec | None:
        """Return the driver of the multiplexer *device*; None where it is none."""
        table = self._devices.get(device)
        if not isinstance(table, dict):
            known = [name for name in self._devices if self._is_mux(name)]
            hint = f"multiplexers: {', '.join(known)}" if known else "the file has none"
            text = f'names the multiplexer "{device}", which is no device'
            self.mistake = (text, hint)
            return None
        driver = table.get("driver")
        try:
            spec = find_driver(driver) if isinstance(driver, str) else None
        except (WampedgeError, ImportError):
            spec = None
        if spec is not None and spec.provides_buses:
            return spec
        if spec is not None:
            self.mistake = (f"names {device}, which is a {spec.name} and offers no buses", "")
        return None

    def _is_mux(self, name: str) -> bool:
        table = self._devices.get(name)
        driver = table.get("driver") if isinstance(table, dict) else None
        try:
            return isinstance(driver, str) and find_driver(driver).provides_buses > 0
        except (WampedgeError, ImportError):
            return False


def _before(
    bus: Any, drafts: Mapping[str, DeviceDraft], buses: Mapping[str, BusDraft]
) -> list[str]:
    """Return the buses before *bus*, the nearest first."""
    found: list[str] = []
    while isinstance(bus, str) and bus in buses and len(found) < _MAX_DEPTH:
        config = buses[bus].config
        if config is None or config.mux is None or config.mux[0] not in drafts:
            break
        bus = drafts[config.mux[0]].values.get("bus")
        if isinstance(bus, str):
            found.append(bus)
    return found
