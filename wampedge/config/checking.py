"""Check a whole device file: every mistake in one run, then the model."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from wampedge.config.bus_check import BusDraft, check_buses
from wampedge.config.cross_checks import (
    check_addresses,
    check_bus_nodes,
    check_pins,
    check_serial,
    check_uris,
)
from wampedge.config.declarations import TOP_LEVEL_KEYS, forget_device_fields
from wampedge.config.derived import check_derived
from wampedge.config.device_check import DeviceDraft, LocalDrivers, check_device, check_template
from wampedge.config.device_references import check_device_references
from wampedge.config.file_check import FileCheck
from wampedge.config.includes import parsed_file, read_includes
from wampedge.config.interlocks import check_interlocks, check_policies, check_sessions
from wampedge.config.keeping import check_store
from wampedge.config.layout import KeyPath
from wampedge.config.local_drivers import check_local_drivers
from wampedge.config.model import NodeConfig, SiteConfig
from wampedge.config.mux_buses import check_mux_addresses, with_mux_buses
from wampedge.config.pin_uses import check_pin_uses
from wampedge.config.place_check import check_places
from wampedge.config.problems import Findings, Problem
from wampedge.config.references import expand
from wampedge.config.report import render
from wampedge.config.rules import check_rules
from wampedge.config.sections import (
    Defaults,
    check_defaults,
    check_node,
    check_router,
)
from wampedge.config.source import read_source
from wampedge.config.statements import MAX_SIZE_BYTES
from wampedge.config.templates import read_templates
from wampedge.config.terms import Names, table_names
from wampedge.config.upstream_check import check_upstream, check_upstreams
from wampedge.devices.fields import convert_table, shown
from wampedge.devices.output_policy import Interlock
from wampedge.devices.spelling import nearest
from wampedge.errors import ConfigError
from wampedge.records import Record

__all__ = ["MAX_DEVICES", "Checked", "check", "check_all", "load"]

MAX_DEVICES: Final = 512

_SECTIONS: Final = (
    "node",
    "router",
    "upstream",
    "upstreams",
    "store",
    "defaults",
    "buses",
    "devices",
    "interlocks",
    "sessions",
    "derived",
    "rules",
    "templates",
    "drivers",
)


class Checked(Record):
    """What a check found.

    Attributes:
        config: the model; None when anything is wrong.
        problems: every mistake, in file order.
        warnings: what is allowed and hardly meant, in file order; only when asked for.
        texts: the text of each file that was read, by the name it has in *problems*.
        findings: where everything stands; None when the text was not looked at.
    """

    config: SiteConfig | None
    problems: list[Problem]
    warnings: list[Problem]
    texts: Mapping[str, str]
    findings: Findings | None = None

    def at(self, path: KeyPath, text: str, hint: str, code: str) -> Problem:
        """Return a problem at *path* of the file, found by other means than its text."""
        assert self.findings is not None, "only a file that could be scanned has a model"
        return self.findings.problem(path, text, hint, code)


def load(path: Path, environ: Mapping[str, str] = os.environ) -> SiteConfig:
    """Read and check the device file at *path*, with all it includes.

    Raises:
        ConfigError: its text is the whole report, ``problems`` lists each mistake; ``problems`` is
            empty when the file could not be read at all.
    """
    checked = check_all(read_source(path), str(path), environ)
    if checked.config is None:
        raise ConfigError(render(checked.problems, checked.texts), checked.problems)
    return checked.config


def check(
    text: str, filename: str, environ: Mapping[str, str] = os.environ
) -> tuple[SiteConfig | None, list[Problem]]:
    """Return model and mistakes, as ``check_all`` finds them."""
    checked = check_all(text, filename, environ)
    return checked.config, checked.problems


def check_all(
    text: str,
    filename: str,
    environ: Mapping[str, str] = os.environ,
    *,
    wants_warnings: bool = False,
) -> Checked:
    """Check the text of a device file; never raises for what is in it.

    Args:
        text: the file.
        filename: its name in the problems; paths in the file are relative to its folder.
        environ: where ``${env:NAME}`` is looked up.
        wants_warnings: look for what is allowed and hardly meant, too.
    """
    texts = {filename: text}
    if len(text) > MAX_SIZE_BYTES or len(text.encode(errors="replace")) > MAX_SIZE_BYTES:
        limit = f"file is larger than {MAX_SIZE_BYTES // 1024} KiB"
        return Checked(None, [Problem(filename, 1, 1, 2, limit, code="limit")], [], texts)
    values, findings, file = parsed_file(filename, text, None)
    config = None
    if file.scan.is_complete:
        read_includes(values, environ, findings, texts)
        expand(values, environ, findings, Path(filename).parent)
        config = _check_values(FileCheck(Path(filename), values, environ, findings))
    if len(findings):
        config = None
    if config is not None:
        config = config.but(files=tuple(Path(name) for name in texts))
        if wants_warnings:
            from wampedge.config.advice import advise  # noqa: PLC0415 # the node does not need it

            advise(config, values, findings)
    return Checked(config, findings.in_file_order(), findings.warnings(), texts, findings)


def _check_values(check: FileCheck) -> SiteConfig | None:
    values, findings = check.values, check.findings
    if not values and not len(findings):
        text, hint = "file is empty: no devices", 'begin with "wampedge = 1"'
        findings.add_text((), text, hint, code="no-devices")
        return None
    _check_top_level(values, findings)
    node, router = check_node(check), check_router(check)
    prefix = node.uri_prefix if node else ""
    upstream, upstreams = check_upstream(check, prefix), check_upstreams(check, prefix)
    store = check_store(check)
    defaults, buses = check_defaults(check), check_buses(check)
    drafts = _check_devices(values, buses, defaults, findings, check_local_drivers(check))
    _check_wiring(drafts, buses, findings)
    check_device_references(drafts, findings)
    check_uris(drafts, prefix, findings)
    has_upstream = not values.keys().isdisjoint({"upstream", "upstreams"})
    check_policies(drafts.values(), has_upstream=has_upstream, findings=findings)
    interlocks = check_interlocks(values.get("interlocks"), drafts, findings)
    sessions = check_sessions(values.get("sessions"), findings)
    _check_identify(node, drafts, interlocks, findings)
    names = Names(drafts, table_names(values.get("derived")))
    derived = check_derived(values.get("derived"), names, findings)
    rules = check_rules(values.get("rules"), drafts, names, findings)
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
        derived,
        rules,
        store=store,
        upstreams=upstreams,
    )


def _check_identify(
    node: NodeConfig | None,
    drafts: Mapping[str, DeviceDraft],
    interlocks: Mapping[str, Interlock],
    findings: Findings,
) -> None:
    if node is not None and node.identify is not None:
        from wampedge.config.identify import check_identify  # noqa: PLC0415 # few files have it

        check_identify(node, drafts, interlocks, findings)


def _check_wiring(
    drafts: Mapping[str, DeviceDraft], buses: Mapping[str, BusDraft], findings: Findings
) -> None:
    """Check what two devices, or a device and a bus, both want."""
    check_bus_nodes(buses, findings)
    check_pins(drafts, buses, findings)
    check_pin_uses(drafts, findings)
    check_addresses(drafts, findings)
    check_mux_addresses(drafts, buses, findings)
    check_places(drafts, findings)
    check_serial(drafts, findings)


def _check_devices(
    values: Mapping[str, Any],
    buses: dict[str, BusDraft],
    defaults: Defaults,
    findings: Findings,
    local: LocalDrivers,
) -> dict[str, DeviceDraft]:
    """Check each device, with what its templates say; then what no device took of these.

    Buses behind multiplexers are added to *buses*: it is devices that name them.
    """
    templates = read_templates(values, findings)
    drafts: dict[str, DeviceDraft] = {}
    given = dict(list(_devices(values, findings).items())[:MAX_DEVICES])
    whole = {name: templates.apply("devices", name, raw) for name, raw in given.items()}
    buses.update(with_mux_buses(buses, whole, findings))
    for name, raw in given.items():
        drafts[name] = check_device(name, whole[name], buses, defaults, findings, local)
        for template in templates.of(raw):
            spec = drafts[name].spec
            check_template(template, templates.own_keys(template), spec, findings, local)
    for name in templates.check_unused():
        check_template(name, templates.own_keys(name), None, findings, local)
    forget_device_fields()
    return drafts


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
