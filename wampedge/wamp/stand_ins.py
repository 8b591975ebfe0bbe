"""What each side gets when the arguments of one message cannot cross, so that both sessions live.

Three things stop arguments: the sender's serializer cannot carry them (NaN in JSON: decoding
raises InvalidPayloadError), the receiver's cannot (2**70 from JSON to MessagePack, a text that
starts with NUL from MessagePack to JSON: encoding raises LocalProtocolError), or they are too many
for us or for the receiver. Either way nobody broke the protocol, and only the exchange this message
belongs to is told.

- ``onward`` travels on in the place of the message: an ERROR in the place of a YIELD or RESULT.
- ``back`` answers it, as if the receiver had: an ERROR to a CALL, an INVOCATION or an
  acknowledged PUBLISH.

An EVENT has neither: it is dropped, for this receiver only.
"""

from __future__ import annotations

from dataclasses import dataclass

from wampedge.wamp.messages import (
    Abort,
    Call,
    Error,
    Invocation,
    Message,
    Publish,
    Result,
    Yield,
)
from wampedge.wamp.payload import Payload

__all__ = ["StandIn", "stand_in_for"]

_INVALID_ARGUMENT = "wamp.error.invalid_argument"


@dataclass(frozen=True, slots=True)
class StandIn:
    """What replaces a message, in its direction and against it."""

    onward: Message | None = None
    back: Message | None = None


def stand_in_for(message: Message, text: str, *, uri: str = _INVALID_ARGUMENT) -> StandIn:
    """Return what each side gets instead of *message*.

    Args:
        message: the message whose arguments cannot cross; they are not looked at.
        text: why, for people.
        uri: why, for programs.
    """
    why = Payload([text])
    if isinstance(message, Call | Invocation) or (
        isinstance(message, Publish) and message.options.get("acknowledge") is True
    ):
        return StandIn(back=Error(message.TYPE, message.request_id, {}, uri, why))
    if isinstance(message, Yield | Result):
        answered = Invocation.TYPE if isinstance(message, Yield) else Call.TYPE
        return StandIn(onward=Error(answered, message.request_id, {}, uri, why))
    if isinstance(message, Error):
        return StandIn(
            onward=Error(message.request_type, message.request_id, {}, message.error, why)
        )
    if isinstance(message, Abort):
        return StandIn(onward=Abort({}, message.reason, why))
    return StandIn()
