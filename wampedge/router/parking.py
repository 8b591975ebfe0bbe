"""Sessions that wait for a decision: what they send meanwhile stays in order behind it.

Most decisions are made from memory. Where one has to be asked for, ``Authorizer.allows`` raises
``Undecided``; the router parks the session with the message in hand and goes on with all others.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wampedge.router.sends import Sends
    from wampedge.router.session import Reactions

__all__ = ["MAX_PARKED_MESSAGES", "Parked", "Undecided"]

MAX_PARKED_MESSAGES = 10_000
"""What one session may send while it waits; its connection is not read meanwhile, so it is what
had come already."""


class Undecided(Exception):  # noqa: N818 - it is no error, but a question that was not asked yet
    """Whether a session may do something has to be asked for first.

    Args:
        ask: starts to ask and returns what to send for it; it calls what it is given exactly
            once, maybe before it returns, when the same question can be decided from memory.
    """

    def __init__(self, ask: Callable[[Callable[[], Sends]], Sends]) -> None:
        super().__init__("not decided yet")
        self.ask = ask


class Parked:
    """What a session that waits had sent, and what it does with messages once it goes on.

    Args:
        reactions: the reactions of the session before it was parked.
        message: what the decision is needed for.
    """

    __slots__ = ("messages", "reactions")

    def __init__(self, reactions: Reactions, message: Any) -> None:
        self.reactions = reactions
        self.messages = deque([message])
