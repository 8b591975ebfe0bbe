"""Make the link upstream that a device file asks for, and say how it is."""

from __future__ import annotations

from typing import Any

from wampedge.client import Backoff, Connection, Session
from wampedge.config.model import UpstreamAuth, UpstreamConfig
from wampedge.devices.contracts import Clock
from wampedge.transports.base import Transport
from wampedge.transports.connect import connect
from wampedge.uplink import Uplink
from wampedge.wamp.auth import Identity, identity_from

__all__ = ["describe_link", "make_uplink"]


def make_uplink(config: UpstreamConfig, local: Session, clock: Clock) -> Uplink:
    """Return the link *config* asks for, not started; it offers nothing yet.

    Args:
        config: the ``[upstream]`` table.
        local: session at the local router that calls from upstream are passed to.
        clock: the node's clock.

    Raises:
        ConfigError: the address, the credentials or the pauses cannot be used.
    """
    backoff = Backoff(first_s=config.reconnect_min_s, cap_s=config.reconnect_max_s)

    async def open_transport() -> Transport:
        return await connect(config.url, ca_file=config.ca_file)

    connection = Connection(open_transport, config.realm, _identity(config.auth), backoff=backoff)
    connection.name = config.url
    return Uplink(connection, local, wall_clock=clock.time)


def describe_link(uplink: Uplink, config: UpstreamConfig) -> dict[str, Any]:
    """Return the state of the link as plain values; no secret is in it."""
    status = uplink.status
    return {
        "url": config.url,
        "realm": config.realm,
        "state": status.state,
        "session_id": status.session_id,
        "joined_at": status.joined_at,
        "joins": status.joins,
        "failures": status.failures,
        "last_error": status.last_error,
        "is_rejected": status.is_rejected,
        "procedures": status.procedures,
        "procedures_registered": status.procedures_registered,
        "published": status.published,
        "dropped": status.dropped,
        "refused": status.refused,
        "calls": status.calls,
    }


def _identity(auth: UpstreamAuth) -> Identity:
    proof = auth.secret.reveal() if auth.secret is not None else None
    return identity_from(
        auth.id,
        ticket=proof if auth.method == "ticket" else None,
        secret=proof if auth.method == "wampcra" else None,
    )
