"""Checks that take more than one table: what two devices, or a device and a bus, both want."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any, Final

from wampedge.config.bus_check import BusDraft
from wampedge.config.device_check import DeviceDraft
from wampedge.config.kinds import addresses_text
from wampedge.config.layout import KeyPath
from wampedge.config.model import HEADER_BANK, PinRef
from wampedge.config.problems import Findings
from wampedge.devices.spelling import nearest
from wampedge.wamp.uris import MAX_URI_BYTES

__all__ = ["check_addresses", "check_bus_nodes", "check_pins", "check_serial", "check_uris"]

_BUS_LINES: Final = {
    "/dev/i2c-0": {0: "SDA of the I2C", 1: "SCL of the I2C"},
    "/dev/i2c-1": {2: "SDA of the I2C", 3: "SCL of the I2C"},
    "/dev/spidev0": {9: "MISO of the SPI", 10: "MOSI of the SPI", 11: "SCLK of the SPI"},
}
"""The header lines of the buses that always are where they are."""
_PULLED_UP: Final = (2, 3)
"""Header lines with a pull-up of 1.8 kohm on the board."""


def check_bus_nodes(buses: Mapping[str, BusDraft], findings: Findings) -> None:
    """Refuse two buses on one device node, by whatever name or link."""
    first: dict[str, str] = {}
    for name, draft in buses.items():
        bus = draft.config
        if bus is None:
            continue
        node = os.path.realpath(bus.path)
        if node in first:
            key = "bus" if bus.type == "i2c" else "port"
            text = f"{bus.path} is used twice: by buses.{first[node]} and buses.{name}"
            findings.add_text(
                ("buses", name, key),
                text,
                "devices may share one bus",
                code="bus-twice",
                related=[(("buses", first[node], key), "first used here")],
            )
        first.setdefault(node, name)


def check_pins(
    drafts: Mapping[str, DeviceDraft], buses: Mapping[str, BusDraft], findings: Findings
) -> None:
    """Refuse lines that are used twice, do not exist or belong to a bus, and loops of expanders."""
    taken: dict[PinRef, KeyPath] = {}
    bus_lines = _bus_lines(buses)
    for draft in drafts.values():
        for role, pin in draft.pins.items():
            path = draft.pin_path(role)
            if pin in taken:
                _tell_taken(pin, path, taken[pin], findings)
            taken.setdefault(pin, path)
            if pin.bank == HEADER_BANK:
                _check_header_line(draft, role, bus_lines, findings)
            else:
                _check_expander(pin, path, drafts, findings)
    _check_loops(drafts, findings)


def check_addresses(drafts: Mapping[str, DeviceDraft], findings: Findings) -> None:
    """Refuse two devices with one address on one I2C bus."""
    first: dict[tuple[str, int], DeviceDraft] = {}
    for draft in drafts.values():
        bus, address = draft.values.get("bus"), draft.values.get("address")
        if draft.spec is None or draft.spec.bus != "i2c" or bus is None or address is None:
            continue
        other = first.setdefault((bus, address), draft)
        if other is not draft:
            text = f"address 0x{address:02x} on {bus} is used twice: by {_names(other, draft)}"
            findings.add_text(
                (*draft.path, "address"),
                text,
                _other_address(draft, bus, first),
                code="address-taken",
                related=[((*other.path, "address"), "first used here")],
            )


def check_serial(drafts: Mapping[str, DeviceDraft], findings: Findings) -> None:
    """Refuse two devices on one serial port."""
    first: dict[str, DeviceDraft] = {}
    for draft in drafts.values():
        bus = draft.values.get("bus")
        if draft.spec is None or draft.spec.bus != "serial" or not isinstance(bus, str):
            continue
        other = first.setdefault(bus, draft)
        if other is not draft:
            findings.add_text(
                (*draft.path, "bus"),
                f"serial bus {bus} is used twice: by {_names(other, draft)}",
                "a serial port serves one device",
                code="bus-taken",
                related=[((*other.path, "bus"), "first used here")],
            )


def check_uris(drafts: Mapping[str, DeviceDraft], prefix: str, findings: Findings) -> None:
    """Refuse names so long that a URI made of them breaks the limit."""
    for draft in drafts.values():
        config = draft.config
        if config is None:
            continue
        parts = [f"{name}.get" for name in config.channels] + [*config.commands, "describe"]
        longest = max((f"{prefix}.{draft.name}.{part}" for part in parts), key=len)
        if len(longest) > MAX_URI_BYTES:
            findings.add(
                draft.path,
                f"makes URIs of {len(longest)} bytes, {MAX_URI_BYTES} are allowed",
                "shorten its name, the names of its channels or uri_prefix",
                on="key",
            )


def _tell_taken(pin: PinRef, path: KeyPath, first: KeyPath, findings: Findings) -> None:
    names = f"{first[1]}.{first[2]} and {path[1]}.{path[2]}"
    findings.add_text(
        path,
        f"{pin} is used twice: by {names}",
        "a line serves one device",
        code="pin-taken",
        related=[(first, "first used here")],
    )


def _bus_lines(buses: Mapping[str, BusDraft]) -> dict[int, tuple[str, str]]:
    """Return the header lines that declared buses use: line to (signal, bus name)."""
    return {
        line: (signal, name)
        for name, draft in buses.items()
        if draft.config is not None
        for line, signal in _BUS_LINES.get(draft.config.path, {}).items()
    }


def _check_header_line(
    draft: DeviceDraft,
    role: str,
    bus_lines: Mapping[int, tuple[str, str]],
    findings: Findings,
) -> None:
    assert draft.spec is not None, "a device without driver has no pins"
    pin, path = draft.pins[role], draft.pin_path(role)
    if pin.line in bus_lines:
        signal, bus = bus_lines[pin.line]
        findings.add(
            path,
            f"is {pin}, which is {signal} bus {bus}",
            "use another line",
            code="pin-taken",
            related=[(("buses", bus), "declared here")],
        )
    pull = draft.params.get("pull")
    is_input = draft.spec.pins[role].direction == "input"
    if is_input and pin.line in _PULLED_UP and pull in ("down", "none"):
        findings.add(
            (*draft.path, "pull"),
            f'cannot be "{pull}" on {pin}: the board pulls it up with 1.8 kohm',
            'write pull = "up", or use another line',
            related=[(path, "this line")],
        )


def _check_expander(
    pin: PinRef, path: KeyPath, drafts: Mapping[str, DeviceDraft], findings: Findings
) -> None:
    expanders = [draft.name for draft in drafts.values() if draft.spec and draft.spec.provides_pins]
    bank = drafts.get(pin.bank)
    if bank is None:
        if findings.is_any_lost(("devices", pin.bank)):
            return
        near = nearest(pin.bank, expanders)
        known = f"port expanders: {', '.join(expanders)}" if expanders else "the file has none"
        hint = f"did you mean {near[0]}?" if near else known
        text = f'names the port expander "{pin.bank}", which is no device'
        findings.add(path, text, hint, code="unknown-bank")
    elif bank.spec is not None and not bank.spec.provides_pins:
        text = f"names {pin.bank}, which is a {bank.spec.name} and offers no lines"
        related = [(bank.path, "declared here")]
        findings.add(path, text, code="unknown-bank", related=related)
    elif bank.spec is not None and pin.line >= bank.spec.provides_pins:
        last = bank.spec.provides_pins - 1
        findings.add(path, f"must be {pin.bank}:0 to {pin.bank}:{last}, got {pin}")


def _check_loops(drafts: Mapping[str, DeviceDraft], findings: Findings) -> None:
    """Refuse expanders that need each other's lines: none could start first."""
    needs = {
        draft.name: {pin.bank: role for role, pin in draft.pins.items() if pin.bank in drafts}
        for draft in drafts.values()
    }
    settled: set[str] = set()
    for name in needs:
        loop = _loop_from(name, needs, settled, [])
        if loop:
            chain = " needs ".join([*loop, loop[0]])
            path = drafts[loop[-1]].pin_path(needs[loop[-1]][loop[0]])
            text = f"port expanders need each other's lines: {chain}"
            findings.add_text(path, text, "wire one of them to the header", code="loop")
            settled.update(loop)


def _loop_from(
    name: str, needs: Mapping[str, Mapping[str, Any]], settled: set[str], trail: Sequence[str]
) -> list[str]:
    if name in trail:
        return list(trail[trail.index(name) :])
    if name in settled:
        return []
    for bank in needs[name]:
        loop = _loop_from(bank, needs, settled, [*trail, name])
        if loop:
            return loop
    settled.add(name)
    return []


def _other_address(
    draft: DeviceDraft, bus: str, taken: Mapping[tuple[str, int], DeviceDraft]
) -> str:
    assert draft.spec is not None, "checked before"
    free = [address for address in draft.spec.addresses if (bus, address) not in taken]
    if free:
        return f"{draft.spec.name} can also have {addresses_text(free)}"
    return "put one of them on another bus"


def _names(one: DeviceDraft, other: DeviceDraft) -> str:
    return f"{one.name} and {other.name}"
