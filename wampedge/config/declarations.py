"""Every key of the device file: what the checker accepts and the JSON Schema describes.

Keys that a driver declares are not here: ``device_fields`` adds them for each driver.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from wampedge.config.alarms import ALARM
from wampedge.config.availability import (
    availability_fields,
    has_fixed_channels,
    may_have_channels,
)
from wampedge.config.buses import BUS_FIELDS, place_fields
from wampedge.config.filters import FilterList
from wampedge.config.includes import INCLUDE
from wampedge.config.keeping import HISTORY
from wampedge.config.kinds import (
    LABELS,
    MAX_NAME_LENGTH,
    DeltaText,
    Expandable,
    FormatPin,
    Name,
    Range,
)
from wampedge.config.output_policy import ACCESS, policy_fields
from wampedge.config.pin_fields import pin_fields
from wampedge.config.policies import BUNDLE_FIELDS
from wampedge.config.router_fields import ROLE_FIELDS, ROUTER_FIELDS, UPSTREAM_FIELDS
from wampedge.config.templates import EXTENDS
from wampedge.config.url_kinds import UriPrefix
from wampedge.config.watchdogs import WATCHDOG
from wampedge.devices.driver import DriverSpec
from wampedge.devices.fields import (
    NAME_PATTERN,
    Boolean,
    Duration,
    Field,
    Table,
    Text,
    convert_table,
    table_schema,
)

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
    "forget_device_fields",
    "publish_table",
]

MAX_CHANNELS: Final = 256
"""Channels the table of one device may name."""

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

_DEVICE_PUBLISH: Final = _PUBLISH.but(fields={**_PUBLISH.fields, **BUNDLE_FIELDS})

TOP_LEVEL_KEYS: Final = {
    "wampedge": FormatPin(doc='write "wampedge = 1" at the top: the version of the file format'),
    "include": INCLUDE,
}

NODE_FIELDS: Final[Mapping[str, Field]] = {
    "name": Expandable(Name(), doc="name of the node, a component of all its URIs"),
    "uri_prefix": Expandable(
        UriPrefix(), default=None, doc='what every URI starts with; "edge.NAME" when left out'
    ),
    "labels": LABELS,
    "watchdog": WATCHDOG,
    "identify": Name().but(default=None, doc="the output that P.sys.identify lets blink"),
}

DEFAULTS_FIELDS: Final[Mapping[str, Field]] = {
    "every": _EVERY,
    "publish": _PUBLISH,
    "history": HISTORY,
}

_MAX_KNOWN: Final = 64
_fields_by_spec: Final[dict[int, tuple[DriverSpec, Mapping[str, Field]]]] = {}
"""By ``id``, each with its spec, so that no other gets that id: most files have many devices of few
drivers."""


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
            "additionalProperties": False if has_fixed_channels(self.spec) else channel,
        }


def publish_table(raw: Any) -> dict[str, Any]:
    """Return what is right in the ``publish`` table *raw*, for checks beyond the table itself."""
    return convert_table(raw, _PUBLISH.fields)[0] if isinstance(raw, dict) else {}


def device_fields(spec: DriverSpec) -> Mapping[str, Field]:
    """Return every key a device of *spec* may have."""
    known = _fields_by_spec.get(id(spec))
    if known is None:
        if len(_fields_by_spec) >= _MAX_KNOWN:
            _fields_by_spec.clear()
        known = _fields_by_spec[id(spec)] = spec, _device_fields(spec)
    return known[1]


def forget_device_fields() -> None:
    """Forget the keys of drivers, some of which may be gone with the next file."""
    _fields_by_spec.clear()


def channel_fields(spec: DriverSpec) -> dict[str, Field]:
    """Return every key a ``channels.<name>`` table of a device of *spec* may have."""
    common: dict[str, Field] = {
        "name": Name(default=None, doc="public name of the channel"),
        "unit": Text(minimum_length=1, maximum_length=16, default=None, doc="public unit"),
        "range": Range(
            default=None, doc="in the public unit; readings outside are bad, orders refused"
        ),
        "publish": _PUBLISH,
        "filters": FilterList(default=None, doc="what its samples go through, in this order"),
        "alarm": ALARM,
        "history": HISTORY,
        "access": ACCESS,
    }
    return common | dict(spec.channel_fields)


def _device_fields(spec: DriverSpec) -> dict[str, Field]:
    fields: dict[str, Field] = {"driver": Text(doc="name of its driver")}
    fields.update(place_fields(spec))
    fields.update(availability_fields(spec))
    fields.update(pin_fields(spec))
    fields.update(spec.params)
    fields.update(policy_fields(spec))
    if spec.is_polled:
        fields["every"] = _EVERY
    if may_have_channels(spec):
        fields["channels"] = _Channels(spec, default=None, doc="its channels, by name")
        fields["publish"] = _DEVICE_PUBLISH
        fields["history"] = HISTORY
    fields["access"] = ACCESS
    fields["labels"] = LABELS
    fields["extends"] = EXTENDS
    return fields
