from __future__ import annotations

import pytest

from wampedge.errors import ConfigError
from wampedge.wamp.auth import ANONYMOUS, identity_from


def test_identity_without_a_proof_is_anonymous() -> None:
    assert identity_from(None, ticket=None, secret=None) == ANONYMOUS


@pytest.mark.parametrize(
    ("ticket", "secret", "methods"),
    [
        ("t", None, ["ticket"]),
        (None, "s", ["wampcra"]),
        ("t", "s", ["wampcra", "ticket"]),
    ],
)
def test_identity_offers_what_it_has_wampcra_first(
    ticket: str | None, secret: str | None, methods: list[str]
) -> None:
    identity = identity_from("gh1", ticket=ticket, secret=secret)

    assert identity.authid == "gh1"
    assert [each.method for each in identity.authenticators] == methods


@pytest.mark.parametrize(
    ("authid", "ticket", "secret"),
    [(None, "t", None), ("", None, "s"), ("gh1", "", None), ("gh1", None, "")],
)
def test_proofs_need_a_name_and_must_not_be_empty(
    authid: str | None, ticket: str | None, secret: str | None
) -> None:
    with pytest.raises(ConfigError):
        identity_from(authid, ticket=ticket, secret=secret)
