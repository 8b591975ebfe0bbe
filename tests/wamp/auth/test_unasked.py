from __future__ import annotations

import pytest

from wampedge.errors import RemoteProtocolError
from wampedge.wamp.auth import (
    AnonymousAuthenticator,
    Authenticator,
    CertificateAuthenticator,
    CookieAuthenticator,
)
from wampedge.wamp.messages import Challenge


@pytest.mark.parametrize(
    ("way", "method"),
    [
        (AnonymousAuthenticator(), "anonymous"),
        (CertificateAuthenticator(), "tls"),
        (CookieAuthenticator(), "cookie"),
    ],
)
def test_what_needs_no_proof_has_no_answer_to_a_challenge(way: Authenticator, method: str) -> None:
    assert way.method == method
    with pytest.raises(RemoteProtocolError, match=f"CHALLENGE for {method}, which has no answer"):
        way.authenticate(Challenge(method, {}))
