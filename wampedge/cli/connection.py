"""Where a command connects to: flags, then environment variables, then the node on this machine."""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping

from wampedge.client import Session
from wampedge.config.paths import local_nodes
from wampedge.errors import ConnectError

__all__ = ["add_connection_flags", "connect"]

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
        "--timeout",
        type=_positive,
        default=DEFAULT_TIMEOUT_S,
        metavar="SECONDS",
        help="longest wait for an answer (default: 10)",
    )


async def connect(options: argparse.Namespace, environ: Mapping[str, str] = os.environ) -> Session:
    """Join the realm the flags name; raises WampedgeError saying what to do."""
    url, realm = _target(options, environ)
    return await Session.connect(
        url,
        realm,
        authid=options.authid or environ.get("WAMPEDGE_AUTHID"),
        ticket=options.ticket or environ.get("WAMPEDGE_TICKET"),
        secret=options.secret or environ.get("WAMPEDGE_SECRET"),
        timeout_s=options.timeout,
    )


def _target(options: argparse.Namespace, environ: Mapping[str, str]) -> tuple[str, str]:
    url = options.url or environ.get("WAMPEDGE_URL")
    realm = options.realm or environ.get("WAMPEDGE_REALM")
    if url:
        return url, realm or "edge"
    nodes = local_nodes(environ)
    if not nodes:
        raise ConnectError(
            "no node runs on this machine (start one with: wampedge run devices.toml), "
            "and no router is named (--url or WAMPEDGE_URL)"
        )
    return nodes[0].url, realm or nodes[0].realm


def _positive(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < 1e6:
        raise argparse.ArgumentTypeError(f"must be a number of seconds above 0, got {text!r}")
    return value
