"""The router's side of ticket authentication."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from wampedge.wamp.auth_proofs.contract import NOTHING_MORE, Circumstances, Question, is_same
from wampedge.wamp.messages import Authenticate, Challenge

__all__ = ["TicketProof"]


@dataclass(frozen=True, slots=True)
class TicketProof:
    """The peer sends the ticket itself.

    Args:
        ticket: the shared secret.
    """

    method: ClassVar[str] = "ticket"
    ticket: str = field(repr=False)

    def ask(self, about: Circumstances) -> Question:
        """Ask for the ticket."""
        return Question(Challenge(self.method, {}), self._judge)

    def decoy(self, noise: bytes) -> TicketProof:
        """Return a ticket nobody has."""
        return TicketProof(noise.hex())

    def _judge(self, answer: Authenticate) -> Mapping[str, Any] | None:
        return NOTHING_MORE if is_same(answer.signature, self.ticket) else None
