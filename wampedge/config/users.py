"""Checks of ``[router.users.*]``: who may join, and by what proof."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final

from wampedge.config.file_check import FileCheck
from wampedge.config.layout import KeyPath
from wampedge.config.login_fields import USER_AUTH_FIELDS, USER_FIELDS
from wampedge.config.model import LOCAL_ROLE, NODE_AUTHID, RoleConfig, Secret, UserConfig
from wampedge.config.problems import Findings
from wampedge.config.references import resolve_secret
from wampedge.devices.fields import FieldError, convert_table
from wampedge.devices.spelling import nearest
from wampedge.errors import ConfigError

__all__ = ["check_library", "check_users", "own_roles"]

_DEFAULT_ITERATIONS: Final = 1000
_MAX_KEY_BYTES: Final = 64

_NEEDED: Final[Mapping[str, str]] = {
    "ticket": "secret",
    "wampcra": "secret",
    "scram": "secret",
    "cryptosign": "pubkeys",
}
"""What each method cannot do without."""
_ALLOWED: Final[Mapping[str, Collection[str]]] = {
    "ticket": ("method", "secret"),
    "wampcra": ("method", "secret", "salt", "iterations"),
    "scram": ("method", "secret"),
    "cryptosign": ("method", "pubkeys"),
    "tls": ("method", "certificate_sha256", "common_name"),
}


def check_users(check: FileCheck) -> dict[str, UserConfig]:
    """Return the users of ``[router]`` that are right; told already is what one kind says."""
    router, findings = check.values["router"], check.findings
    users, roles, tls = (router.get(key) for key in ("users", "roles", "tls"))
    known = [LOCAL_ROLE, *(roles if isinstance(roles, dict) else ())]
    asks_for_certificates = isinstance(tls, dict) and (
        tls.get("client_certificates", "none") != "none"
    )
    configs: dict[str, UserConfig] = {}
    for name, raw in users.items() if isinstance(users, dict) else ():
        if not isinstance(raw, dict):
            continue
        path: KeyPath = ("router", "users", name)
        if name == NODE_AUTHID:
            findings.add(path, "is the name of the node itself", "choose another name", on="key")
        role = _role(path, raw, known, findings)
        auth = raw.get("auth")
        if not isinstance(auth, dict):
            continue
        path = (*path, "auth")
        if auth.get("method") == "tls" and not asks_for_certificates:
            text = "is of no use: the router asks nobody for a certificate"
            hint = "write client_ca and client_certificates in [router.tls]"
            findings.add((*path, "method"), text, hint)
        user = _user(check, path, auth, role)
        if user is not None:
            configs[name] = user
    return configs


def own_roles(users: Any) -> dict[str, RoleConfig]:
    """Return the roles of users that have one of their own, made of their ``allow``."""
    roles: dict[str, RoleConfig] = {}
    for name, raw in users.items() if isinstance(users, dict) else ():
        if isinstance(raw, dict) and "allow" in raw and "role" not in raw:
            allow = convert_table(raw, USER_FIELDS)[0].get("allow")
            if allow is not None:
                roles[_own_role(name)] = RoleConfig(**allow)
    return roles


def check_library(path: KeyPath, method: str, findings: Findings) -> None:
    """Refuse cryptosign where nothing can make or check its signatures."""
    if method != "cryptosign":
        return
    from wampedge.wamp import ed25519  # noqa: PLC0415 # few files need it

    if not ed25519.is_available():
        hint = "pip install 'wampedge[cryptosign]'"
        findings.add((*path, "method"), "needs PyNaCl, which is not installed", hint)


def _own_role(name: str) -> str:
    """Return what the role of one user is called; no table of a file can have that name."""
    return f"user:{name}"


def _role(
    path: KeyPath, raw: Mapping[str, Any], known: Collection[str], findings: Findings
) -> str | None:
    """Return the role of a user; None when it has none that is right."""
    values = convert_table(raw, USER_FIELDS)[0]
    if "role" in raw and "allow" in raw:
        findings.add((*path, "allow"), "is of no use beside role", "remove one of them", on="key")
    elif "role" not in raw and "allow" not in raw and not findings.is_any_lost(path):
        text = "is missing: what the user may do"
        hint = "write the name of a role, or allow = { call = [...] }"
        findings.add((*path, "role"), text, hint, code="missing-key", on="key")
    role: str | None = values.get("role")
    if role is not None:
        _check_role((*path, "role"), role, known, findings)
    elif values.get("allow") is not None:
        return _own_role(str(path[-1]))
    return role


def _user(
    check: FileCheck, path: KeyPath, raw: Mapping[str, Any], role: str | None
) -> UserConfig | None:
    """Return the user with the proof *raw*; None where it is not complete."""
    findings = check.findings
    auth = convert_table(raw, USER_AUTH_FIELDS)[0]
    method = auth.get("method")
    if method is None:
        return None
    _check_keys(path, method, raw, findings)
    check_library(path, method, findings)
    secret = _secret(check, path, auth) if auth.get("secret") else None
    needed = _NEEDED.get(method)
    is_lacking = needed is not None and not (secret if needed == "secret" else auth.get(needed))
    if role is None or is_lacking or auth.keys() != USER_AUTH_FIELDS.keys():
        return None
    return UserConfig(
        method,
        secret,
        role,
        auth["salt"],
        auth["iterations"] or _DEFAULT_ITERATIONS,
        tuple(key.lower() for key in auth["pubkeys"]),
        (auth["certificate_sha256"] or "").replace(":", "").lower(),
        auth["common_name"] or "",
    )


def _check_role(path: KeyPath, role: str, known: Collection[str], findings: Findings) -> None:
    """Refuse a role that is not defined: it could do nothing."""
    if role in known or findings.is_any_lost(("router", "roles")):
        return
    near = nearest(role, known)
    hint = f"did you mean {near[0]}?" if near else f"write [router.roles.{role}.allow]"
    findings.add(path, f'names the role "{role}", which is not defined', hint)


def _check_keys(path: KeyPath, method: str, raw: Mapping[str, Any], findings: Findings) -> None:
    """Refuse what a method has no use for, and the lack of what it needs."""
    for key in USER_AUTH_FIELDS:
        if key in raw and key not in _ALLOWED[method]:
            findings.add((*path, key), f"is of no use with the method {method}", "remove it")
    if "iterations" in raw and "salt" not in raw and method == "wampcra":
        hint = "remove it, or write salt"
        findings.add((*path, "iterations"), "is of no use without a salt", hint)
    needed = _NEEDED.get(method)
    if needed is not None and needed not in raw:
        text = f"is missing: {method} needs it"
        findings.add((*path, needed), text, code="missing-key", on="key")
    if method == "tls" and not {"certificate_sha256", "common_name"} & raw.keys():
        text = "says of no certificate that it is the user's"
        findings.add(path, text, "write certificate_sha256 or common_name")


def _secret(check: FileCheck, path: KeyPath, auth: Mapping[str, Any]) -> Secret | None:
    """Read the secret; the text of it gets into no message."""
    try:
        secret = resolve_secret(auth["secret"], check.environ, check.path.parent)
        if auth["method"] == "wampcra" and auth.get("salt"):
            _check_key(secret)
        if auth["method"] == "scram":
            _check_stored(secret)
    except FieldError as error:
        check.findings.add((*path, "secret"), error.text, error.hint, code="secret")
        return None
    return secret


def _check_key(secret: Secret) -> None:
    """Refuse what no client can derive, such as the password itself; raises FieldError."""
    try:
        import base64  # noqa: PLC0415 # few files have such a user

        length = len(base64.b64decode(secret.reveal(), validate=True))
    except ValueError:
        length = 0
    if not 1 <= length <= _MAX_KEY_BYTES:
        raise FieldError(
            "must lead to the key made of password and salt, in base64",
            "make it with: wampedge secret wampcra",
        )


def _check_stored(secret: Secret) -> None:
    """Refuse what is no stored secret, such as the password itself; raises FieldError."""
    from wampedge.wamp.scram import ScramSecret  # noqa: PLC0415 # few files need it

    try:
        ScramSecret.from_text(secret.reveal())
    except ConfigError:
        text = "must lead to what is stored of a password"
        raise FieldError(text, "make it with: wampedge secret scram") from None
