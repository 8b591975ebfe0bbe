"""Checks of ``[node]``, ``[router]``, ``[upstream]`` and ``[defaults]``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from wampedge.config.access import check_authenticator, check_roles
from wampedge.config.buffering import check_buffer
from wampedge.config.certificates import PemFiles, check_pair, check_server_tls
from wampedge.config.declarations import (
    DEFAULTS_FIELDS,
    NODE_FIELDS,
    ROUTER_FIELDS,
    UPSTREAM_FIELDS,
    publish_table,
)
from wampedge.config.file_check import FileCheck, section
from wampedge.config.forwarding import check_forwarding
from wampedge.config.history import check_history
from wampedge.config.keeping import retained_of
from wampedge.config.limits import check_procedure_limits
from wampedge.config.listening import check_listening
from wampedge.config.model import (
    NodeConfig,
    RouterConfig,
    UpstreamConfig,
    WatchdogConfig,
)
from wampedge.config.upstream_auth import check_upstream_auth
from wampedge.config.url_kinds import parsed_url
from wampedge.config.users import check_users, own_roles
from wampedge.config.web import check_web
from wampedge.records import Record
from wampedge.transports.tls_files import ClientTls

__all__ = [
    "Defaults",
    "check_defaults",
    "check_node",
    "check_router",
    "check_upstream",
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


def check_upstream(check: FileCheck, prefix: str) -> UpstreamConfig | None:
    """Return the router to join; None without ``[upstream]`` or when something is wrong with it.

    Args:
        check: the file.
        prefix: what every URI of the node begins with; empty where that is wrong.
    """
    values = section(check, ("upstream",), UPSTREAM_FIELDS)
    if values is None:
        return None
    auth = check_upstream_auth(check)
    forward = check_forwarding(values.get("forward"), prefix, check.findings)
    buffer = check_buffer(values.get("buffer"), ("upstream", "buffer"), check.findings)
    _check_clear_text(check, values)
    tls = _upstream_tls(check, values)
    pauses = values.get("reconnect", {"min": 0.2, "max": 30.0, "jitter": 1.0})
    if pauses["min"] > pauses["max"]:
        check.findings.add(("upstream", "reconnect"), "must have min below max")
    if auth is None or "url" not in values or "realm" not in values:
        return None
    return UpstreamConfig(
        values["url"][0],
        values["realm"],
        auth,
        reconnect_min_s=pauses["min"],
        reconnect_max_s=pauses["max"],
        tls=tls,
        compression=values.get("compression", False),
        reconnect_jitter=pauses["jitter"],
        forward=forward,
        buffer=buffer,
        fallbacks=values["url"][1:],
    )


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


def _check_clear_text(check: FileCheck, values: Mapping[str, Any]) -> None:
    """Refuse to send a secret where anybody on the way can read it."""
    auth = check.values["upstream"].get("auth")
    has_secret = isinstance(auth, dict) and "secret" in auth
    if "url" not in values or not has_secret or values.get("insecure"):
        return
    for place, url in enumerate(map(parsed_url, values["url"])):
        if url.is_tls or url.is_loopback:
            continue
        is_list = isinstance(check.values["upstream"]["url"], list)
        check.findings.add(
            ("upstream", "url", place) if is_list else ("upstream", "url"),
            "would carry the secret in clear text over the network",
            "use wss:// or rss://; in a network you trust, set insecure = true",
            code="clear-text",
        )


def _upstream_tls(check: FileCheck, values: Mapping[str, Any]) -> ClientTls | None:
    """Return the certificates of ``[upstream]``; None where it names none."""
    path = ("upstream",)
    for key in ("ca_file", "certificate"):
        urls = map(parsed_url, values.get("url", ()))
        if values.get(key) and "url" in values and not any(url.is_tls for url in urls):
            hint = "use wss:// or rss://, or remove it"
            check.findings.add((*path, key), "is of no use: the url is not encrypted", hint)
    files = _pem_files(check)
    ca_file = files.certificate((*path, "ca_file"), values.get("ca_file"))
    certificate, key_file = check_pair(path, values, files)
    if ca_file is None and certificate is None:
        return None
    return ClientTls(ca_file=ca_file, certificate=certificate, key=key_file)


def _pem_files(check: FileCheck) -> PemFiles:
    return PemFiles(check.path.parent, check.environ, check.findings)
