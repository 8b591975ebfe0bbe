"""Specification, "Ticket-based Authentication"."""

from __future__ import annotations

import pytest

from wampedge.wamp.auth_proofs import Circumstances, TicketProof
from wampedge.wamp.messages import Authenticate, Challenge

PETER = Circumstances(authid="peter", authrole="user", session_id=1, nonce="00", time_s=0.0)
NOISE = bytes(range(64))


def test_a_ticket_is_asked_for_without_a_word() -> None:
    assert TicketProof("t").ask(PETER).challenge == Challenge("ticket", {})


@pytest.mark.parametrize("wrong", ["", "hunter", "hunter22", "Hunter2", "hunter\ud800"])
def test_only_the_whole_ticket_counts(wrong: str) -> None:
    question = TicketProof("hunter2").ask(PETER)

    assert question.judge(Authenticate("hunter2", {})) == {}
    assert question.judge(Authenticate(wrong, {})) is None


def test_a_decoy_is_asked_alike_and_has_another_ticket() -> None:
    decoy = TicketProof("hunter2").decoy(NOISE).ask(PETER)

    assert decoy.challenge == Challenge("ticket", {})
    assert decoy.judge(Authenticate("hunter2", {})) is None


def test_a_ticket_is_never_shown() -> None:
    assert "hunter2" not in repr(TicketProof("hunter2"))
    assert "hunter2" not in repr(TicketProof("hunter2").ask(PETER))
