"""Checks of ``[router.users.*]`` and ``[router.roles.*]``: who may join and do what."""

from __future__ import annotations

import base64
from collections.abc import Collection, Mapping
from typing import Any, Final

from wampedge.config.declarations import ROLE_FIELDS, USER_AUTH_FIELDS, USER_FIELDS
from wampedge.config.layout import KeyPath
from wampedge.config.model import LOCAL_ROLE, RoleConfig, Secret, UserConfig
from wampedge.config.problems import Findings
from wampedge.config.references import resolve_secret
from wampedge.devices.fields import FieldError, convert_table
from wampedge.devices.spelling import nearest

__all__ = ["check_roles", "check_users"]

_NODE_ROLE: Final = "trusted"
_NODE_AUTHID: Final = "local"
"""Authid of the node's own session; who has the same may take over its procedures."""
_DEFAULT_ITERATIONS: Final = 1000
_MAX_KEY_BYTES: Final = 64


def check_roles(roles: Any, findings: Findings) -> dict[str, RoleConfig]:
    """Return the roles of the table *roles* that are right; told already is what one kind says."""
    configs: dict[str, RoleConfig] = {}
    for name, raw in _tables(roles):
        if name == _NODE_ROLE:
            path = ("router", "roles", name)
            findings.add(path, "is the role of the node itself", "choose another name", on="key")
        values = convert_table(raw, ROLE_FIELDS)[0]
        if "allow" in values:
            configs[name] = RoleConfig(
                **values["allow"],
                authorizer=values.get("authorizer"),
                on_overflow=values.get("on_overflow"),
            )
    _check_authorizers(configs, findings)
    return configs


def check_users(
    users: Any, roles: Any, *, environ: Mapping[str, str], findings: Findings
) -> dict[str, UserConfig]:
    """Return the users of the table *users* that are right; told already is what one kind says.

    Args:
        users: the table ``router.users`` as written.
        roles: the table ``router.roles`` as written.
        environ: where ``${env:NAME}`` is looked up.
        findings: the mistakes so far.
    """
    known = [LOCAL_ROLE, *(roles if isinstance(roles, dict) else ())]
    configs: dict[str, UserConfig] = {}
    for name, raw in _tables(users):
        path: KeyPath = ("router", "users", name)
        if name == _NODE_AUTHID:
            findings.add(path, "is the name of the node itself", "choose another name", on="key")
        role = convert_table(raw, USER_FIELDS)[0].get("role")
        if role is not None:
            _check_role((*path, "role"), role, known, findings)
        if not isinstance(raw.get("auth"), dict):
            continue
        auth = convert_table(raw["auth"], USER_AUTH_FIELDS)[0]
        path = (*path, "auth")
        if auth.get("method") == "ticket" or (auth.get("method") and "salt" not in raw["auth"]):
            _check_unsalted(path, auth["method"], raw["auth"], findings)
        secret = _secret(path, auth, environ, findings)
        if role is not None and secret is not None and auth.keys() == USER_AUTH_FIELDS.keys():
            rounds = auth["iterations"] or _DEFAULT_ITERATIONS
            configs[name] = UserConfig(auth["method"], secret, role, auth["salt"], rounds)
    return configs


def _check_authorizers(roles: Mapping[str, RoleConfig], findings: Findings) -> None:
    """Refuse a procedure that decides for others where no rule says who offers it."""
    asking = {name: role.authorizer for name, role in roles.items() if role.authorizer}
    if not asking or findings.is_any_lost(("router", "roles")):
        return
    from wampedge.router.rules import Rules  # noqa: PLC0415 # few files need it, and it loads much

    for name, procedure in asking.items():
        if not any(Rules(other.register).cover(procedure) for other in roles.values()):
            findings.add(
                ("router", "roles", name, "authorizer"),
                f"names {procedure}, which no role may register",
                "list it under register in the allow table of the role that offers it",
            )


def _tables(table: Any) -> list[tuple[str, dict[str, Any]]]:
    """Return the tables in *table*; what is none was told already."""
    if not isinstance(table, dict):
        return []
    return [(name, raw) for name, raw in table.items() if isinstance(raw, dict)]


def _check_role(path: KeyPath, role: str, known: Collection[str], findings: Findings) -> None:
    """Refuse a role that is not defined: it could do nothing."""
    if role in known or findings.is_any_lost(("router", "roles")):
        return
    near = nearest(role, known)
    hint = f"did you mean {near[0]}?" if near else f"write [router.roles.{role}.allow]"
    findings.add(path, f'names the role "{role}", which is not defined', hint)


def _check_unsalted(path: KeyPath, method: str, raw: Mapping[str, Any], findings: Findings) -> None:
    """Refuse the keys of a salted secret where it is none."""
    for key in ("salt", "iterations"):
        if key in raw and method != "wampcra":
            findings.add((*path, key), f"is of no use with the method {method}", "remove it")
        elif key in raw:
            findings.add((*path, key), "is of no use without a salt", "remove it, or write salt")


def _secret(
    path: KeyPath, auth: Mapping[str, Any], environ: Mapping[str, str], findings: Findings
) -> Secret | None:
    """Read the secret; the text of it gets into no message."""
    if "secret" not in auth:
        return None
    try:
        secret = resolve_secret(auth["secret"], environ)
        if auth.get("method") == "wampcra" and auth.get("salt"):
            _check_key(secret)
    except FieldError as error:
        findings.add((*path, "secret"), error.text, error.hint, code="secret")
        return None
    return secret


def _check_key(secret: Secret) -> None:
    """Refuse what no client can derive, such as the password itself; raises FieldError."""
    try:
        length = len(base64.b64decode(secret.reveal(), validate=True))
    except ValueError:
        length = 0
    if not 1 <= length <= _MAX_KEY_BYTES:
        raise FieldError(
            "must lead to the key made of password and salt, in base64",
            "docs/reference/device-file.md tells how to make it",
        )
