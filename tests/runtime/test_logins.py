"""Logins of a device file, each over real sockets: as users of the node, and of the node itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.runtime.test_access import serving
from tests.support.device_file import config_of, site
from wampedge.client import (
    Session,
    certificate_identity,
    key_identity,
    password_identity,
)
from wampedge.config.model import Secret, UpstreamAuth, UserConfig
from wampedge.errors import AbortError, ApplicationError
from wampedge.runtime.access import realm_settings
from wampedge.runtime.logins import identity_of, proof_of
from wampedge.wamp import ed25519
from wampedge.wamp.auth_proofs import CertificateProof
from wampedge.wamp.scram import ScramSecret
from wampedge.wamp.scram_kdf import Kdf

SEED = bytes(range(32))
STORED = ScramSecret.of("pencil", Kdf("pbkdf2", bytes(16), 4096)).to_text()


@pytest.fixture
def users(tmp_path: Path) -> str:
    stored = tmp_path / "sue"
    stored.write_text(STORED)
    stored.chmod(0o600)
    return (
        f'[router.users.sue]\nauth = {{ method = "scram", secret = "${{file:{stored}}}" }}\n'
        'role = "local"\n'
        '[router.users.joe]\nauth = { method = "cryptosign",'
        f' pubkeys = ["{ed25519.public_key(SEED).hex()}"] }}\nrole = "local"\n'
    )


def key_file(folder: Path, seed: bytes = SEED) -> Path:
    path = folder / "seed"
    path.write_text(f"{seed.hex()}\n")
    path.chmod(0o600)
    return path


@pytest.mark.parametrize("route", ["ws", "rs", "unix"])
async def test_users_of_scram_and_cryptosign_join(tmp_path: Path, users: str, route: str) -> None:
    async with serving(tmp_path, users) as urls:
        for identity, method in (
            (password_identity("sue", "pencil"), "wamp-scram"),
            (key_identity(key_file(tmp_path), "joe"), "cryptosign"),
        ):
            async with await Session.connect(urls[route], "edge", identity=identity) as session:
                told = (session.details["authid"], session.details["authmethod"])
            assert told == (identity.authid, method)


async def test_others_do_not(tmp_path: Path, users: str) -> None:
    strange = key_identity(key_file(tmp_path, bytes(32)), "joe")
    async with serving(tmp_path, users) as urls:
        for identity in (password_identity("sue", "pen"), password_identity("eve", "x"), strange):
            with pytest.raises(AbortError, match="authentication_failed"):
                await Session.connect(urls["unix"], "edge", identity=identity)


async def test_a_certificate_proves_nothing_without_tls(tmp_path: Path, users: str) -> None:
    async with serving(tmp_path, users) as urls:
        with pytest.raises(AbortError, match="no_matching_auth_method"):
            await Session.connect(urls["ws"], "edge", identity=certificate_identity())


DYNAMIC = """
[router]
anonymous = false
authenticator = "site.auth.check"
[router.users.guard]
auth = { method = "ticket", secret = "${env:TICKET}" }
role = "guard"
[router.users.tom]
auth = { method = "ticket", secret = "${env:TICKET}" }
role = "local"
[router.roles.guard.allow]
register = ["site.auth.check"]
[router.roles.cook.allow]
call = ["site.kitchen."]
"""


async def test_a_procedure_knows_users_the_file_does_not(tmp_path: Path) -> None:
    asked: list[tuple[str, str, str]] = []

    def check(realm: str, authid: str, details: dict[str, Any]) -> str:
        asked.append((realm, authid, details["authmethod"]))
        if details.get("ticket") != "apple":
            raise ApplicationError("site.error.no_such_user")
        return "cook"

    async with (
        serving(tmp_path, DYNAMIC) as urls,
        await Session.connect(urls["ws"], "edge", authid="guard", ticket="tomato") as guard,
        await Session.connect(urls["ws"], "edge", authid="tom", ticket="tomato") as tom,
    ):
        with pytest.raises(ApplicationError, match="not_authorized"):
            await tom.register("site.auth.check", lambda *_: "local")
        await guard.register("site.auth.check", check)
        async with await Session.connect(urls["ws"], "edge", authid="ann", ticket="apple") as ann:
            told = [ann.details[key] for key in ("authid", "authrole", "authprovider")]
        with pytest.raises(AbortError, match="authentication_failed"):
            await Session.connect(urls["ws"], "edge", authid="eve", ticket="pear")

    assert told == ["ann", "cook", "dynamic"]
    assert asked == [("edge", "ann", "ticket"), ("edge", "eve", "ticket")]


def test_only_the_role_that_is_named_in_full_may_be_the_authenticator() -> None:
    text = DYNAMIC.replace('call = ["site.kitchen."]', 'register = ["site."]')
    config = config_of(site(text), {"TICKET": "tomato"}).router

    dynamic = realm_settings(config).authenticator

    assert dynamic is not None
    assert dynamic.procedure == "site.auth.check"
    assert dynamic.roles == {"guard"}
    assert dynamic.reserved == {"local"}


def test_a_certificate_of_the_file_is_its_users() -> None:
    user = UserConfig("tls", None, "viewer", certificate_sha256="ab" * 32, common_name="panel")

    assert proof_of(user) == CertificateProof("ab" * 32, "panel")


@pytest.mark.parametrize(
    ("method", "secret", "offered"),
    [
        ("anonymous", None, []),
        ("ticket", "t", ["ticket"]),
        ("wampcra", "s", ["wampcra"]),
        ("scram", "p", ["scram", "wamp-scram"]),
        ("cryptosign", SEED.hex(), ["cryptosign"]),
        ("tls", None, ["tls"]),
    ],
)
def test_the_node_proves_itself_upstream_as_the_file_says(
    method: Any, secret: str | None, offered: list[str]
) -> None:
    auth = UpstreamAuth(method, "gh1", Secret(secret) if secret else None)

    identity = identity_of(auth)

    assert identity.authid == "gh1"
    assert [each.method for each in identity.authenticators] == offered
