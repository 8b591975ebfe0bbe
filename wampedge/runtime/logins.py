"""From the device file to proofs: those of users, and those of the node itself upstream."""

from __future__ import annotations

import os

from wampedge.config.model import UpstreamAuth, UserConfig
from wampedge.wamp.auth import (
    Authenticator,
    CertificateAuthenticator,
    CryptosignAuthenticator,
    Identity,
    ScramAuthenticator,
    TicketAuthenticator,
    WampCraAuthenticator,
)
from wampedge.wamp.auth_proofs import (
    CertificateProof,
    CryptosignProof,
    Proof,
    SaltedWampCraProof,
    ScramProof,
    TicketProof,
    WampCraProof,
)
from wampedge.wamp.scram import ScramSecret

__all__ = ["identity_of", "proof_of"]


def proof_of(user: UserConfig) -> Proof | CertificateProof:
    """Return what the router keeps to check *user*; raises ConfigError when it cannot be used."""
    if user.method == "tls":
        return CertificateProof(user.certificate_sha256, user.common_name)
    if user.method == "cryptosign":
        return CryptosignProof(frozenset(bytes.fromhex(key) for key in user.pubkeys))
    assert user.secret is not None, "checked with the file"
    secret = user.secret.reveal()
    if user.method == "ticket":
        return TicketProof(secret)
    if user.method == "scram":
        return ScramProof(ScramSecret.from_text(secret))
    if user.salt is None:
        return WampCraProof(secret)
    return SaltedWampCraProof(secret, user.salt, user.iterations)


def identity_of(auth: UpstreamAuth) -> Identity:
    """Return who the node is upstream; raises ConfigError when it cannot be used."""
    if auth.method == "anonymous":
        return Identity(auth.id)
    return Identity(auth.id, _authenticators(auth))


def _authenticators(auth: UpstreamAuth) -> tuple[Authenticator, ...]:
    if auth.method == "tls":
        return (CertificateAuthenticator(),)
    assert auth.secret is not None, "checked with the file"
    secret = auth.secret.reveal()
    if auth.method == "ticket":
        return (TicketAuthenticator(secret),)
    if auth.method == "wampcra":
        return (WampCraAuthenticator(secret),)
    if auth.method == "cryptosign":
        return (CryptosignAuthenticator.from_hex(secret),)
    scram = ScramAuthenticator(secret, os.urandom)
    return scram.for_crossbar(), scram
