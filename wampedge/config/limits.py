"""The keys that bound what roles may do and what procedures take, and the check of the latter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from wampedge.config.kinds import Expandable
from wampedge.config.model import ProcedureLimitConfig
from wampedge.config.problems import Findings
from wampedge.config.url_kinds import UriRule
from wampedge.devices.fields import Field, Integer, Number

__all__ = ["PROCEDURE_LIMIT_FIELDS", "ROLE_LIMIT_FIELDS", "check_procedure_limits"]

_RATE: Final = Number(0.001, 1_000_000.0, default=None)
_COUNT: Final = Integer(1, 1_000_000, default=None)

ROLE_LIMIT_FIELDS: Final[Mapping[str, Field]] = {
    "calls_per_s": _RATE.but(doc="calls a session may make in a second"),
    "publications_per_s": _RATE.but(doc="publications a session may make in a second"),
    "pending_calls": _COUNT.but(doc="calls a session may have unanswered at once"),
}

PROCEDURE_LIMIT_FIELDS: Final[Mapping[str, Field]] = {
    "procedure": Expandable(UriRule(), doc='the procedures: "edge.gh1.pump." for all below it'),
    "calls_per_s": _RATE.but(doc="calls that all together may make in a second"),
    "concurrency": _COUNT.but(doc="calls that may be unanswered at once"),
}


def check_procedure_limits(
    limits: Sequence[Mapping[str, Any]], findings: Findings
) -> tuple[ProcedureLimitConfig, ...]:
    """Return the limits, which are right each in itself, and tell of those that limit nothing."""
    for number, limit in enumerate(limits):
        path = ("router", "limits", number)
        if limit["calls_per_s"] is None and limit["concurrency"] is None:
            findings.add(path, "limits nothing", "write calls_per_s, concurrency, or both")
        if "{authid}" in limit["procedure"]:
            text = "is for all users together, and cannot name one of them"
            findings.add((*path, "procedure"), text, "leave {authid} out: two dots stand for any")
    return tuple(ProcedureLimitConfig(**limit) for limit in limits)
