"""Lets the outputs of a node know of the link upstream and of the sessions at its router."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wampedge.client import ConnectionState, ConnectionStatus, Session, Subscription
from wampedge.runtime.outputs.outputs import Outputs

if TYPE_CHECKING:
    from wampedge.uplink import Uplink

__all__ = ["watch_link", "watch_sessions"]

_ON_LEAVE = "wamp.session.on_leave"


def watch_link(outputs: Outputs, uplink: Uplink | None) -> None:
    """Tell *outputs* how *uplink* is from now on; None: there is no link to be lost."""
    if uplink is not None and outputs.link_followed is uplink:
        return
    outputs.link_followed = uplink
    if uplink is None:
        outputs.tell_link(is_up=True)
        return
    outputs.tell_link(is_up=False)

    def tell(status: ConnectionStatus) -> None:
        if outputs.link_followed is uplink:  # the link before says goodbye in its own time
            outputs.tell_link(is_up=status.state is ConnectionState.JOINED)

    uplink.connection.on_status(tell)


async def watch_sessions(outputs: Outputs, session: Session) -> Subscription | None:
    """Tell *outputs* of every session that leaves, where any output counts on one."""
    if not outputs.has_safety:
        return None

    def on_leave(session_id: Any = None, *_: Any, **__: Any) -> None:
        if isinstance(session_id, int):
            outputs.controllers.leave(session_id)

    return await session.subscribe(_ON_LEAVE, on_leave)
