"""What a checked device file says of routers: the local one, its users, the upstream one."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, Literal

from wampedge.config.buffering_model import BufferConfig
from wampedge.config.keeping_model import RetainedConfig
from wampedge.records import Record
from wampedge.transports.tls_files import ClientTls, ServerTlsFiles
from wampedge.wamp.overflow import DISCONNECT

__all__ = [
    "DEFAULT_LISTEN",
    "DEFAULT_REALM",
    "LOCAL_ROLE",
    "NODE_AUTHID",
    "Forwarding",
    "HistoryConfig",
    "ProcedureLimitConfig",
    "RoleConfig",
    "RoleLimitsConfig",
    "RouterConfig",
    "Secret",
    "UpstreamAuth",
    "UpstreamConfig",
    "UserConfig",
]

DEFAULT_LISTEN = ("unix:", "ws://127.0.0.1:8080/ws")
"""Where the router listens; ``unix:`` is the socket in the runtime folder."""
DEFAULT_REALM = "edge"
NODE_AUTHID = "local"
"""Authid of the node's own session; who had the same could take over its procedures."""
LOCAL_ROLE = "local"
"""Role of peers that prove nothing; may do everything unless the file says what it may do."""

_NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})


class Secret:
    """A text that is never shown; compares equal to a secret with the same text."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """Return the text; for the one place that needs it."""
        return self._text

    def __repr__(self) -> str:
        return "***"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._text == other._text

    def __hash__(self) -> int:
        return hash(self._text)

    def __reduce__(self) -> str:
        raise TypeError("a secret cannot be pickled")


class UserConfig(Record):
    """A client that proves who it is; its name is its authid.

    Attributes:
        method: how it proves it.
        secret: what it shares with the node: a ticket, a password, the key that is derived from
            password and salt, or what SCRAM stores; None where the method needs none.
        role: what it may do.
        salt: salt of the secret, in hex digits; None for a plain one.
        iterations: rounds of PBKDF2 for a salted one.
        pubkeys: public keys of cryptosign, in lower-case hex.
        certificate_sha256: fingerprint of its certificate, in lower-case hex; empty for any.
        common_name: CN of its certificate; empty for any.
    """

    method: Literal["ticket", "wampcra", "scram", "cryptosign", "tls"]
    secret: Secret | None
    role: str
    salt: str | None = None
    iterations: int = 1000
    pubkeys: tuple[str, ...] = ()
    certificate_sha256: str = ""
    common_name: str = ""


class RoleLimitsConfig(Record):
    """What each session of a role may do, as ``wampedge.router.limits`` has it."""

    calls_per_s: float | None = None
    publications_per_s: float | None = None
    pending_calls: int | None = None


class ProcedureLimitConfig(Record):
    """What all sessions may do with some procedures, as ``wampedge.router.limits`` has it."""

    procedure: str
    calls_per_s: float | None = None
    concurrency: int | None = None


class HistoryConfig(Record):
    """Topics whose events are kept, as ``wampedge.router.history`` has it."""

    topic: str
    match: str = "prefix"
    events: int = 1_000
    size: int = 1_048_576
    age: float | None = None


class RoleConfig(Record):
    """What a role may do: rules for URIs, as ``wampedge.router.rules`` reads them.

    Attributes:
        authorizer: the procedure that decides what the rules do not cover.
        on_overflow: what its sessions lose that read too slowly; None for the router's default.
        trustlevel: how far its sessions are trusted; None where callees are told nothing.
        disclose: when counterparts are told who it is: ``asked``, ``always`` or ``never``.
        relay: whether its sessions may say for whom they call and publish.
        limits: how much each of its sessions may do; None for as much as it likes.
    """

    call: tuple[str, ...] = ()
    register: tuple[str, ...] = ()
    subscribe: tuple[str, ...] = ()
    publish: tuple[str, ...] = ()
    authorizer: str | None = None
    on_overflow: str | None = None
    trustlevel: int | None = None
    disclose: Literal["asked", "always", "never"] = "asked"
    limits: RoleLimitsConfig | None = None
    relay: bool = False


class RouterConfig(Record):
    """The local router.

    Attributes:
        listen: addresses it listens on.
        realm: the realm it serves.
        anonymous: whether peers that prove nothing may join, with the role ``local``.
        users: who may join with a proof, by authid.
        authenticator: procedure that knows who else may, if any.
        cookie_lifetime: for how many seconds a cookie stands for a proof; None for not at all.
        roles: what each role may do, by name.
        limits: how much all sessions may do with some procedures.
        history: topics whose events are kept.
        retained: what becomes of retained events when the node ends.
        on_overflow: what sessions lose that read too slowly, as ``wampedge.wamp.overflow`` has it.
        tls: its certificate, if it has one.
        insecure: whether it listens where others can reach it without TLS or proof.
        web: folder with web pages to serve, if any.
        pages: further folders, by the path below which they are served; not from the file, but
            from how the node is started.
        origins: web pages of other servers that may connect.
        compression: whether WebSocket clients may compress messages.
        connections: how many may be open at once; an eighth of them may be joining.
    """

    listen: tuple[str, ...] = DEFAULT_LISTEN
    realm: str = DEFAULT_REALM
    anonymous: bool = True
    users: Mapping[str, UserConfig] = _NOTHING
    authenticator: str | None = None
    cookie_lifetime: float | None = None
    roles: Mapping[str, RoleConfig] = _NOTHING
    limits: tuple[ProcedureLimitConfig, ...] = ()
    history: tuple[HistoryConfig, ...] = ()
    retained: RetainedConfig = RetainedConfig()
    on_overflow: str = DISCONNECT
    tls: ServerTlsFiles | None = None
    insecure: bool = False
    web: Path | None = None
    pages: Mapping[str, Path] = MappingProxyType({})
    origins: tuple[str, ...] = ()
    compression: bool = False
    connections: int = 64


class UpstreamAuth(Record):
    """How the node proves itself upstream; *id* is the authid."""

    method: Literal["anonymous", "ticket", "wampcra", "scram", "cryptosign", "tls"] = "anonymous"
    id: str | None = None
    secret: Secret | None = None


class Forwarding(Record):
    """What passes between the local router and the one upstream.

    Rules are those of ``wampedge.router.rules``, in the names of the local router.

    Attributes:
        prefix: what every URI of the node begins with, with its last dot.
        up: rules of what the node and the clients of its router offer and publish.
        down: rules of what others publish and offer upstream.
        names: prefixes here, each with its name upstream.
        max_hops: nodes that something of others may pass.
    """

    prefix: str
    up: tuple[str, ...] = ()
    down: tuple[str, ...] = ()
    names: tuple[tuple[str, str], ...] = ()
    max_hops: int = 4


class UpstreamConfig(Record):
    """The router the node joins as a client.

    Attributes:
        url: its address, as ``wampedge.transports.url`` reads it.
        realm: realm to join there.
        auth: how to authenticate.
        reconnect_min_s: longest pause before the first try to reconnect, in seconds.
        reconnect_max_s: longest pause between two tries, in seconds.
        tls: which certificates to trust and to show; None for what the system trusts.
        compression: whether to offer to compress messages, over WebSocket.
        reconnect_jitter: share of each pause that is random.
        forward: what passes; None for all that is the node's own, up only.
        buffer: what becomes of events while they cannot go up.
        fallbacks: addresses to try where that one cannot be joined, in this order.
    """

    url: str
    realm: str
    auth: UpstreamAuth = UpstreamAuth()
    reconnect_min_s: float = 0.2
    reconnect_max_s: float = 30.0
    tls: ClientTls | None = None
    compression: bool = False
    reconnect_jitter: float = 1.0
    forward: Forwarding | None = None
    buffer: BufferConfig = BufferConfig()
    fallbacks: tuple[str, ...] = ()

    @property
    def urls(self) -> tuple[str, ...]:
        """All addresses, the most wanted first."""
        return (self.url, *self.fallbacks)
