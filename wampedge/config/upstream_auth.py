"""Checks of ``[upstream] auth``: how the node proves itself at the router it joins."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from wampedge.config.file_check import FileCheck
from wampedge.config.layout import KeyPath
from wampedge.config.login_fields import AUTH_FIELDS
from wampedge.config.model import Secret, UpstreamAuth
from wampedge.config.problems import Findings
from wampedge.config.references import resolve_secret
from wampedge.config.users import check_library
from wampedge.devices.fields import FieldError, convert_table

__all__ = ["check_upstream_auth"]

_NEEDED: Final[Mapping[str, tuple[str, ...]]] = {
    "anonymous": (),
    "ticket": ("id", "secret"),
    "wampcra": ("id", "secret"),
    "scram": ("id", "secret"),
    "cryptosign": ("secret",),
    "tls": (),
}


def check_upstream_auth(
    check: FileCheck, link: KeyPath, upstream: Mapping[str, Any]
) -> UpstreamAuth | None:
    """Return how to authenticate; None when something is wrong with it.

    Args:
        check: the file; mistakes of one key alone are told already.
        link: where the link stands.
        upstream: what the file says of it.
    """
    path, findings = (*link, "auth"), check.findings
    raw = upstream.get("auth")
    if raw is None:
        return None if findings.is_any_lost(path) else UpstreamAuth()
    if not isinstance(raw, dict):
        return None
    auth = convert_table(raw, AUTH_FIELDS)[0]
    method = auth.get("method")
    if method is not None:
        _check_keys(method, raw, link, upstream, findings)
        check_library(path, method, findings)
    secret = _secret(check, path, method, auth)
    if method is None or auth.keys() != AUTH_FIELDS.keys():
        return None
    return UpstreamAuth(method, auth["id"], secret)


def _check_keys(
    method: str,
    raw: Mapping[str, Any],
    link: KeyPath,
    upstream: Mapping[str, Any],
    findings: Findings,
) -> None:
    path = (*link, "auth")
    for key in _NEEDED[method]:
        if key not in raw and not findings.is_lost((*path, key)):
            if key == "secret" and "key_file" in raw and method == "cryptosign":
                continue
            text = f"is missing: {method} needs it"
            findings.add((*path, key), text, code="missing-key", on="key")
    if "key_file" in raw and (method != "cryptosign" or "secret" in raw):
        text = "is of no use: secret says it" if method == "cryptosign" else "is for cryptosign"
        findings.add((*path, "key_file"), text, "remove one of them", on="key")
    if "secret" in raw and method == "anonymous":
        hint = 'choose a method such as "ticket" or "wampcra"'
        findings.add((*path, "secret"), "is of no use to an anonymous session", hint)
    if "secret" in raw and method == "tls":
        text = "is of no use: the certificate is the proof"
        findings.add((*path, "secret"), text, "remove it")
    if method == "tls" and "certificate" not in upstream:
        text = "needs a certificate to prove itself with"
        findings.add(
            (*path, "method"), text, f"write certificate and key in [{'.'.join(map(str, link))}]"
        )


def _secret(
    check: FileCheck, path: KeyPath, method: str | None, auth: Mapping[str, Any]
) -> Secret | None:
    """Read the secret or the key; the text of it gets into no message."""
    key = "secret" if auth.get("secret") else "key_file"
    if not auth.get(key) or (key == "key_file" and method != "cryptosign"):
        return None
    reference = auth[key] if key == "secret" else f"${{file:{auth[key]}}}"
    try:
        secret = resolve_secret(reference, check.environ, check.path.parent)
        if method == "cryptosign":
            _check_seed(secret)
    except FieldError as error:
        check.findings.add((*path, key), error.text, error.hint, code="secret")
        return None
    return secret


def _check_seed(secret: Secret) -> None:
    """Refuse what is no private key; raises FieldError."""
    try:
        length = len(bytes.fromhex(secret.reveal()))
    except ValueError:
        length = 0
    if length != 32:
        text = "must lead to a private key of 64 hex digits"
        raise FieldError(text, "make it with: wampedge secret cryptosign")
