"""The keys of a login: of users of the local router, and of the node at the one upstream."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from wampedge.config.kinds import Expandable, SecretText
from wampedge.config.url_kinds import UriRule
from wampedge.devices.fields import Choice, Field, Integer, ListOf, Table, Text

__all__ = ["ALLOW", "AUTH_FIELDS", "LOGIN_METHODS", "USER_AUTH_FIELDS", "USER_FIELDS"]

LOGIN_METHODS: Final = ("ticket", "wampcra", "scram", "cryptosign", "tls")
_MAX_KEYS: Final = 16

_RULES: Final = ListOf(Expandable(UriRule()), 0, 256, default=())
ALLOW: Final = Table(
    {
        "call": _RULES.but(doc="procedures that may be called"),
        "register": _RULES.but(doc="procedures that may be registered"),
        "subscribe": _RULES.but(doc="topics that may be subscribed to"),
        "publish": _RULES.but(doc="topics that may be published to"),
    },
    doc='URIs for each action: "edge.gh1.lamp.on", "edge.gh1." for all below, "edge..status"',
)

USER_AUTH_FIELDS: Final[Mapping[str, Field]] = {
    "method": Choice(LOGIN_METHODS, doc="how the user proves who it is"),
    "secret": SecretText(
        default=None, doc="where the ticket or password is, or what scram stores of a password"
    ),
    "salt": Text(
        pattern="(?:[0-9a-f]{2}){4,32}",
        wanted="4 to 32 bytes in lower-case hex",
        default=None,
        doc="salt of the password; the secret is then the key made of both",
    ),
    "iterations": Integer(
        1, 100_000, default=None, doc="rounds of PBKDF2 for a salted password; 1000 if not given"
    ),
    "pubkeys": ListOf(
        Text(pattern="[0-9A-Fa-f]{64}", wanted="a public key of 64 hex digits"),
        1,
        _MAX_KEYS,
        default=(),
        doc="public keys of cryptosign, any of which is good",
    ),
    "certificate_sha256": Text(
        pattern="(?:[0-9A-Fa-f]{2}:?){31}[0-9A-Fa-f]{2}",
        wanted="a SHA-256 fingerprint of 64 hex digits",
        default=None,
        doc="fingerprint of the client certificate",
    ),
    "common_name": Text(
        minimum_length=1,
        maximum_length=255,
        default=None,
        doc="common name (CN) of the client certificate",
    ),
}
USER_FIELDS: Final[Mapping[str, Field]] = {
    "auth": Table(USER_AUTH_FIELDS, doc="the proof the user has to give"),
    "role": Expandable(
        Text(minimum_length=1, maximum_length=64), default=None, doc="its role, shared with others"
    ),
    "allow": ALLOW.but(default=None, doc="what the user may do, where it has no role"),
}

AUTH_FIELDS: Final[Mapping[str, Field]] = {
    "method": Choice(("anonymous", *LOGIN_METHODS), doc="how to prove who we are"),
    "id": Expandable(Text(minimum_length=1, maximum_length=255), default=None, doc="the authid"),
    "secret": SecretText(
        default=None, doc="where the ticket, password or private key of cryptosign is"
    ),
    "key_file": Expandable(
        Text(pattern="[^{}]{1,1024}", wanted="the name of a file"),
        default=None,
        doc="file with the private key of cryptosign, mode 0600",
    ),
}
