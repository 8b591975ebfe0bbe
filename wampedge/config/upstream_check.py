"""Checks of ``[upstream]`` and of each ``[upstreams.NAME]``: the routers the node joins."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from wampedge.config.buffering import check_buffer
from wampedge.config.certificates import PemFiles, check_pair
from wampedge.config.declarations import UPSTREAM_FIELDS
from wampedge.config.file_check import FileCheck, converted
from wampedge.config.forwarding import check_forwarding
from wampedge.config.kinds import name_mistake
from wampedge.config.layout import KeyPath
from wampedge.config.model import UpstreamConfig
from wampedge.config.upstream_auth import check_upstream_auth
from wampedge.config.url_kinds import parsed_url
from wampedge.devices.fields import shown
from wampedge.transports.tls_files import ClientTls

__all__ = ["MAIN_LINK", "MAX_LINKS", "check_upstream", "check_upstreams"]

MAIN_LINK: Final = "upstream"
"""What the link of ``[upstream]`` is called."""
MAX_LINKS: Final = 8
"""Routers beside that of ``[upstream]``."""


def check_upstream(check: FileCheck, prefix: str) -> UpstreamConfig | None:
    """Return the router to join; None without ``[upstream]`` or when something is wrong with it.

    Args:
        check: the file.
        prefix: what every URI of the node begins with; empty where that is wrong.
    """
    return _checked(check, (MAIN_LINK,), check.values.get(MAIN_LINK), prefix)


def check_upstreams(check: FileCheck, prefix: str) -> dict[str, UpstreamConfig]:
    """Return the further routers to join, by name, as far as they are right."""
    path, findings = ("upstreams",), check.findings
    raw = check.values.get("upstreams", {})
    if not isinstance(raw, dict):
        findings.add(path, f"must be tables, got {shown(raw)}", "write [upstreams.NAME]")
        return {}
    if len(raw) > MAX_LINKS:
        findings.add(path, f"has {len(raw)} routers, and may have {MAX_LINKS}", "join fewer")
    links = {}
    for name, table in raw.items():
        mistake = name_mistake(name)
        if mistake is not None:
            findings.add((*path, name), mistake[0], mistake[1], code="name", on="key")
        elif name == MAIN_LINK:
            text = "is what the link of [upstream] is called"
            findings.add((*path, name), text, "choose another name", code="name", on="key")
        config = _checked(check, (*path, name), table, prefix)
        if config is not None:
            links[name] = config
    return links


def _checked(check: FileCheck, path: KeyPath, raw: Any, prefix: str) -> UpstreamConfig | None:
    """Return what the table at *path* says."""
    if raw is None:
        return None
    if not isinstance(raw, dict):
        title = ".".join(map(str, path))
        check.findings.add(path, f"must be a table, got {shown(raw)}", f"write [{title}]")
        return None
    values = converted(check, path, raw, UPSTREAM_FIELDS)
    auth = check_upstream_auth(check, path, raw)
    forward = check_forwarding(values.get("forward"), prefix, check.findings, (*path, "forward"))
    buffer = check_buffer(values.get("buffer"), (*path, "buffer"), check.findings)
    _check_clear_text(check, path, raw, values)
    tls = _upstream_tls(check, path, values)
    pauses = values.get("reconnect", {"min": 0.2, "max": 30.0, "jitter": 1.0})
    if pauses["min"] > pauses["max"]:
        check.findings.add((*path, "reconnect"), "must have min below max")
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


def _check_clear_text(
    check: FileCheck, path: KeyPath, raw: Mapping[str, Any], values: Mapping[str, Any]
) -> None:
    """Refuse to send a secret where anybody on the way can read it."""
    auth = raw.get("auth")
    has_secret = isinstance(auth, dict) and "secret" in auth
    if "url" not in values or not has_secret or values.get("insecure"):
        return
    for place, url in enumerate(map(parsed_url, values["url"])):
        if url.is_tls or url.is_loopback:
            continue
        is_list = isinstance(raw["url"], list)
        check.findings.add(
            (*path, "url", place) if is_list else (*path, "url"),
            "would carry the secret in clear text over the network",
            "use wss:// or rss://; in a network you trust, set insecure = true",
            code="clear-text",
        )


def _upstream_tls(check: FileCheck, path: KeyPath, values: Mapping[str, Any]) -> ClientTls | None:
    """Return the certificates of a link; None where it names none."""
    for key in ("ca_file", "certificate"):
        urls = map(parsed_url, values.get("url", ()))
        if values.get(key) and "url" in values and not any(url.is_tls for url in urls):
            hint = "use wss:// or rss://, or remove it"
            check.findings.add((*path, key), "is of no use: the url is not encrypted", hint)
    files = PemFiles(check.path.parent, check.environ, check.findings)
    ca_file = files.certificate((*path, "ca_file"), values.get("ca_file"))
    certificate, key_file = check_pair(path, values, files)
    if ca_file is None and certificate is None:
        return None
    return ClientTls(ca_file=ca_file, certificate=certificate, key=key_file)
