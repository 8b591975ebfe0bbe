"""Every key of the device file: what the checker accepts and the JSON Schema describes.

Keys that a driver declares are not here: ``device_fields`` adds them for each driver.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from wampedge.config.history import HISTORY_FIELDS
from wampedge.config.kinds import (
    MAX_NAME_LENGTH,
    DeltaText,
    Expandable,
    FormatPin,
    I2cAddress,
    I2cPath,
    Name,
    Range,
)
from wampedge.config.limits import PROCEDURE_LIMIT_FIELDS, ROLE_LIMIT_FIELDS
from wampedge.config.login_fields import AUTH_FIELDS, USER_FIELDS
from wampedge.config.model import DEFAULT_LISTEN, DEFAULT_REALM
from wampedge.config.output_policy import ACCESS, policy_fields
from wampedge.config.pin_fields import pin_fields
from wampedge.config.url_kinds import ListenUrl, UpstreamUrl, UriPrefix, UriRule, UriText
from wampedge.devices.driver import Driver, DriverSpec
from wampedge.devices.fields import (
    NAME_PATTERN,
    Boolean,
    Choice,
    Duration,
    Field,
    Integer,
    ListOf,
    MapOf,
    Table,
    Text,
    convert_table,
    table_schema,
)
from wampedge.wamp.overflow import DISCONNECT, OVERFLOW_POLICIES

__all__ = [
    "BUS_FIELDS",
    "DEFAULTS_FIELDS",
    "MAX_CHANNELS",
    "NODE_FIELDS",
    "ROLE_FIELDS",
    "ROUTER_FIELDS",
    "TOP_LEVEL_KEYS",
    "UPSTREAM_FIELDS",
    "channel_fields",
    "device_fields",
    "publish_table",
]

MAX_CHANNELS: Final = 256
"""Channels the table of one device may name."""

_LABELS: Final = MapOf(
    Text(pattern=r"(?!.*\$\{).*", maximum_length=200, wanted="a text without ${...}"),
    maximum=32,
    default={},
    doc="free texts for people and tools",
)
_EVERY: Final = Duration(
    minimum_s=0.01, maximum_s=86_400.0, default=None, doc='how often it is sampled, such as "30s"'
)
_PUBLISH: Final = Table(
    {
        "delta": DeltaText(default=None, doc='least change worth an event: "1%" or "0.5V"'),
        "heartbeat": Duration(
            minimum_s=0.1, maximum_s=604_800.0, default=None, doc="publish at least this often"
        ),
        "on_change": Boolean(default=None, doc="publish only when the value differs"),
    },
    default={},
    doc="when a sample is worth an event",
)

TOP_LEVEL_KEYS: Final = {
    "wampedge": FormatPin(doc='write "wampedge = 1" at the top: the version of the file format'),
}

NODE_FIELDS: Final[Mapping[str, Field]] = {
    "name": Expandable(Name(), doc="name of the node, a component of all its URIs"),
    "uri_prefix": Expandable(
        UriPrefix(), default=None, doc='what every URI starts with; "edge.NAME" when left out'
    ),
    "labels": _LABELS.but(item=Expandable(Text(maximum_length=200))),
}

_MAX_USERS: Final = 256
_MAX_ROLES: Final = 64
_RULES: Final = ListOf(Expandable(UriRule()), 0, 256, default=())
ROLE_FIELDS: Final[Mapping[str, Field]] = {
    "allow": Table(
        {
            "call": _RULES.but(doc="procedures the role may call"),
            "register": _RULES.but(doc="procedures the role may register"),
            "subscribe": _RULES.but(doc="topics the role may subscribe to"),
            "publish": _RULES.but(doc="topics the role may publish to"),
        },
        doc='URIs for each action: "edge.gh1.lamp.on", "edge.gh1." for all below, "edge..status"',
    ),
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
}

UPSTREAM_FIELDS: Final[Mapping[str, Field]] = {
    "url": Expandable(UpstreamUrl(), doc="address of the router to join"),
    "realm": Expandable(UriText(), doc="realm to join there"),
    "auth": Table(AUTH_FIELDS, default=None, doc="how to authenticate; anonymous when left out"),
    "reconnect": Table(
        {
            "min": Duration(minimum_s=0.05, maximum_s=60.0, default=0.2, doc="first pause"),
            "max": Duration(minimum_s=1.0, maximum_s=3600.0, default=30.0, doc="longest pause"),
        },
        default={"min": 0.2, "max": 30.0},
        doc="pauses between tries to reconnect",
    ),
    "ca_file": _PEM_FILE.but(default=None, doc="certificates that may sign the router's, as PEM"),
    "certificate": _PEM_FILE.but(default=None, doc="certificate to prove who we are, as PEM"),
    "key": _PEM_FILE.but(default=None, doc="its private key, mode 0600, as PEM"),
    "insecure": Boolean(default=False, doc="allow a secret to cross the network in clear text"),
    "compression": Boolean(default=False, doc="offer to compress messages, over WebSocket"),
}

DEFAULTS_FIELDS: Final[Mapping[str, Field]] = {"every": _EVERY, "publish": _PUBLISH}

_BUS_TYPE: Final = {"type": Choice(("i2c", "serial"), doc="kind of bus")}
BUS_FIELDS: Final[Mapping[str, Mapping[str, Field]]] = {
    "i2c": {
        **_BUS_TYPE,
        "bus": Expandable(I2cPath(), doc='number of the bus, or its device node "/dev/i2c-1"'),
    },
    "serial": {
        **_BUS_TYPE,
        "port": Expandable(
            Text(pattern="/[A-Za-z0-9_.:/+@,=-]+", wanted='a device node such as "/dev/ttyUSB0"'),
            doc="device node of the port; those in /dev/serial/by-id keep their name",
        ),
        "baud": Integer(50, 4_000_000, default=9600, doc="bits a second"),
        "bits": Integer(5, 8, default=8, doc="data bits"),
        "parity": Choice(("N", "E", "O"), default="N", doc="none, even or odd"),
        "stop_bits": Integer(1, 2, default=1, doc="stop bits"),
    },
}


class _Channels(Field):
    """The ``channels`` table of a device; its check takes what the driver offers."""

    spec: Any = None

    def convert(self, value: Any) -> Any:
        """Return the table as it is."""
        return value

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema: fixed names, or free ones where the driver says so."""
        channel = table_schema(channel_fields(self.spec))
        names = {"pattern": f"^{NAME_PATTERN}$", "maxLength": MAX_NAME_LENGTH}
        if self.spec.has_open_channels:
            schema = {"type": "object", "propertyNames": names, "additionalProperties": channel}
            return {**schema, "maxProperties": MAX_CHANNELS}
        return {
            "type": "object",
            "properties": dict.fromkeys(self.spec.channels, channel),
            "additionalProperties": False if _has_fixed_channels(self.spec) else channel,
        }


