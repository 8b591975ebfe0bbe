"""``[derived.*]``: values the node computes from others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from wampedge.config.filters import FilterList, shape_of
from wampedge.config.keeping import HISTORY, history_of
from wampedge.config.kinds import DeltaText, Range, name_mistake
from wampedge.config.layout import KeyPath
from wampedge.config.model import ChannelConfig
from wampedge.config.policies import PolicyLayers, policy_of
from wampedge.config.problems import Findings
from wampedge.config.terms import TERM, Names
from wampedge.devices.driver import ChannelSpec
from wampedge.devices.fields import (
    Boolean,
    Duration,
    Field,
    FieldError,
    Number,
    Table,
    Text,
    convert_table,
    shown,
)
from wampedge.records import Record

if TYPE_CHECKING:
    from wampedge.devices.logic import Term

__all__ = ["DERIVED_FIELDS", "MAX_DERIVED", "DerivedConfig", "check_derived"]

MAX_DERIVED: Final = 256

DERIVED_FIELDS: Final[Mapping[str, Field]] = {
    "value": TERM.but(doc='expression, such as "air.temperature - dew.temperature"'),
    "unit": Text(minimum_length=1, maximum_length=16, default="", doc="unit of the value"),
    "every": Duration(
        minimum_s=0.01,
        maximum_s=86_400.0,
        default=None,
        doc="how often it is computed; whenever an input changes if left out",
    ),
    "range": Range(default=None, doc="values outside are bad"),
    "filters": FilterList(default=None, doc="what its values go through, in this order"),
    "publish": Table(
        {
            "delta": DeltaText(default=None, doc='least change worth an event: "1%" or "0.5V"'),
            "heartbeat": Duration(
                minimum_s=0.1, maximum_s=604_800.0, default=None, doc="publish at least this often"
            ),
            "on_change": Boolean(default=None, doc="publish only when the value differs"),
        },
        default={},
        doc="when a value is worth an event",
    ),
    "history": HISTORY,
}


class DerivedConfig(Record):
    """One derived value.

    Attributes:
        channel: its name, unit, filters, range and policy.
        term: what it is computed from.
        every_s: how often; None: whenever an input changes.
    """

    channel: ChannelConfig
    term: Term
    every_s: float | None = None


def check_derived(raw: Any, names: Names, findings: Findings) -> dict[str, DerivedConfig]:
    """Return the derived values that are right, each after those it is made of."""
    if raw is None:
        return {}
    if not isinstance(raw, dict):
        findings.add(("derived",), f"must be a table, got {shown(raw)}", "write [derived.NAME]")
        return {}
    if len(raw) > MAX_DERIVED:
        text = f"may hold {MAX_DERIVED} values, and has {len(raw)}"
        findings.add(("derived",), text, code="limit", on="key")
    found = {}
    for name, table in list(raw.items())[:MAX_DERIVED]:
        config = _derived(name, table, names, findings)
        if config is not None:
            found[name] = config
    return _in_order(found, findings)


def _derived(name: str, table: Any, names: Names, findings: Findings) -> DerivedConfig | None:
    path: KeyPath = ("derived", name)
    before = len(findings)
    mistake = name_mistake(name)
    if mistake:
        findings.add(path, mistake[0], mistake[1], code="name", on="key")
    if not isinstance(table, dict):
        findings.add(path, f"must be a table, got {shown(table)}", f"write [derived.{name}]")
        return None
    values, errors = convert_table(table, DERIVED_FIELDS)
    for error in errors:
        findings.add_field_error(path, error)
    term = names.term(values.get("value"), (*path, "value"), findings)
    channel = _channel(name, values, path, findings)
    if len(findings) > before or term is None or channel is None:
        return None
    return DerivedConfig(channel, term, values["every"])


def _channel(
    name: str, values: Mapping[str, Any], path: KeyPath, findings: Findings
) -> ChannelConfig | None:
    spec = ChannelSpec(Number(), values.get("unit") or "")
    try:
        shape = shape_of(spec, None, values.get("filters") or ())
        layers = PolicyLayers({}, {}, values.get("publish") or {})
        try:
            policy = policy_of(spec, shape.unit, layers)
        except FieldError as error:
            raise error.within("publish") from None
    except FieldError as error:
        findings.add_field_error(path, error)
        return None
    limits = values.get("range")
    return ChannelConfig(
        name, name, spec, policy, limits, shape.unit,
        filters=shape.filters, history_s=history_of(values.get("history")),
    )  # fmt: skip


def _in_order(found: Mapping[str, DerivedConfig], findings: Findings) -> dict[str, DerivedConfig]:
    """Return *found* so that each comes after those it is made of; tell a loop."""
    ordered: dict[str, DerivedConfig] = {}
    left = dict(found)
    while left:
        ready = [
            name
            for name, config in left.items()
            if not any(other in left for other in _sources(config))
        ]
        if not ready:
            loop = _loop(left)
            text = f"is made of itself: {' <- '.join(loop)}"
            findings.add(("derived", loop[0], "value"), text, code="loop")
            return {}
        for name in ready:
            ordered[name] = left.pop(name)
    return ordered


def _sources(config: DerivedConfig) -> list[str]:
    """Return the derived values that *config* is made of."""
    return [n.partition(".")[2] for n in config.term.inputs if n.startswith("derived.")]


def _loop(left: Mapping[str, DerivedConfig]) -> list[str]:
    """Return the names along a loop among *left*, in which each depends on another one."""
    trail = [next(iter(left))]
    while True:
        following = next(name for name in _sources(left[trail[-1]]) if name in left)
        if following in trail:
            return [*trail[trail.index(following) :], following]
        trail.append(following)
