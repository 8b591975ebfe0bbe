"""Where a command connects to: flags, then environment variables, then the node on this machine."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from wampedge.client import Session, certificate_identity, key_identity, password_identity
from wampedge.config.paths import NODE_FACTS_FILE, local_nodes
from wampedge.errors import CallTimeoutError, ConnectError
from wampedge.transports.tls_files import ClientTls
from wampedge.wamp.auth import Identity

__all__ = ["add_connection_flags", "connect", "local_prefix"]

DEFAULT_REALM = "edge"
DEFAULT_TIMEOUT_S = 10.0


def add_connection_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags every command has that talks to a router."""
    group = parser.add_argument_group("connection")
    group.add_argument(
        "--url", help="router, such as ws://host:8080/ws or unix:/path (WAMPEDGE_URL)"
    )
    group.add_argument("--realm", help="realm to join (WAMPEDGE_REALM)")
    group.add_argument("--authid", help="who we are (WAMPEDGE_AUTHID)")
    group.add_argument("--ticket", help="ticket to join with (better: WAMPEDGE_TICKET)")
    group.add_argument("--secret", help="WAMP-CRA secret to join with (better: WAMPEDGE_SECRET)")
    group.add_argument(
        "--password", help="password to join with by SCRAM (better: WAMPEDGE_PASSWORD)"
    )
    group.add_argument(
        "--key-file",
        metavar="FILE",
        help="private key to join with by cryptosign (WAMPEDGE_KEY_FILE)",
    )
    group.add_argument(
        "--ca-file",
        metavar="FILE",
        help="authorities that may sign the router's certificate (WAMPEDGE_CA_FILE)",
    )
    group.add_argument("--certificate", metavar="FILE", help="certificate to prove who we are")
    group.add_argument(
        "--certificate-key", metavar="FILE", help="its private key, if not in the same file"
    )
    group.add_argument(
        "--timeout",
        type=_positive,
        default=DEFAULT_TIMEOUT_S,
        metavar="SECONDS",
        help="longest wait for an answer (default: 10)",
    )


async def connect(options: argparse.Namespace, environ: Mapping[str, str] = os.environ) -> Session:
    """Join the realm the flags name; raises WampedgeError saying what to do."""
    url, realm = _target(options, environ)
    try:
        async with asyncio.timeout(options.timeout):
            return await Session.connect(
                url,
                realm,
                authid=options.authid or environ.get("WAMPEDGE_AUTHID"),
                ticket=options.ticket or environ.get("WAMPEDGE_TICKET"),
                secret=options.secret or environ.get("WAMPEDGE_SECRET"),
                identity=_identity(options, environ),
                tls=_tls(options, environ),
            )
    except CallTimeoutError:
        raise
    except TimeoutError as error:
        raise CallTimeoutError(f"joining {realm} at {url}", options.timeout) from error


def local_prefix(options: argparse.Namespace, environ: Mapping[str, str] = os.environ) -> str:
    """Return what the URIs of the node on this machine begin with, without the dot.

    Raises:
        ConnectError: none runs, or the flags name a router elsewhere.
    """
    whole = "name the whole of it, such as edge.gh1.air.temperature"
    if options.url or environ.get("WAMPEDGE_URL"):
        raise ConnectError(f"which node is meant is not known where a router is named: {whole}")
    sockets = local_nodes(environ)
    prefix = _facts_of_node(sockets[0]).get("uri_prefix") if sockets else None
    if prefix is None:
        raise ConnectError(f"no node runs on this machine: {whole}, and --url")
    return str(prefix)


def _identity(options: argparse.Namespace, environ: Mapping[str, str]) -> Identity | None:
    """Return who proves itself by password, key or certificate; None where none is given."""
    authid = options.authid or environ.get("WAMPEDGE_AUTHID")
    password = options.password or environ.get("WAMPEDGE_PASSWORD")
    key_file = options.key_file or environ.get("WAMPEDGE_KEY_FILE")
    if password:
        return password_identity(authid or "", password)
    if key_file:
        return key_identity(key_file, authid)
    secrets = (options.ticket, options.secret, environ.get("WAMPEDGE_TICKET"))
    has_secret = any(secrets) or "WAMPEDGE_SECRET" in environ
    return certificate_identity(authid) if options.certificate and not has_secret else None


def _tls(options: argparse.Namespace, environ: Mapping[str, str]) -> ClientTls:
    """Return the certificates the flags name; files that are no good are told on connecting."""
    ca_file = options.ca_file or environ.get("WAMPEDGE_CA_FILE")
    names = {"ca_file": ca_file, "certificate": options.certificate, "key": options.certificate_key}
    return ClientTls(**{name: Path(path) for name, path in names.items() if path})


def _target(options: argparse.Namespace, environ: Mapping[str, str]) -> tuple[str, str]:
    url = options.url or environ.get("WAMPEDGE_URL")
    realm = options.realm or environ.get("WAMPEDGE_REALM")
    if url:
        return url, realm or DEFAULT_REALM
    sockets = local_nodes(environ)
    if not sockets:
        raise ConnectError(
            "no node runs on this machine (start one with: wampedge run devices.toml), "
            "and no router is named (--url or WAMPEDGE_URL)"
        )
    return f"unix:{sockets[0]}", realm or _realm_of_node(sockets[0])


def _realm_of_node(socket_path: Path) -> str:
    """Return the realm the node behind *socket_path* serves, as it says beside its socket."""
    return str(_facts_of_node(socket_path).get("realm", DEFAULT_REALM))


def _facts_of_node(socket_path: Path) -> Mapping[str, Any]:
    """Return what the node behind *socket_path* says beside its socket; maybe nothing."""
    try:
        facts = json.loads((socket_path.parent / NODE_FACTS_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return facts if isinstance(facts, dict) else {}


def _positive(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < 1e6:
        raise argparse.ArgumentTypeError(f"must be a number of seconds above 0, got {text!r}")
    return value
