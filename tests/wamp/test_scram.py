"""WAMP-SCRAM against the exchange that RFC 7677 section 3 prints.

The specification, "SCRAM", Deviations from RFC5802, keeps AuthMessage as the RFC has it so that its
vectors can be used.
"""

from __future__ import annotations

import base64
import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wampedge.errors import ConfigError
from wampedge.wamp.scram import (
    CROSSBAR_SCRAM,
    WAMP_SCRAM,
    ScramExchange,
    ScramKeys,
    ScramSecret,
    is_nonce,
    scram_dialect,
)
from wampedge.wamp.scram_kdf import Kdf

KDF = Kdf("pbkdf2", base64.b64decode("W22ZaJ0SNY7soEsUEjb6gQ=="), 4096)
SALTED = KDF.derive("pencil")
KEYS = ScramKeys.of(SALTED)
RFC = ScramExchange(
    dialect=WAMP_SCRAM,
    authid="user",
    client_nonce="rOprNGfwEbeRWgbNEkqO",
    nonce="rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0",
    salt="W22ZaJ0SNY7soEsUEjb6gQ==",
    iterations=4096,
)
PROOF = "dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
VERIFIER = "6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="


def test_both_sides_sign_the_message_of_the_rfc() -> None:
    assert RFC.auth_message == (
        b"n=user,r=rOprNGfwEbeRWgbNEkqO,"
        b"r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,"
        b"c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
    )


def test_proof_and_verifier_are_those_of_the_rfc() -> None:
    assert KEYS.client_proof(SALTED, RFC.auth_message) == PROOF
    assert KEYS.server_signature(RFC.auth_message) == VERIFIER
    assert KEYS.is_proof(PROOF, RFC.auth_message)


@pytest.mark.parametrize(
    "wrong",
    [VERIFIER, "", "not base64", PROOF[:-4], PROOF + "AAAA", base64.b64encode(bytes(32)).decode()],
)
def test_no_other_proof_is_right(wrong: str) -> None:
    assert not KEYS.is_proof(wrong, RFC.auth_message)
    assert not KEYS.is_proof(PROOF, RFC.auth_message + b"x")


def test_the_client_key_of_zeros_opens_nothing() -> None:
    """Texts that are no proof are judged as zeros; zeros must not be a proof either."""
    keys = ScramKeys(bytes(32), bytes(32))

    assert not keys.is_proof("", RFC.auth_message)


def test_names_are_prepared_and_escaped() -> None:
    """RFC 5802 section 5.1: ``,`` and ``=`` are ``=2C`` and ``=3D``."""
    exchange = dataclasses.replace(RFC, authid="a=b,\u2168")

    assert exchange.auth_message.startswith(b"n=a=3Db=2CIX,")


def test_a_name_that_cannot_be_prepared_stays_as_it_is() -> None:
    assert dataclasses.replace(RFC, authid="\ud800").auth_message.startswith(b"n=\xed\xa0\x80,")


def test_a_channel_binding_is_part_of_the_message() -> None:
    """RFC 5802 section 7: ``p=tls-unique,,`` and the data, in base64."""
    exchange = dataclasses.replace(RFC, binding="tls-unique", binding_bytes=b"\x01\x02")

    assert b",c=cD10bHMtdW5pcXVlLCwBAg==,r=" in exchange.auth_message


def test_crossbar_says_nothing_of_the_channel_and_escapes_nothing() -> None:
    exchange = dataclasses.replace(RFC, dialect=CROSSBAR_SCRAM, authid="a=b")

    assert exchange.auth_message.startswith(b"n=a=b,r=")
    assert b",c=,r=" in exchange.auth_message


def test_a_stored_secret_is_one_line_that_tells_no_password() -> None:
    secret = ScramSecret.of("pencil", KDF)

    assert secret.to_text() == (
        "SCRAM-SHA-256$pbkdf2$4096$W22ZaJ0SNY7soEsUEjb6gQ==$"
        "WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=$wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU="
    )
    assert ScramSecret.from_text(secret.to_text()) == secret
    assert "WG5d" not in repr(secret)


def test_a_stored_secret_of_argon2_keeps_its_memory() -> None:
    kdf = Kdf("argon2id-13", b"somesalt", 4, 1024)
    secret = ScramSecret(kdf, KEYS)

    assert secret.to_text().startswith("SCRAM-SHA-256$argon2id-13$4,1024$c29tZXNhbHQ=$")
    assert ScramSecret.from_text(secret.to_text()) == secret


@pytest.mark.parametrize(
    ("name", "method"), [("argon2id13", "wamp-scram"), ("argon2id-13", "scram")]
)
def test_the_function_that_made_a_secret_decides_how_clients_speak(name: str, method: str) -> None:
    secret = ScramSecret(Kdf(name, b"somesalt", 4, 1024), KEYS)

    assert secret.dialect.method == method
    assert scram_dialect(method) is secret.dialect


def test_there_is_no_third_dialect() -> None:
    with pytest.raises(ConfigError, match="'ticket' is no method of SCRAM"):
        scram_dialect("ticket")


SHORT = base64.b64encode(bytes(31)).decode()


@pytest.mark.parametrize(
    "text",
    [
        "pencil",
        "SCRAM-SHA-256$pbkdf2$4096$W22ZaJ0SNY7soEsUEjb6gQ==$AAAA",
        f"SCRAM-SHA-1$pbkdf2$4096$W22ZaJ0SNY7soEsUEjb6gQ==${VERIFIER}${VERIFIER}",
        f"SCRAM-SHA-256$pbkdf2$many$W22ZaJ0SNY7soEsUEjb6gQ==${VERIFIER}${VERIFIER}",
        f"SCRAM-SHA-256$pbkdf2$4096$*${VERIFIER}${VERIFIER}",
        f"SCRAM-SHA-256$pbkdf2$1$W22ZaJ0SNY7soEsUEjb6gQ==${VERIFIER}${VERIFIER}",
        f"SCRAM-SHA-256$pbkdf2$4096$W22ZaJ0SNY7soEsUEjb6gQ==${SHORT}${VERIFIER}",
        f"SCRAM-SHA-256$pbkdf2$4096$W22ZaJ0SNY7soEsUEjb6gQ==${VERIFIER}${SHORT}",
    ],
)
def test_what_is_no_stored_secret_is_refused_and_not_shown(text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        ScramSecret.from_text(text)

    assert VERIFIER not in str(caught.value)
    assert "pencil" not in str(caught.value)


@given(st.text(max_size=100))
def test_no_text_breaks_the_reader_of_secrets(text: str) -> None:
    with pytest.raises(ConfigError):
        ScramSecret.from_text(text)


@pytest.mark.parametrize("value", ["a", "egVDf3DMJh0=", "!" * 256])
def test_printable_texts_are_nonces(value: str) -> None:
    assert is_nonce(value)


@pytest.mark.parametrize("value", [None, 5, "", "a,b", "a b", "a\n", "\u00e4", "!" * 257, ["a"]])
def test_anything_else_is_no_nonce(value: object) -> None:
    assert not is_nonce(value)
