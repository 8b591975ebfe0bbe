"""Users of a device file, and procedures and cookies that stand for more of them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.certificates import Authority
from tests.support.device_file import complaints, config_of, site
from wampedge.config.model import RoleConfig, Secret, UserConfig

ROLE = "[router.roles.gardener]\nallow = {}\n"
STORED = (
    "SCRAM-SHA-256$pbkdf2$4096$W22ZaJ0SNY7soEsUEjb6gQ==$"
    "WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=$wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU="
)
ENVIRON = {"T": "hunter2", "K": "AAECAwQFBgcICQoLDA0ODw==", "LONG": "A" * 88, "S": STORED}
WAYS = '(write "${env:NAME}", "${file:/path}" or "${credential:NAME}")'
KEY = "ab" * 32
PRINT = ":".join(["AB"] * 32)


def user(auth: str, role: str = "gardener") -> str:
    return site(f'[router.users.tom]\nauth = {{ {auth} }}\nrole = "{role}"\n{ROLE}')


@pytest.mark.parametrize(
    ("auth", "wanted"),
    [
        ('method = "ticket", secret = "${env:T}"', ("ticket", "hunter2", None, 1000)),
        ('method = "wampcra", secret = "${env:T}"', ("wampcra", "hunter2", None, 1000)),
        (
            'method = "wampcra", secret = "${env:K}", salt = "00ff00ff", iterations = 7',
            ("wampcra", "AAECAwQFBgcICQoLDA0ODw==", "00ff00ff", 7),
        ),
    ],
)
def test_a_user_has_a_proof_and_a_role(auth: str, wanted: tuple[Any, str, str | None, int]) -> None:
    method, secret, salt, iterations = wanted

    users = config_of(user(auth), ENVIRON).router.users

    assert users == {"tom": UserConfig(method, Secret(secret), "gardener", salt, iterations)}
    assert secret not in repr(users)


def test_the_role_local_needs_no_table() -> None:
    text = user('method = "ticket", secret = "${env:T}"', role="local")

    assert config_of(text, ENVIRON).router.users["tom"].role == "local"


@pytest.mark.parametrize(
    ("auth", "found"),
    [
        ("", ["4:1 router.users.tom.auth.method is missing (how the user proves who it is)"]),
        ('method = "anonymous", secret = "${env:T}"',
         [('4:19 router.users.tom.auth.method must be "ticket", "wampcra", "scram", "cryptosign"'
          ' or "tls", got "anonymous"')]),
        ('method = "ticket", secret = "hunter2"',
         [f"4:38 router.users.tom.auth.secret must not stand in the file {WAYS}"]),
        ('method = "ticket", secret = "${env:NONE}"',
         [("4:38 router.users.tom.auth.secret needs the environment variable NONE,"
          " which is not set")]),
        ('method = "ticket", secret = "${env:T}", salt = "00ff00ff"',
         ["4:57 router.users.tom.auth.salt is of no use with the method ticket (remove it)"]),
        ('method = "wampcra", secret = "${env:T}", iterations = 5',
         [("4:64 router.users.tom.auth.iterations is of no use without a salt"
          " (remove it, or write salt)")]),
        ('method = "wampcra", secret = "${env:K}", salt = "00FF00FF"',
         [("4:58 router.users.tom.auth.salt must be 4 to 32 bytes in lower-case hex,"
          ' got "00FF00FF"')]),
        ('method = "wampcra", secret = "${env:T}", salt = "00ff00ff"',
         [("4:39 router.users.tom.auth.secret must lead to the key made of password and salt,"
          " in base64 (make it with: wampedge secret wampcra)")]),
        ('method = "wampcra", secret = "${env:LONG}", salt = "00ff00ff"',
         [("4:39 router.users.tom.auth.secret must lead to the key made of password and salt,"
          " in base64 (make it with: wampedge secret wampcra)")]),
        ('method = "wampcra", secret = "${env:K}", salt = "00ff00ff", iterations = 100_001',
         ["4:83 router.users.tom.auth.iterations must be 1 to 100000, got 100001"]),
    ],
)  # fmt: skip
def test_mistakes_in_a_proof_are_told(auth: str, found: list[str]) -> None:
    assert complaints(user(auth), ENVIRON) == found


@pytest.mark.parametrize(
    ("role", "hint"),
    [("gardner", "did you mean gardener?"), ("pilot", "write [router.roles.pilot.allow]")],
)
def test_a_role_nobody_defined_is_refused(role: str, hint: str) -> None:
    text = user('method = "ticket", secret = "${env:T}"', role=role)

    assert complaints(text, ENVIRON) == [
        f'5:8 router.users.tom.role names the role "{role}", which is not defined ({hint})'
    ]


def test_a_user_needs_a_proof_and_a_role() -> None:
    assert complaints(site("[router.users.tom]\n")) == [
        "3:15 router.users.tom.auth is missing (the proof the user has to give)",
        (
            "3:15 router.users.tom.role is missing: what the user may do"
            " (write the name of a role, or allow = { call = [...] })"
        ),
    ]


def test_the_name_of_the_node_itself_is_not_to_be_had() -> None:
    """Who has the authid of a callee may take over its procedures with ``force_reregister``."""
    text = user('method = "ticket", secret = "${env:T}"').replace("users.tom", "users.local")

    assert complaints(text, ENVIRON) == [
        "3:15 router.users.local is the name of the node itself (choose another name)"
    ]


def test_a_user_of_scram_has_what_is_stored_of_its_password() -> None:
    users = config_of(user('method = "scram", secret = "${env:S}"'), ENVIRON).router.users

    assert users == {"tom": UserConfig("scram", Secret(STORED), "gardener")}


def test_a_user_of_cryptosign_has_public_keys() -> None:
    text = user(f'method = "cryptosign", pubkeys = ["{KEY.upper()}"]')

    users = config_of(text).router.users

    assert users == {"tom": UserConfig("cryptosign", None, "gardener", pubkeys=(KEY,))}


@pytest.mark.parametrize(
    ("auth", "wanted"),
    [
        (f'certificate_sha256 = "{PRINT}"', (KEY, "")),
        (f'certificate_sha256 = "{KEY}", common_name = "panel"', (KEY, "panel")),
        ('common_name = "panel"', ("", "panel")),
    ],
)
def test_a_user_of_tls_has_a_certificate(
    tmp_path: Path, auth: str, wanted: tuple[str, str]
) -> None:
    authority = Authority(tmp_path)
    issued = authority.issue()
    tls = (
        f'[router.tls]\ncertificate = "{issued.certificate}"\nkey = "{issued.key}"\n'
        f'client_ca = "{authority.ca_file}"\nclient_certificates = "optional"\n'
    )

    tom = config_of(user(f'method = "tls", {auth}') + tls).router.users["tom"]

    assert (tom.method, tom.secret, tom.role) == ("tls", None, "gardener")
    assert (tom.certificate_sha256, tom.common_name) == wanted


def test_certificates_nobody_asks_for_prove_nothing() -> None:
    assert complaints(user('method = "tls", common_name = "panel"')) == [
        (
            "4:19 router.users.tom.auth.method is of no use: the router asks nobody for a"
            " certificate (write client_ca and client_certificates in [router.tls])"
        )
    ]


@pytest.mark.parametrize(
    ("auth", "found"),
    [
        ('method = "scram"', "4:1 router.users.tom.auth.secret is missing: scram needs it"),
        (
            'method = "scram", secret = "${env:T}"',
            (
                "4:37 router.users.tom.auth.secret must lead to what is stored of a password"
                " (make it with: wampedge secret scram)"
            ),
        ),
        (
            'method = "cryptosign"',
            "4:1 router.users.tom.auth.pubkeys is missing: cryptosign needs it",
        ),
        (
            'method = "cryptosign", pubkeys = ["abcd"]',
            (
                "4:44 router.users.tom.auth.pubkeys[0] must be a public key of 64 hex digits,"
                ' got "abcd"'
            ),
        ),
        (
            f'method = "ticket", secret = "${{env:T}}", pubkeys = ["{KEY}"]',
            "4:60 router.users.tom.auth.pubkeys is of no use with the method ticket (remove it)",
        ),
    ],
)
def test_each_method_has_keys_of_its_own(auth: str, found: str) -> None:
    assert complaints(user(auth), ENVIRON) == [found]


def test_a_certificate_of_anybody_is_nobodys() -> None:
    assert complaints(user('method = "tls"'))[0].startswith(
        "4:8 router.users.tom.auth says of no certificate that it is the user's"
    )


def test_cryptosign_needs_its_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "nacl.signing", None)

    assert complaints(user(f'method = "cryptosign", pubkeys = ["{KEY}"]')) == [
        (
            "4:19 router.users.tom.auth.method needs PyNaCl, which is not installed"
            " (pip install 'wampedge[cryptosign]')"
        )
    ]


def test_a_procedure_may_know_more_users() -> None:
    text = site(
        '[router]\nauthenticator = "site.auth.check"\nanonymous = false\ncookie_lifetime = "7d"\n'
        '[router.roles.guard.allow]\nregister = ["site.auth.check"]\n'
    )

    router = config_of(text).router

    assert router.authenticator == "site.auth.check"
    assert router.cookie_lifetime == 604_800.0
    assert config_of(site()).router.cookie_lifetime is None


@pytest.mark.parametrize("rule", ["site.", "site..check"])
def test_who_says_who_everybody_is_must_be_named_in_full(rule: str) -> None:
    text = site(
        '[router]\nauthenticator = "site.auth.check"\n'
        f'[router.roles.guard.allow]\nregister = ["{rule}"]\n'
    )

    assert complaints(text) == [
        (
            "4:17 router.authenticator names site.auth.check, which no role may register (list it"
            " in full under register in the allow table of the role that offers it)"
        )
    ]


def test_an_authenticator_of_lost_roles_is_not_missed() -> None:
    text = site('[router]\nauthenticator = "site.auth.check"\nroles = { guard = oops }\n')

    assert [line for line in complaints(text) if "authenticator" in line] == []


def test_a_user_may_have_rights_of_its_own_without_a_role() -> None:
    text = site(
        '[router.users.pilot]\nauth = { method = "ticket", secret = "${env:T}" }\n'
        'allow = { call = ["edge.${node.name}."] }\n'
    )

    router = config_of(text, {"T": "ticket"}).router

    assert router.users["pilot"].role == "user:pilot"
    assert router.roles["user:pilot"] == RoleConfig(call=("edge.gh1.",))


def test_a_user_has_either_a_role_or_rights_of_its_own() -> None:
    text = site(
        '[router.users.pilot]\nauth = { method = "ticket", secret = "${env:T}" }\n'
        'role = "local"\nallow = { call = ["edge.gh1."] }\n'
    )

    assert complaints(text, {"T": "ticket"}) == [
        "6:1 router.users.pilot.allow is of no use beside role (remove one of them)"
    ]
