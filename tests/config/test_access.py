from __future__ import annotations

import pytest

from tests.support.device_file import complaints, config_of, site
from wampedge.config.model import RoleConfig

ROLE = "[router.roles.gardener]\nallow = {}\n"
ENVIRON = {"T": "hunter2", "K": "AAECAwQFBgcICQoLDA0ODw==", "LONG": "A" * 88}
WAYS = '(write "${env:NAME}", "${file:/path}" or "${credential:NAME}")'
GRAMMAR = '(write "edge.gh1.lamp.on", "edge.gh1." for all below, "edge..status" for any node)'


def user(auth: str, role: str = "gardener") -> str:
    return site(f'[router.users.tom]\nauth = {{ {auth} }}\nrole = "{role}"\n{ROLE}')


def test_without_users_and_roles_there_are_none_and_anonymous_peers_may_join() -> None:
    router = config_of(site()).router

    assert (router.anonymous, dict(router.users), dict(router.roles)) == (True, {}, {})


def test_a_role_lists_uris_for_each_action_and_nothing_else() -> None:
    text = site(
        "[router.roles.gardener.allow]\n"
        'call = ["edge.${node.name}.", "edge..describe"]\n'
        'publish = ["notes.{authid}."]\n'
        "subscribe = []\n"
    )

    assert config_of(text).router.roles == {
        "gardener": RoleConfig(call=("edge.gh1.", "edge..describe"), publish=("notes.{authid}.",))
    }


def test_a_role_says_what_its_sessions_lose_that_read_too_slowly() -> None:
    text = site(
        '[router]\non_overflow = "drop_oldest"\n'
        '[router.roles.panel]\nallow = {}\non_overflow = "latest_per_topic"\n'
        "[router.roles.guest]\nallow = {}\n"
    )

    router = config_of(text).router

    assert router.on_overflow == "drop_oldest"
    assert router.roles["panel"].on_overflow == "latest_per_topic"
    assert router.roles["guest"].on_overflow is None
    assert config_of(site()).router.on_overflow == "disconnect"


def test_a_role_can_leave_the_rest_to_a_procedure() -> None:
    text = site(
        '[router.roles.guest]\nallow = {}\nauthorizer = "site.may"\n'
        '[router.roles.judge]\nallow = { register = ["site."] }\n'
    )

    assert config_of(text).router.roles["guest"] == RoleConfig(authorizer="site.may")


def test_a_role_is_identified_as_the_file_says() -> None:
    text = site('[router.roles.guest]\nallow = {}\ndisclose = "always"\n')

    assert config_of(text).router.roles["guest"].disclose == "always"
    assert complaints(text.replace("always", "maybe")) == [
        '5:12 router.roles.guest.disclose must be "asked", "always" or "never", got "maybe"'
    ]


def test_a_procedure_that_decides_must_be_one_that_a_role_may_register() -> None:
    text = site(
        '[router.roles.guest]\nallow = {}\nauthorizer = "site.may"\n'
        '[router.roles.judge]\nallow = { call = ["site."] }\n'
    )

    assert complaints(text) == [
        (
            "5:14 router.roles.guest.authorizer names site.may, which no role may register"
            " (list it under register in the allow table of the role that offers it)"
        )
    ]


def test_the_role_of_the_node_itself_is_not_to_be_had() -> None:
    assert complaints(site("[router.roles.trusted.allow]\n")) == [
        "3:15 router.roles.trusted is the role of the node itself (choose another name)"
    ]


@pytest.mark.parametrize(
    ("rule", "complaint"),
    [
        ('""', "must not be empty (for nobody at all, leave the list empty)"),
        ('"edge.*"', 'must be a rule for URIs, got "edge.*" (write "edge." for all below it)'),
        ('"*"', f'must be a rule for URIs, got "*" {GRAMMAR}'),
        ('"a b"', f'must be a rule for URIs, got "a b" {GRAMMAR}'),
        ("5", f"must be a rule for URIs, got 5 {GRAMMAR}"),
        (
            '"edge.{user}"',
            (
                'must be a rule for URIs, got "edge.{user}"'
                " (in braces there is only {authid}, the name of the user)"
            ),
        ),
    ],
)
def test_what_is_no_rule_is_refused(rule: str, complaint: str) -> None:
    text = site(f"[router.roles.gardener.allow]\ncall = [{rule}]\n")

    assert complaints(text) == [f"4:9 router.roles.gardener.allow.call[0] {complaint}"]


def test_mistakes_in_different_users_and_roles_are_told_together() -> None:
    text = site(
        '[router.users.tom]\nauth = { method = "ticket", secret = "${env:NONE}" }\nrole = "x"\n'
        '[router.users.ann]\nauth = "ticket"\nrol = "gardener"\n'
        "[router.roles.gardener]\n"
    )

    assert complaints(text) == [
        "4:38 router.users.tom.auth.secret needs the environment variable NONE, which is not set",
        (
            '5:8 router.users.tom.role names the role "x", which is not defined'
            " (write [router.roles.x.allow])"
        ),
        (
            "6:15 router.users.ann.role is missing: what the user may do"
            " (write the name of a role, or allow = { call = [...] })"
        ),
        '7:8 router.users.ann.auth must be a table, got "ticket" (write it as { method = ... })',
        "8:1 router.users.ann.rol is not a known key (did you mean role?)",
        (
            "9:15 router.roles.gardener.allow is missing (URIs for each action:"
            ' "edge.gh1.lamp.on", "edge.gh1." for all below, "edge..status")'
        ),
    ]


@pytest.mark.parametrize("table", ["users", "roles"])
def test_what_is_no_table_is_refused(table: str) -> None:
    assert complaints(site(f"[router]\n{table} = {{ tom = 5 }}\n")) == [
        (
            f"4:{len(table) + 12} router.{table}.tom must be a table, got 5"
            f" (write it as {{ {'auth' if table == 'users' else 'allow'} = ... }})"
        )
    ]
    assert complaints(site(f"[router]\n{table} = 5\n")) == [
        f"4:{len(table) + 4} router.{table} must be a table, got 5 (write it as {{ name = ... }})"
    ]


def test_a_role_lost_in_a_broken_statement_is_not_missed() -> None:
    text = site(
        '[router.users.tom]\nauth = { method = "ticket", secret = "${env:T}" }\nrole = "x"\n'
        "[router.roles.x]\nallow = nothing\n"
    )

    assert len(complaints(text, ENVIRON)) == 1


def test_a_router_without_anonymous_needs_users() -> None:
    assert complaints(site("[router]\nanonymous = false\n")) == [
        (
            "4:13 router.anonymous is false and there are no users: nobody could join"
            " (write [router.users.NAME])"
        )
    ]
    text = user('method = "ticket", secret = "${env:T}"').replace(
        "[router.users", "[router]\nanonymous = false\n[router.users", 1
    )
    assert not config_of(text, ENVIRON).router.anonymous
