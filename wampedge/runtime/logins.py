"""From the device file to proofs: those of users, and those of the node itself upstream.

Each way to log in is loaded when a login uses it: most nodes know one or none.
"""

from __future__ import annotations

import os

from wampedge.config.model import UpstreamAuth, UserConfig
from wampedge.wamp import auth, auth_proofs
from wampedge.wamp.auth import Authenticator, Identity
from wampedge.wamp.auth_proofs import CertificateProof, Proof

__all__ = ["identity_of", "proof_of"]


def proof_of(user: UserConfig) -> Proof | CertificateProof:
    """Return what the router keeps to check *user*; raises ConfigError when it cannot be used."""
    if user.method == "tls":
        return CertificateProof(user.certificate_sha256, user.common_name)
    if user.method == "cryptosign":
        return auth_proofs.CryptosignProof(frozenset(bytes.fromhex(key) for key in user.pubkeys))
    assert user.secret is not None, "checked with the file"
    secret = user.secret.reveal()
    if user.method == "ticket":
        return auth_proofs.TicketProof(secret)
    if user.method == "scram":
        return auth_proofs.ScramProof.from_text(secret)
    if user.salt is None:
        return auth_proofs.WampCraProof(secret)
    return auth_proofs.SaltedWampCraProof(secret, user.salt, user.iterations)


def identity_of(login: UpstreamAuth) -> Identity:
    """Return who the node is upstream; raises ConfigError when it cannot be used."""
    if login.method == "anonymous":
        return Identity(login.id)
    return Identity(login.id, _authenticators(login))


def _authenticators(login: UpstreamAuth) -> tuple[Authenticator, ...]:
    if login.method == "tls":
        return (auth.CertificateAuthenticator(),)
    assert login.secret is not None, "checked with the file"
    secret = login.secret.reveal()
    if login.method == "ticket":
        return (auth.TicketAuthenticator(secret),)
    if login.method == "wampcra":
        return (auth.WampCraAuthenticator(secret),)
    if login.method == "cryptosign":
        return (auth.CryptosignAuthenticator.from_hex(secret),)
    scram = auth.ScramAuthenticator(secret, os.urandom)
    return scram.for_crossbar(), scram
