"""Checks of ``[node]``, ``[router]``, ``[upstream]`` and ``[defaults]``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from wampedge.config.access import check_authenticator, check_roles
from wampedge.config.certificates import PemFiles, check_server_tls
from wampedge.config.declarations import (
    DEFAULTS_FIELDS,
    NODE_FIELDS,
    ROUTER_FIELDS,
    publish_table,
)
from wampedge.config.file_check import FileCheck, section
from wampedge.config.history import check_history
from wampedge.config.keeping import retained_of
from wampedge.config.limits import check_procedure_limits
from wampedge.config.listening import check_listening
from wampedge.config.model import (
    NodeConfig,
    RouterConfig,
    WatchdogConfig,
)
from wampedge.config.users import check_users, own_roles
from wampedge.config.web import check_web
from wampedge.records import Record

__all__ = [
    "Defaults",
    "check_defaults",
    "check_node",
    "check_router",
]


class Defaults(Record):
    """``[defaults]``: what devices get that say nothing themselves."""

    every_s: float | None = None
    publish: Mapping[str, Any] = MappingProxyType({})
    history_s: float | None = None


def check_node(check: FileCheck) -> NodeConfig | None:
    """Return the node; None when its name or prefix is wrong."""
    values = section(check, ("node",), NODE_FIELDS)
    if values is None or "name" not in values or "uri_prefix" not in values:
        return None
    prefix = values["uri_prefix"] or f"edge.{values['name']}"
    watchdog = values.get("watchdog") or {}
    hardware = watchdog.get("hardware")
    return NodeConfig(
        values["name"],
        prefix,
        values.get("labels", {}),
        WatchdogConfig(watchdog.get("systemd", True), Path(hardware) if hardware else None),
        values.get("identify"),
    )


def check_router(check: FileCheck) -> RouterConfig:
    """Return the local router, with defaults where something is wrong."""
    values = section(check, ("router",), ROUTER_FIELDS)
    if values is None:
        return RouterConfig()
    given, findings = check.values["router"], check.findings
    values["roles"] = check_roles(given.get("roles"), findings)
    values["users"] = check_users(check)
    values["roles"] |= own_roles(given.get("users"))
    check_authenticator(values.get("authenticator"), values["roles"], findings)
    if values.get("anonymous") is False and not {"users", "authenticator"} & given.keys():
        text, hint = (
            "is false and there are no users: nobody could join",
            "write [router.users.NAME]",
        )
        findings.add(("router", "anonymous"), text, hint)
    values["limits"] = check_procedure_limits(values.get("limits", ()), findings)
    values["history"] = check_history(values.get("history", ()), findings)
    values["retained"] = retained_of(values.get("retained"))
    values["tls"] = check_server_tls(given.get("tls"), values.get("tls") or {}, _pem_files(check))
    check_listening(given, values, findings)
    values["web"] = check_web(check.path, values.get("web"), findings)
    return RouterConfig(**values)


def check_defaults(check: FileCheck) -> Defaults:
    """Return the defaults, empty where something is wrong."""
    values = section(check, ("defaults",), DEFAULTS_FIELDS)
    if values is None:
        return Defaults()
    publish = publish_table(check.values["defaults"].get("publish"))
    delta = publish.get("delta")
    if delta is not None and delta.unit != "%":
        check.findings.add(
            ("defaults", "publish", "delta"),
            "must be in percent: no other unit fits every channel",
            'write "1%" here, and other units at the device',
        )
        publish = {**publish, "delta": None}
    return Defaults(values.get("every"), publish, values.get("history"))


def _pem_files(check: FileCheck) -> PemFiles:
    return PemFiles(check.path.parent, check.environ, check.findings)
