"""Calling meta procedures, which every test of this folder does."""

from __future__ import annotations

import itertools
from typing import Any

from tests.router.site import Peer
from wampedge.wamp.messages import Call, Error, Message, Result
from wampedge.wamp.payload import Payload

__all__ = ["ask", "call_of", "refusal", "told"]

_numbers = itertools.count(1_000)


def call_of(procedure: str, *args: Any, **kwargs: Any) -> Call:
    """Make a CALL with a request id of its own."""
    return Call(next(_numbers), {}, procedure, Payload(args, kwargs))


def ask(peer: Peer, procedure: str, *args: Any, **kwargs: Any) -> Any:
    """Call *procedure* and return its only result, or None when it has none."""
    return told(peer.ask(call_of(procedure, *args, **kwargs)))


def refusal(peer: Peer, procedure: str, *args: Any, **kwargs: Any) -> str:
    """Call *procedure*, see that it is answered with ERROR, and return its URI."""
    error = peer.ask(call_of(procedure, *args, **kwargs))
    assert isinstance(error, Error)
    assert len(error.payload.args) == 1
    assert not peer.session.is_closed
    return error.error


def told(answer: Message) -> Any:
    """Return the only result in *answer*, or None when it has none."""
    assert isinstance(answer, Result)
    assert (answer.details, answer.payload.kwargs) == ({}, {})
    assert len(answer.payload.args) <= 1
    return answer.payload.value
