"""Checks of ``[buses.NAME]``."""

from __future__ import annotations

from typing import Any, Final

from wampedge.config.buses import BUS_FIELDS, BUS_TYPES
from wampedge.config.file_check import FileCheck, converted
from wampedge.config.kinds import name_mistake
from wampedge.config.model import BusConfig
from wampedge.devices.fields import FieldError, convert_table, shown
from wampedge.records import Record

__all__ = ["MAX_BUSES", "BusDraft", "check_buses"]

MAX_BUSES: Final = 64


class BusDraft(Record):
    """What is known of a bus: its kind, None if that is wrong; the bus, None if anything is."""

    type: str | None = None
    config: BusConfig | None = None


def check_buses(check: FileCheck) -> dict[str, BusDraft]:
    """Return every bus by name, the wrong ones too."""
    tables = check.values.get("buses", {})
    if not isinstance(tables, dict):
        check.findings.add(
            ("buses",), f"must be a table, got {shown(tables)}", "write [buses.NAME]"
        )
        return {}
    if len(tables) > MAX_BUSES:
        text = f"may hold {MAX_BUSES} buses, and has {len(tables)}"
        check.findings.add(("buses",), text, code="limit", on="key")
    return {name: _bus(check, name, raw) for name, raw in list(tables.items())[:MAX_BUSES]}


def _bus(check: FileCheck, name: str, raw: Any) -> BusDraft:
    path = ("buses", name)
    mistake = name_mistake(name)
    if mistake:
        check.findings.add(path, mistake[0], mistake[1], code="name", on="key")
    if not isinstance(raw, dict):
        check.findings.add(path, f"must be a table, got {shown(raw)}", f"write [buses.{name}]")
        return BusDraft()
    kind = raw.get("type")
    if not isinstance(kind, str) or kind not in BUS_FIELDS:
        given = {"type": kind} if "type" in raw else {}
        for error in convert_table(given, {"type": BUS_FIELDS["i2c"]["type"]})[1]:
            check.findings.add_field_error(path, error)
        return BusDraft()
    bus, before = BUS_TYPES[kind], len(check.findings)
    values = converted(check, path, raw, BUS_FIELDS[kind])
    if len(check.findings) > before or check.findings.is_any_lost(path):
        return BusDraft(bus.kind)
    del values["type"]
    labels = values.pop("labels")
    try:
        return BusDraft(bus.kind, bus.make(name, values).but(labels=labels))
    except FieldError as error:
        check.findings.add_field_error(path, error)
    return BusDraft(bus.kind)
