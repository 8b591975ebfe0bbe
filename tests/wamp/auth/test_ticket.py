"""Specification, "Ticket-based Authentication"."""

from __future__ import annotations

from wampedge.wamp.auth import TicketAuthenticator, sign_ticket
from wampedge.wamp.evidence import NO_EVIDENCE
from wampedge.wamp.messages import Authenticate, Challenge


def test_a_ticket_is_sent_as_it_is() -> None:
    answer = TicketAuthenticator("a ticket").authenticate(Challenge("ticket", {}))

    assert answer == sign_ticket("a ticket") == Authenticate("a ticket", {})


def test_one_ticket_serves_every_session_and_any_welcome() -> None:
    ticket = TicketAuthenticator("a ticket")

    ticket.check_welcome({})

    assert ticket.begin("gh1", NO_EVIDENCE) is ticket
    assert ticket.authextra == {}
    assert not ticket.proves_router


def test_a_ticket_does_not_show() -> None:
    assert "hush" not in repr(TicketAuthenticator("hush"))
