"""Keys of ``[router]`` and ``[upstream]``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from wampedge.config.buffering import BUFFER
from wampedge.config.forwarding import FORWARD_FIELDS
from wampedge.config.history import HISTORY_FIELDS
from wampedge.config.keeping import RETAINED
from wampedge.config.kinds import Expandable
from wampedge.config.limits import PROCEDURE_LIMIT_FIELDS, ROLE_LIMIT_FIELDS
from wampedge.config.login_fields import ALLOW, AUTH_FIELDS, USER_FIELDS
from wampedge.config.router_model import DEFAULT_LISTEN, DEFAULT_REALM
from wampedge.config.url_kinds import ListenUrl, UpstreamUrls, UriText
from wampedge.devices.fields import (
    Boolean,
    Choice,
    Duration,
    Field,
    Integer,
    ListOf,
    MapOf,
    Number,
    Table,
    Text,
)
from wampedge.wamp.overflow import DISCONNECT, OVERFLOW_POLICIES

__all__ = ["ROLE_FIELDS", "ROUTER_FIELDS", "UPSTREAM_FIELDS"]

_MAX_USERS: Final = 256
_MAX_ROLES: Final = 64
ROLE_FIELDS: Final[Mapping[str, Field]] = {
    "allow": ALLOW,
    "authorizer": Expandable(
        UriText(), default=None, doc="procedure that decides what the rules do not cover"
    ),
    "on_overflow": Choice(
        OVERFLOW_POLICIES, default=None, doc="what a session of the role loses if it is too slow"
    ),
    "trustlevel": Integer(
        0, 1_000_000, default=None, doc="how far callees and subscribers should trust the role"
    ),
    "disclose": Choice(
        ("asked", "always", "never"), default="asked", doc="when counterparts are told who it is"
    ),
    "relay": Boolean(
        default=False, doc="its sessions are nodes that may say for whom they call and publish"
    ),
    "limits": Table(ROLE_LIMIT_FIELDS, default=None, doc="how much each session may do"),
}

_PEM_FILE: Final = Expandable(Text(minimum_length=1, maximum_length=1024))
_TLS_FIELDS: Final[Mapping[str, Field]] = {
    "certificate": _PEM_FILE.but(doc="certificate of the router and those above it, as PEM"),
    "key": _PEM_FILE.but(doc="its private key, mode 0600, as PEM"),
    "client_ca": _PEM_FILE.but(
        default=None, doc="authorities whose client certificates are taken, as PEM"
    ),
    "client_certificates": Choice(
        ("none", "optional", "required"),
        default="none",
        doc="whether clients are asked for a certificate",
    ),
}

ROUTER_FIELDS: Final[Mapping[str, Field]] = {
    "listen": ListOf(
        Expandable(ListenUrl()),
        1,
        16,
        default=DEFAULT_LISTEN,
        doc="addresses the local router listens on",
    ),
    "realm": Expandable(UriText(), default=DEFAULT_REALM, doc="realm the local router serves"),
    "anonymous": Boolean(default=True, doc="let clients join without a proof, with the role local"),
    "users": MapOf(
        Table(USER_FIELDS), _MAX_USERS, default={}, doc="clients that prove who they are, by name"
    ),
    "authenticator": Expandable(
        UriText(), default=None, doc="procedure that knows users who are not in the file"
    ),
    "cookie_lifetime": Duration(
        minimum_s=60.0,
        maximum_s=31_536_000.0,
        default=None,
        doc='how long a browser stays logged in, such as "7d"; not at all when left out',
    ),
    "roles": MapOf(Table(ROLE_FIELDS), _MAX_ROLES, default={}, doc="what each role may do"),
    "limits": ListOf(
        Table(PROCEDURE_LIMIT_FIELDS), 0, 64, default=(), doc="how much some procedures take"
    ),
    "history": ListOf(Table(HISTORY_FIELDS), 0, 64, default=(), doc="topics whose events are kept"),
    "retained": RETAINED,
    "on_overflow": Choice(
        OVERFLOW_POLICIES, default=DISCONNECT, doc="what a session loses that reads too slowly"
    ),
    "tls": Table(_TLS_FIELDS, default=None, doc="certificate for wss:// and rss://"),
    "insecure": Boolean(
        default=False, doc="let other machines in without TLS, or without proof or rules"
    ),
    "web": Expandable(
        Text(minimum_length=1, maximum_length=1024),
        default=None,
        doc="folder with web pages to serve, beside the device file",
    ),
    "origins": ListOf(
        Expandable(
            Text(
                pattern=r"https?://[a-z0-9._-]+(?::[0-9]{1,5})?",
                wanted='an origin such as "https://panel.example"',
            )
        ),
        0,
        32,
        default=(),
        doc="web pages of other servers that may connect",
    ),
    "compression": Boolean(default=False, doc="let WebSocket clients compress messages"),
    "connections": Integer(
        8, 10_000, default=64, doc="open at once; an eighth of them may be joining"
    ),
}

UPSTREAM_FIELDS: Final[Mapping[str, Field]] = {
    "url": UpstreamUrls(doc="address of the router to join, or several to fall over"),
    "realm": Expandable(UriText(), doc="realm to join there"),
    "auth": Table(AUTH_FIELDS, default=None, doc="how to authenticate; anonymous when left out"),
    "reconnect": Table(
        {
            "min": Duration(minimum_s=0.05, maximum_s=60.0, default=0.2, doc="first pause"),
            "max": Duration(minimum_s=1.0, maximum_s=3600.0, default=30.0, doc="longest pause"),
            "jitter": Number(0.0, 1.0, default=1.0, doc="share of a pause that is random"),
        },
        default={"min": 0.2, "max": 30.0, "jitter": 1.0},
        doc="pauses between tries to reconnect",
    ),
    "forward": Table(FORWARD_FIELDS, default=None, doc="what passes up, and what comes down"),
    "buffer": BUFFER,
    "ca_file": _PEM_FILE.but(default=None, doc="certificates that may sign the router's, as PEM"),
    "certificate": _PEM_FILE.but(default=None, doc="certificate to prove who we are, as PEM"),
    "key": _PEM_FILE.but(default=None, doc="its private key, mode 0600, as PEM"),
    "insecure": Boolean(default=False, doc="allow a secret to cross the network in clear text"),
    "compression": Boolean(default=False, doc="offer to compress messages, over WebSocket"),
}