def publish_table(raw: Any) -> dict[str, Any]:
    """Return what is right in the ``publish`` table *raw*, for checks beyond the table itself."""
    return convert_table(raw, _PUBLISH.fields)[0] if isinstance(raw, dict) else {}


def device_fields(spec: DriverSpec) -> dict[str, Field]:
    """Return every key a device of *spec* may have."""
    fields: dict[str, Field] = {"driver": Text(doc="name of its driver")}
    if spec.bus is not None:
        fields["bus"] = Text(doc=f"name of the {spec.bus} bus it is on")
    if spec.bus == "i2c":
        default = {"default": spec.addresses[0]} if spec.addresses else {}
        fields["address"] = I2cAddress(tuple(spec.addresses), doc="I2C address", **default)
    fields.update(pin_fields(spec))
    fields.update(spec.params)
    fields.update(policy_fields(spec))
    if spec.is_polled:
        fields["every"] = _EVERY
    if spec.channels or spec.has_open_channels:
        fields["channels"] = _Channels(spec, default=None, doc="its channels, by name")
        fields["publish"] = _PUBLISH
    fields["access"] = ACCESS
    fields["labels"] = _LABELS
    return fields


def channel_fields(spec: DriverSpec) -> dict[str, Field]:
    """Return every key a ``channels.<name>`` table of a device of *spec* may have."""
    common: dict[str, Field] = {
        "name": Name(default=None, doc="public name of the channel"),
        "unit": Text(minimum_length=1, maximum_length=16, default=None, doc="public unit"),
        "range": Range(default=None, doc="readings outside are bad, in the public unit"),
        "publish": _PUBLISH,
        "access": ACCESS,
    }
    return common | dict(spec.channel_fields)


def _has_fixed_channels(spec: DriverSpec) -> bool:
    """Say whether the channels are the same whatever the parameters."""
    return spec.driver_class.channels_for.__func__ is Driver.channels_for.__func__  # type: ignore[attr-defined] # class methods have it
