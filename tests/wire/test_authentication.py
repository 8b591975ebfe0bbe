"""Who a peer is, over real connections: certificates, cookies and channel binding."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from websockets.asyncio.client import ClientConnection
from websockets.asyncio.client import connect as open_websocket
from websockets.typing import Subprotocol

from tests.support.certificates import Authority
from wampedge.client import Session
from wampedge.errors import AbortError, ConfigError
from wampedge.router import RealmSettings, Router, User
from wampedge.server import Server
from wampedge.server.listeners import Protection
from wampedge.transports.client_cookies import ClientCookies
from wampedge.transports.connect import connect
from wampedge.transports.tls_files import ClientTls
from wampedge.wamp import ed25519
from wampedge.wamp.auth import (
    CertificateAuthenticator,
    CookieAuthenticator,
    CryptosignAuthenticator,
    Identity,
    ScramAuthenticator,
    TicketAuthenticator,
)
from wampedge.wamp.auth_proofs import CertificateProof, CryptosignProof, ScramProof, TicketProof
from wampedge.wamp.ids import random_id
from wampedge.wamp.messages import Abort, Authenticate, Challenge, Hello, Message, Welcome
from wampedge.wamp.scram import ScramSecret
from wampedge.wamp.scram_kdf import Kdf
from wampedge.wamp.serializers import SERIALIZERS

SEED = bytes(range(32))
USERS = (
    User("tom", "guest", TicketProof("tomato")),
    User("sue", "guest", ScramProof(ScramSecret.of("pencil", Kdf("pbkdf2", bytes(16), 4096)))),
    User("joe", "guest", CryptosignProof(frozenset({ed25519.public_key(SEED)}))),
    User("panel", "viewer", CertificateProof(common_name="panel")),
)
SCRAM = ScramAuthenticator("pencil", os.urandom)
JSON = SERIALIZERS["json"]


@asynccontextmanager
async def served(url: str, protection: Protection | None = None) -> AsyncIterator[str]:
    router = Router(
        [RealmSettings("edge", users=USERS)],
        random_id=lambda: random_id(secrets.SystemRandom().getrandbits),
        monotonic_s=time.monotonic,
        cookies_keep_s=60.0,
    )
    server = Server(router, [url], anonymous_role=None, protection=protection or Protection())
    await server.start()
    try:
        yield str(server.addresses[0])
    finally:
        await server.stop()


def with_certificates(authority: Authority) -> Protection:
    files = authority.issue().server()
    return Protection(tls=files.but(client_ca=authority.ca_file, client_certificates="optional"))


def tls_of(authority: Authority, name: str | None) -> ClientTls:
    if name is None:
        return authority.client
    issued = authority.issue(file=name, common_name=name)
    return authority.client.but(certificate=issued.certificate, key=issued.key)


@pytest.mark.parametrize(
    ("identity", "method"),
    [
        (Identity("sue", (SCRAM,)), "wamp-scram"),
        (Identity("joe", (CryptosignAuthenticator(SEED),)), "cryptosign"),
        (Identity(None, (CryptosignAuthenticator(SEED),)), "cryptosign"),
    ],
)
@pytest.mark.parametrize("scheme", ["ws", "rs"])
async def test_our_client_proves_who_it_is_to_our_router(
    identity: Identity, method: str, scheme: str
) -> None:
    """Specification, "SCRAM" and "Cryptosign"."""
    async with served(f"{scheme}://127.0.0.1:0") as url:
        async with await Session.over(await connect(url), "edge", identity) as session:
            assert session.details["authmethod"] == method
        with pytest.raises(AbortError, match="authentication_failed"):
            await Session.over(await connect(url), "edge", Identity("tom", identity.authenticators))


@pytest.mark.parametrize("name", ["panel", "pump", None])
async def test_a_client_certificate_says_who_its_peer_is(tmp_path: Path, name: str | None) -> None:
    """The method ``tls``: what TLS has verified needs no challenge."""
    authority = Authority(tmp_path)
    identity = Identity(None, (CertificateAuthenticator(),))
    async with served("wss://127.0.0.1:0/ws", with_certificates(authority)) as url:
        transport = await connect(url, tls=tls_of(authority, name))
        if name != "panel":
            with pytest.raises(AbortError, match="no_matching_auth_method"):
                await Session.over(transport, "edge", identity)
            return
        async with await Session.over(transport, "edge", identity) as session:
            told = [session.details[key] for key in ("authid", "authrole", "authmethod")]

    assert told == ["panel", "viewer", "tls"]


@pytest.mark.parametrize("way", ["wamp-scram", "cryptosign"])
async def test_a_binding_python_cannot_give_is_refused_before_hello(
    tmp_path: Path, way: str
) -> None:
    """Both sides speak TLS 1.3, which has no ``tls-unique``."""
    authority = Authority(tmp_path)
    proofs = {
        "wamp-scram": ScramAuthenticator("pencil", os.urandom, channel_binding="tls-unique"),
        "cryptosign": CryptosignAuthenticator(SEED, "tls-unique"),
    }
    async with served("wss://127.0.0.1:0/ws", with_certificates(authority)) as url:
        transport = await connect(url, tls=authority.client)
        with pytest.raises(ConfigError, match="has no tls-unique to bind to"):
            await Session.over(transport, "edge", Identity("joe", (proofs[way],)))


@asynccontextmanager
async def browser(url: str, cookie: str = "") -> AsyncIterator[ClientConnection]:
    """Connect as a browser does, that has *cookie*."""
    headers = {"Cookie": cookie} if cookie else {}
    async with open_websocket(
        url,
        subprotocols=[Subprotocol(JSON.subprotocol)],
        additional_headers=headers,
        compression=None,
    ) as connection:
        yield connection


async def ask(connection: ClientConnection, message: Message) -> Message:
    await connection.send(JSON.encode(message).decode())
    answer = await connection.recv(decode=False)
    return JSON.decode(answer)


def hello(*methods: str, authid: str | None = None) -> Hello:
    return Hello("edge", {"roles": {"caller": {}}, "authmethods": list(methods), "authid": authid})


async def test_a_browser_proves_once_who_it_is() -> None:
    """The method ``cookie``: the handshake sets it, a proof gives it a meaning."""
    async with served("ws://127.0.0.1:0/ws") as url:
        async with browser(url) as first:
            assert first.response is not None
            cookie = first.response.headers["Set-Cookie"].partition(";")[0]
            challenge = await ask(first, hello("cookie", "ticket", authid="tom"))
            welcome = await ask(first, Authenticate("tomato", {}))
        async with browser(url, cookie) as second:
            assert second.response is not None
            is_set_again = "Set-Cookie" in second.response.headers
            again = await ask(second, hello("cookie"))
        async with browser(url) as other:
            refused = await ask(other, hello("cookie"))

    assert isinstance(challenge, Challenge)
    assert isinstance(welcome, Welcome)
    assert isinstance(again, Welcome)
    assert [again.details["authid"], again.details["authmethod"]] == ["tom", "cookie"]
    assert not is_set_again
    assert isinstance(refused, Abort)


async def test_a_program_with_cookies_proves_once_who_it_is() -> None:
    cookies = ClientCookies()
    identity = Identity("tom", (CookieAuthenticator(), TicketAuthenticator("tomato")))
    methods = []
    async with served("ws://127.0.0.1:0/ws") as url:
        for _ in range(2):
            transport = await connect(url, cookies=cookies)
            async with await Session.over(transport, "edge", identity) as session:
                methods.append(session.details["authmethod"])

    assert methods == ["ticket", "cookie"]
    assert len(cookies) == 1
