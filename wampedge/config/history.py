"""The keys of ``[[router.history]]``, topics whose events are kept, and their check."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from wampedge.config.kinds import Expandable
from wampedge.config.model import HistoryConfig
from wampedge.config.problems import Findings
from wampedge.devices.fields import Choice, Duration, Field, Integer, Text
from wampedge.errors import ConfigError

__all__ = ["HISTORY_FIELDS", "check_history"]

HISTORY_FIELDS: Final[Mapping[str, Field]] = {
    "topic": Expandable(Text(maximum_length=255), doc='the topic, or the pattern: "edge.gh1."'),
    "match": Choice(
        ("exact", "prefix", "wildcard"), default="prefix", doc="how the topic is meant"
    ),
    "events": Integer(1, 1_000_000, default=1_000, doc="how many are kept; the oldest go first"),
    "size": Integer(1_000, 1_073_741_824, default=1_048_576, doc="bytes of memory they may take"),
    "age": Duration(
        minimum_s=1.0, maximum_s=31_536_000.0, default=None, doc='how long they are kept: "1h"'
    ),
}


def check_history(
    rules: Sequence[Mapping[str, Any]], findings: Findings
) -> tuple[HistoryConfig, ...]:
    """Return the rules, each of which is right by its kinds, and tell of those that cannot be."""
    configs: dict[tuple[str, str], HistoryConfig] = {}
    for number, rule in enumerate(rules):
        path = ("router", "history", number, "topic")
        key = rule["match"], rule["topic"]
        if key in configs:
            findings.add(path, "has a history already", "remove one of the two", on="value")
        elif mistake := _mistake_in(*key):
            findings.add(path, mistake, 'write "edge.gh1." with match = "prefix" for all below it')
        configs[key] = HistoryConfig(**rule)
    return tuple(configs.values())


def _mistake_in(match: str, topic: str) -> str | None:
    """Return what is wrong with a topic, if anything is."""
    from wampedge.router.history import HistoryRule  # noqa: PLC0415 # few files need it, and it loads much

    try:
        HistoryRule(topic, match=match)
    except ConfigError as error:
        return f"cannot be kept: {error}"
    return None
