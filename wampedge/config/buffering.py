"""Keys of ``[upstream] buffer``, and their checks: what becomes of events that must wait."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from wampedge.config.buffering_model import BufferConfig, StorePolicy, TopicPolicy, is_covered
from wampedge.config.kinds import Expandable
from wampedge.config.layout import KeyPath
from wampedge.config.problems import Findings
from wampedge.devices.fields import (
    Boolean,
    Choice,
    Duration,
    Field,
    FieldError,
    Integer,
    ListOf,
    Table,
    shown,
)
from wampedge.wamp.uris import MAX_URI_BYTES, is_loose_uri, is_reserved_uri

__all__ = ["BUFFER", "POLICY_FIELDS", "TopicRule", "check_buffer"]

_DAY_S: Final = 86_400.0
_MAX_RULES: Final = 64

POLICY_FIELDS: Final[Mapping[str, Field]] = {
    "store": Choice(
        ("none", "memory", "disk"), default=None, doc="where events wait; disk when left out"
    ),
    "keep": Choice(
        ("all", "latest", "sample"),
        default=None,
        doc="which of them: all, the latest of each topic, or one each sample; all when left out",
    ),
    "sample": Duration(
        minimum_s=0.1,
        maximum_s=_DAY_S,
        default=None,
        doc='time between two that are kept of one topic, with keep = "sample"',
    ),
    "max_age": Duration(
        minimum_s=1.0,
        maximum_s=3_660 * _DAY_S,
        default=None,
        doc='how long they may wait; "7d" when left out',
    ),
    "max_bytes": Integer(
        4_096,
        1_000_000_000_000,
        default=None,
        doc="bytes that may wait; 67108864 (64 MiB) when left out",
    ),
    "drop": Choice(
        ("oldest", "newest", "latest_per_topic", "refuse"),
        default=None,
        doc="what goes when it is full; oldest when left out",
    ),
    "commit": Duration(
        minimum_s=0.01,
        maximum_s=_DAY_S,
        default=None,
        doc='when they are on the disk at the latest; "1s" when left out',
    ),
    "overtake": Boolean(
        default=None, doc="live values go up before those that wait; false when left out"
    ),
}
_MODEL_KEYS: Final = {"sample": "sample_s", "max_age": "max_age_s", "commit": "commit_s"}
"""Keys of the file that have their unit in the name of the model."""


class TopicRule(Field):
    """A topic, a prefix that ends in a dot, or a pattern with gaps for any component."""

    def convert(self, value: Any) -> str:
        """Return the rule; raises FieldError."""
        if not isinstance(value, str) or not _is_rule(value):
            hint = 'write "edge.gh1.air.temperature", "edge.gh1." for all below, "edge..status"'
            raise FieldError(f"must be a topic or a pattern of some, got {shown(value)}", hint)
        if is_reserved_uri(value):
            root = value.partition(".")[0]
            raise FieldError(f"must not be under {root}", "nothing of it goes up")
        return value

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of a rule."""
        return {
            "type": "string",
            "pattern": r"^[^\s#*]*[^\s#*.][^\s#*]*$",
            "not": {"pattern": r"^(?:wamp|wampedge)(?:\.|$)"},
            "maxLength": MAX_URI_BYTES,
        }


BUFFER: Final = Table(
    {
        **POLICY_FIELDS,
        "topics": ListOf(
            Table(
                {
                    "topic": Expandable(TopicRule(), doc='the topic or topics: "edge.gh1.imu."'),
                    **POLICY_FIELDS,
                }
            ),
            0,
            _MAX_RULES,
            default=(),
            doc="other rules for some topics; the first that fits decides",
        ),
    },
    default=None,
    doc="what becomes of events while they cannot go up",
)


def check_buffer(
    table: Mapping[str, Any] | None, path: KeyPath, findings: Findings
) -> BufferConfig:
    """Return what a converted ``buffer`` table means.

    Args:
        table: the table, as far as it is right; None where there is none.
        path: where it stands.
        findings: the mistakes so far.
    """
    if table is None:
        return BufferConfig()
    base = _policy(StorePolicy(), table)
    _check_sample(base, table, path, findings)
    rules: list[TopicPolicy] = []
    for number, given in enumerate(table.get("topics", ())):
        place = (*path, "topics", number)
        policy = _policy(base.but(rule=given["topic"]), given)
        _check_sample(policy, given, place, findings)
        _check_none(policy, given, place, findings)
        _check_reached(given["topic"], rules, place, findings)
        rules.append(TopicPolicy(given["topic"], policy))
    return BufferConfig(base, tuple(rules))


def _policy(base: StorePolicy, given: Mapping[str, Any]) -> StorePolicy:
    """Return *base* with what *given* says otherwise."""
    said = {key: given[key] for key in POLICY_FIELDS if given.get(key) is not None}
    policy = base.but(**{_MODEL_KEYS.get(key, key): value for key, value in said.items()})
    return policy if policy.keep == "sample" else policy.but(sample_s=None)


def _check_sample(
    policy: StorePolicy, given: Mapping[str, Any], path: KeyPath, findings: Findings
) -> None:
    if policy.keep == "sample" and policy.sample_s is None:
        text = 'is "sample", which needs to know how often'
        findings.add((*path, "keep"), text, 'add sample = "10s"', code="buffer")
    if policy.keep != "sample" and given.get("sample") is not None:
        text = "is of no use: events are not thinned out"
        findings.add((*path, "sample"), text, 'add keep = "sample", or remove it', code="buffer")


def _check_none(
    policy: StorePolicy, given: Mapping[str, Any], path: KeyPath, findings: Findings
) -> None:
    """Refuse keys that mean nothing where no event waits."""
    if policy.store != "none":
        return
    for key in POLICY_FIELDS:
        if key != "store" and given.get(key) is not None:
            text = "is of no use: none of these events waits"
            hint = 'remove it, or write store = "memory" or "disk"'
            findings.add((*path, key), text, hint, code="buffer")


def _check_reached(
    topic: str, before: Sequence[TopicPolicy], path: KeyPath, findings: Findings
) -> None:
    for number, each in enumerate(before):
        if topic == each.topic or is_covered(topic, each.topic):
            text = f"is never reached: topics[{number}] ({each.topic}) decides for it"
            findings.add((*path, "topic"), text, "put it first", on="value", code="buffer")
            return


def _is_rule(value: str) -> bool:
    """Tell whether *value* is a URI, maybe with empty components, of which not all are."""
    if "*" in value or len(value) > MAX_URI_BYTES:
        return False
    parts = [part for part in value.split(".") if part]
    return bool(parts) and is_loose_uri(".".join(parts))
