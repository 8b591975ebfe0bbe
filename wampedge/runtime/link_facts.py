"""One link as plain values, for whoever asks the node; no secret is in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wampedge.errors import NotJoinedError

if TYPE_CHECKING:
    from wampedge.config.model import UpstreamConfig
    from wampedge.uplink import Uplink

__all__ = ["link_facts", "queue_of"]


def link_facts(uplink: Uplink, config: UpstreamConfig) -> dict[str, Any]:
    """Return how *uplink* does, which *config* asks for."""
    status = uplink.status
    return {
        "url": uplink.connection.status.router or config.url,
        "realm": config.realm,
        "state": status.state,
        "latency": _latency_s(uplink),
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


def queue_of(uplink: Uplink) -> dict[str, Any]:
    """Return what waits for *uplink*, and what did not get there."""
    status, box = uplink.status, uplink.sending.outbox
    lost = {"offline": status.dropped, "refused": status.refused}
    waiting = {"depth": 0, "bytes": 0, "oldest": None}
    safety = {"gaps": 0, "lasting": False, "trouble": None}
    if (told := getattr(box, "status", None)) is not None:
        lost |= {why: lost.get(why, 0) + count for why, count in told.dropped_by_reason.items()}
        waiting = {"depth": told.depth, "bytes": told.size_bytes, "oldest": told.oldest_time}
        safety = {
            "gaps": told.gaps,
            "lasting": told.is_lasting and told.trouble is None,
            "trouble": told.trouble,
        }
    dropped = {reason: count for reason, count in lost.items() if count}
    return {**waiting, "sent": status.published, "dropped": dropped, **safety}


def _latency_s(uplink: Uplink) -> float | None:
    """Return how long the router took to answer the newest ping; None where it is not known."""
    try:
        return uplink.connection.session.round_trip_s()
    except NotJoinedError:
        return None
