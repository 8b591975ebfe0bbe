"""Our router, put through the checks that any router can be put through."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.conformance.authentication import LOGINS
from tests.conformance.checks import Check
from tests.conformance.suite import ALL_CHECKS, run_check
from tests.interop.crossbar import KEY_SEED, PASSWORD, SECRET, TICKET
from wampedge.router import RealmSettings, Router, User
from wampedge.server import Server, random_ids
from wampedge.wamp import ed25519
from wampedge.wamp.auth_proofs import (
    CryptosignProof,
    Proof,
    ScramProof,
    TicketProof,
    WampCraProof,
)
from wampedge.wamp.scram import ScramSecret
from wampedge.wamp.scram_kdf import Kdf

PROOFS: dict[str, Proof] = {
    "ticket": TicketProof(TICKET),
    "wampcra": WampCraProof(SECRET),
    "wamp-scram": ScramProof(ScramSecret.of(PASSWORD, Kdf("pbkdf2", b"salt of harry 16", 4096))),
    "cryptosign": CryptosignProof(frozenset({ed25519.public_key(KEY_SEED)})),
}
USERS = tuple(User(authid, "anonymous", PROOFS[method]) for method, authid in LOGINS.items())


@asynccontextmanager
async def serving() -> AsyncIterator[Server]:
    """Serve a realm where everybody may do everything, some of them by name."""
    router = Router(
        [RealmSettings("realm1", users=USERS)],
        random_id=random_ids().__next__,
        monotonic_s=time.monotonic,
        time_s=time.time,
    )
    server = Server(router, ["ws://127.0.0.1:0/ws"], anonymous_role="anonymous")
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


@pytest.mark.parametrize("check", ALL_CHECKS, ids=lambda check: check.name)
async def test_the_router_follows_the_specification(check: Check) -> None:
    async with serving() as server:
        (address,) = server.addresses
        await run_check(check, str(address), "realm1", ("127.0.0.1", address.port))


def test_no_two_checks_have_one_name() -> None:
    names = [check.name for check in ALL_CHECKS]

    assert sorted(set(names)) == sorted(names)
