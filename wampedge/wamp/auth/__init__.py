"""The client's side of authentication: what answers a router's CHALLENGE.

One module for each method; the router's side of the same methods is ``wampedge.wamp.auth_proofs``.
Secrets never appear in ``repr`` and are never logged.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wampedge.lazy_names import lazy_names
from wampedge.wamp.auth.contract import Authenticator
from wampedge.wamp.auth.identity import ANONYMOUS, Identity, identity_from

if TYPE_CHECKING:
    from wampedge.wamp.auth.cryptosign import CryptosignAuthenticator
    from wampedge.wamp.auth.scram import ScramAuthenticator
    from wampedge.wamp.auth.ticket import TicketAuthenticator, sign_ticket
    from wampedge.wamp.auth.unasked import (
        AnonymousAuthenticator,
        CertificateAuthenticator,
        CookieAuthenticator,
    )
    from wampedge.wamp.auth.wampcra import (
        MAX_CHALLENGE_LENGTH,
        MAX_ITERATIONS,
        MAX_KEY_LENGTH,
        WampCraAuthenticator,
        derive_wampcra_key,
        sign_wampcra,
    )

__all__ = [
    "ANONYMOUS",
    "MAX_CHALLENGE_LENGTH",
    "MAX_ITERATIONS",
    "MAX_KEY_LENGTH",
    "AnonymousAuthenticator",
    "Authenticator",
    "CertificateAuthenticator",
    "CookieAuthenticator",
    "CryptosignAuthenticator",
    "Identity",
    "ScramAuthenticator",
    "TicketAuthenticator",
    "WampCraAuthenticator",
    "derive_wampcra_key",
    "identity_from",
    "sign_ticket",
    "sign_wampcra",
]

__getattr__ = lazy_names(
    __name__,
    {
        "CryptosignAuthenticator": "cryptosign",
        "ScramAuthenticator": "scram",
        "TicketAuthenticator": "ticket",
        "sign_ticket": "ticket",
        "AnonymousAuthenticator": "unasked",
        "CertificateAuthenticator": "unasked",
        "CookieAuthenticator": "unasked",
        "MAX_CHALLENGE_LENGTH": "wampcra",
        "MAX_ITERATIONS": "wampcra",
        "MAX_KEY_LENGTH": "wampcra",
        "WampCraAuthenticator": "wampcra",
        "derive_wampcra_key": "wampcra",
        "sign_wampcra": "wampcra",
    },
)
