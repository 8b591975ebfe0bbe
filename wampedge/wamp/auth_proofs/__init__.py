"""The router's side of authentication: what it keeps of a user, asks for, and accepts.

One module for each method; the contract is ``contract.Proof``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wampedge.lazy_names import lazy_names
from wampedge.wamp.auth_proofs.certificate import CertificateProof
from wampedge.wamp.auth_proofs.contract import Circumstances, Proof, Question

if TYPE_CHECKING:
    from wampedge.wamp.auth_proofs.cryptosign import CryptosignProof
    from wampedge.wamp.auth_proofs.scram import ScramProof
    from wampedge.wamp.auth_proofs.ticket import TicketProof
    from wampedge.wamp.auth_proofs.wampcra import SaltedWampCraProof, WampCraProof

__all__ = [
    "CertificateProof",
    "Circumstances",
    "CryptosignProof",
    "Proof",
    "Question",
    "SaltedWampCraProof",
    "ScramProof",
    "TicketProof",
    "WampCraProof",
]

__getattr__ = lazy_names(
    __name__,
    {
        "CryptosignProof": "cryptosign",
        "ScramProof": "scram",
        "TicketProof": "ticket",
        "SaltedWampCraProof": "wampcra",
        "WampCraProof": "wampcra",
    },
)
