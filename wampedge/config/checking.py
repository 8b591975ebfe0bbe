"""Check a whole device file: every mistake in one run, then the model."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from wampedge.config.bus_check import check_buses
from wampedge.config.cross_checks import (
    check_addresses,
    check_bus_nodes,
    check_pins,
    check_serial,
    check_uris,
)
from wampedge.config.declarations import TOP_LEVEL_KEYS
from wampedge.config.device_check import check_device
from wampedge.config.file_check import FileCheck
from wampedge.config.interlocks import check_interlocks, check_policies, check_sessions
from wampedge.config.layout import Span
from wampedge.config.model import SiteConfig
from wampedge.config.parsing import parse
from wampedge.config.problems import Findings, Problem
from wampedge.config.references import expand
from wampedge.config.report import render
from wampedge.config.sections import check_defaults, check_node, check_router, check_upstream
from wampedge.config.source import clean_text, read_source
from wampedge.config.statements import MAX_SIZE_BYTES
from wampedge.devices.fields import convert_table, shown
from wampedge.devices.spelling import nearest
from wampedge.errors import ConfigError

__all__ = ["MAX_DEVICES", "check", "load"]

MAX_DEVICES: Final = 512

_SECTIONS: Final = (
    "node",
    "router",
    "upstream",
    "defaults",
    "buses",
    "devices",
    "interlocks",
    "sessions",
)


def load(path: Path, environ: Mapping[str, str] = os.environ) -> SiteConfig:
    """Read and check the device file at *path*.

    Raises:
        ConfigError: its text is the whole report, ``problems`` lists each mistake; ``problems`` is
            empty when the file could not be read at all.
    """
    source = read_source(path)
    config, problems = check(source, str(path), environ)
    if config is None:
        raise ConfigError(render(problems, source), problems)
    return config


def check(
    text: str, filename: str, environ: Mapping[str, str] = os.environ
) -> tuple[SiteConfig | None, list[Problem]]:
    """Check the text of a device file; never raises for what is in it.

    Args:
        text: the file.
        filename: its name in the problems; paths in the file are relative to its folder.
        environ: where ``${env:NAME}`` is looked up.

    Returns:
        The model, or None when anything is wrong; and all problems in file order.
    """
    if len(text) > MAX_SIZE_BYTES or len(text.encode(errors="replace")) > MAX_SIZE_BYTES:
        limit = f"file is larger than {MAX_SIZE_BYTES // 1024} KiB"
        return None, [Problem(filename, 1, 1, 2, limit, code="limit")]
    cleaned, forbidden = clean_text(text)
    values, scan = parse(cleaned)
    findings = Findings(filename, scan)
    for at, reason, hint in forbidden:
        findings.add_span(Span(at, at + 1), reason, hint, "control-character", None)
    for mistake in scan.mistakes:
        findings.add_span(mistake.span, mistake.text, mistake.hint, mistake.code, mistake.first)
    config = None
    if scan.is_complete:
        expanded = expand(values, environ, findings)
        config = _check_values(
            FileCheck(Path(filename), values, environ, findings, frozenset(expanded))
        )
    return (config if not len(findings) else None), findings.in_file_order()


def _check_values(check: FileCheck) -> SiteConfig | None:
    values, findings = check.values, check.findings
    if not values and not len(findings):
        findings.add_text(
            (), "file is empty: no devices", 'begin with "wampedge = 1"', code="no-devices"
        )
        return None
    _check_top_level(values, findings)
    node = check_node(check)
    router, upstream = check_router(check), check_upstream(check)
    defaults, buses = check_defaults(check), check_buses(check)
    drafts = {
        name: check_device(name, raw, buses, defaults, findings)
        for name, raw in list(_devices(values, findings).items())[:MAX_DEVICES]
    }
    check_bus_nodes(buses, findings)
    check_pins(drafts, buses, findings)
    check_addresses(drafts, findings)
    check_serial(drafts, findings)
    check_uris(drafts, node.uri_prefix if node else "", findings)
    check_policies(drafts.values(), has_upstream="upstream" in values, findings=findings)
    interlocks = check_interlocks(values.get("interlocks"), drafts, findings)
    sessions = check_sessions(values.get("sessions"), findings)
    if node is None or len(findings):
        return None
    return SiteConfig(
        check.path,
        node,
        router,
        upstream,
        {name: bus.config for name, bus in buses.items() if bus.config is not None},
        {name: draft.config for name, draft in drafts.items() if draft.config is not None},
        interlocks,
        sessions,
    )


def _check_top_level(values: Mapping[str, Any], findings: Findings) -> None:
    known = (*TOP_LEVEL_KEYS, *_SECTIONS)
    for key in values:
        if key not in known:
            near = nearest(key, known)
            hint = f"did you mean {near[0]}?" if near else f"tables: {', '.join(_SECTIONS)}"
            findings.add((key,), "is not a known key", hint, code="unknown-key", on="key")
    plain = {key: value for key, value in values.items() if key in TOP_LEVEL_KEYS}
    for error in convert_table(plain, TOP_LEVEL_KEYS)[1]:
        findings.add_field_error((), error)
    if "node" not in values and not findings.is_any_lost(("node",)):
        hint = 'write [node] and, under it, name = "..."'
        findings.add(("node",), "is missing", hint, code="missing-key", on="key")


def _devices(values: Mapping[str, Any], findings: Findings) -> dict[str, Any]:
    devices = values.get("devices", {})
    if not isinstance(devices, dict):
        findings.add(("devices",), f"must be a table, got {shown(devices)}", "write [devices.NAME]")
        return {}
    if len(devices) > MAX_DEVICES:
        text = f"may hold {MAX_DEVICES} devices, and has {len(devices)}"
        findings.add(("devices",), text, code="limit", on="key")
    if not devices and not findings.is_any_lost(("devices",)):
        hint = "write [devices.NAME] for each device"
        findings.add_text(("devices",), "no devices", hint, code="no-devices")
    return devices
