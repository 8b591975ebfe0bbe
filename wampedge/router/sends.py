"""What the methods of the router return: which message goes to which sessions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from wampedge.router.session import RouterSession
from wampedge.wamp.messages import Error, Message
from wampedge.wamp.payload import Payload

__all__ = ["NOTHING", "Send", "Sends", "error_to"]


# Not frozen, although nobody changes one: a frozen dataclass takes twice as long to make, and
# every routed message needs one.
@dataclass(slots=True)
class Send:
    """One message for one or more sessions, in the order they are to get it.

    Args:
        recipients: who gets it; all get the same bytes where they use the same serializer.
        message: what they get.
    """

    recipients: tuple[RouterSession, ...]
    message: Message


Sends = Sequence[Send]
"""What to send, in this order."""

NOTHING: Sends = ()
"""Nobody is told anything."""


def error_to(
    session: RouterSession, request_type: int, request_id: int, *, uri: str, text: str
) -> Send:
    """Answer a request of *session* with an ERROR that carries *text* for people."""
    return Send((session,), Error(request_type, request_id, {}, uri, Payload((text,))))
