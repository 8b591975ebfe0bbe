"""What outlives the node: retained events (``[router] retained``), history, ``[store]``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from wampedge.config.file_check import FileCheck, section
from wampedge.config.keeping_model import RetainedConfig, StoreConfig
from wampedge.devices.fields import Choice, Duration, Field, FieldError, Integer, Table, shown
from wampedge.devices.fields.base import REQUIRED

__all__ = [
    "HISTORY",
    "RETAINED",
    "STORE_FIELDS",
    "check_store",
    "history_of",
    "retained_of",
]

_DAY_S: Final = 86_400.0
_COMMIT = Duration(minimum_s=0.01, maximum_s=_DAY_S)


class HistoryAge(Duration):
    """How long readings are kept: a duration, or ``false`` for not at all (0 inside)."""

    def convert(self, value: Any) -> float:
        """Return seconds, 0 for ``false``; raises FieldError."""
        if value is False:
            return 0.0
        if value is True:
            hint = 'write "30d", or whatever is long enough'
            raise FieldError(f"must say how long, got {shown(value)}", hint)
        return super().convert(value)

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema: a duration or ``false``."""
        return {"anyOf": [super().schema(), {"const": False}]}


HISTORY: Final = HistoryAge(
    minimum_s=60.0,
    maximum_s=3_660 * _DAY_S,
    default=None,
    doc='how long published readings are kept, such as "30d"; false: not at all',
)

RETAINED: Final = Table(
    {
        "store": Choice(("disk", "memory"), default="disk", doc="where retained events are kept"),
        "commit": _COMMIT.but(default=1.0, doc="when events of clients are on disk at the latest"),
        "readings_commit": _COMMIT.but(
            default=60.0, doc="the same for the newest readings of the node itself"
        ),
    },
    default=None,
    doc="retained events and last readings, and whether a restart ends them",
)

STORE_FIELDS: Final[Mapping[str, Field]] = {
    "history_max_bytes": Integer(
        1_048_576,
        1 << 40,
        default=268_435_456,
        doc="bytes that all history may take; the oldest rows go first",
    ),
    "history_commit": _COMMIT.but(default=60.0, doc="when history is on disk at the latest"),
}


def retained_of(table: Mapping[str, Any] | None) -> RetainedConfig:
    """Return what a converted ``retained`` table means; keys that were wrong are as if left out."""
    given = {name: field.default for name, field in RETAINED.fields.items()} | dict(table or {})
    return RetainedConfig(given["store"] == "disk", given["commit"], given["readings_commit"])


def history_of(*layers: float | None) -> float | None:
    """Return for how many seconds a channel is kept: what the innermost of *layers* says."""
    return next((age_s for age_s in layers if age_s is not None), None) or None


def check_store(check: FileCheck) -> StoreConfig:
    """Return ``[store]``, with defaults where something is wrong."""
    values = section(check, ("store",), STORE_FIELDS) or {}
    given = {name: values.get(name, field.default) for name, field in STORE_FIELDS.items()}
    assert REQUIRED not in given.values(), "every key has a default"
    return StoreConfig(given["history_max_bytes"], given["history_commit"])
