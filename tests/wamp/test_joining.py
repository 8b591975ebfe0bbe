"""What a client says of itself before it is joined, and what it believes of the router."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from wampedge.errors import ConfigError, LocalProtocolError, RemoteProtocolError
from wampedge.wamp.auth import (
    AnonymousAuthenticator,
    CryptosignAuthenticator,
    ScramAuthenticator,
    TicketAuthenticator,
)
from wampedge.wamp.auth_proofs import Circumstances, ScramProof
from wampedge.wamp.effects import Joined, Transmit
from wampedge.wamp.evidence import Evidence
from wampedge.wamp.messages import Welcome
from wampedge.wamp.protocol import ClientProtocol
from wampedge.wamp.scram import ScramSecret
from wampedge.wamp.scram_kdf import Kdf

SCRAM = ScramAuthenticator("pencil", bytes)
STORED = ScramProof(ScramSecret.of("pencil", Kdf("pbkdf2", bytes(16), 4096)))


def welcome(**details: Any) -> Welcome:
    return Welcome(7, {"roles": {}, **details})


def test_both_sides_of_scram_agree_from_hello_to_welcome() -> None:
    """Specification, "SCRAM", Authentication Exchange."""
    protocol = ClientProtocol()
    hello = protocol.join("edge", authid="user", authenticators=(SCRAM,))
    about = Circumstances(
        authid="user",
        authrole="guest",
        session_id=7,
        nonce="00",
        time_s=0.0,
        authextra=hello.details["authextra"],
    )
    question = STORED.ask(about)

    (answer,) = protocol.receive(question.challenge)
    assert isinstance(answer, Transmit)
    told = question.judge(answer.message)  # type: ignore[arg-type] # it is an AUTHENTICATE
    (joined,) = protocol.receive(welcome(authextra=told))

    assert hello.details["authmethods"] == ["wamp-scram"]
    assert isinstance(joined, Joined)


def test_a_router_that_asks_for_no_proof_has_to_give_one_all_the_same() -> None:
    """Whoever does not know the password would just not ask for it."""
    protocol = ClientProtocol()
    protocol.join("edge", authid="user", authenticators=(SCRAM,))

    with pytest.raises(RemoteProtocolError, match="without a proof that the router knows"):
        protocol.receive(welcome())
    assert protocol.session_id == 0


@pytest.mark.parametrize("other", [AnonymousAuthenticator(), TicketAuthenticator("t")])
def test_who_offers_another_way_as_well_is_content_without(other: Any) -> None:
    protocol = ClientProtocol()
    protocol.join("edge", authid="user", authenticators=(SCRAM, other))

    assert protocol.receive(welcome())


def test_hello_holds_what_all_methods_say_first() -> None:
    key = CryptosignAuthenticator(bytes(range(32)), "tls-unique")
    evidence = Evidence(bindings={"tls-unique": b"finished"})

    hello = ClientProtocol().join(
        "edge", authid="user", authenticators=(SCRAM, key), evidence=evidence
    )

    assert hello.details["authextra"] == {
        "nonce": base64.b64encode(bytes(18)).decode(),
        "pubkey": key.authextra["pubkey"],
        "channel_binding": "tls-unique",
    }


def test_a_proof_that_cannot_be_given_here_leaves_the_session_new() -> None:
    protocol = ClientProtocol()
    key = CryptosignAuthenticator(bytes(range(32)), "tls-unique")

    with pytest.raises(ConfigError, match="no tls-unique"):
        protocol.join("edge", authenticators=(key,))
    protocol.join("edge")
    with pytest.raises(LocalProtocolError):
        protocol.join("edge")
