"""Keys of ``[upstream] forward``, and their checks: what passes up, and what comes down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from wampedge.config.kinds import Expandable
from wampedge.config.layout import KeyPath
from wampedge.config.problems import Findings
from wampedge.config.router_model import Forwarding
from wampedge.devices.fields import Field, FieldError, ListOf, shown
from wampedge.wamp.uris import MAX_URI_BYTES, is_loose_uri, is_reserved_uri

__all__ = ["FORWARD_FIELDS", "ForwardRule", "check_forwarding"]

_PATH: Final[KeyPath] = ("upstream", "forward")


class ForwardRule(Field):
    """One URI, or a prefix that ends in a dot; without gaps and below no reserved root."""

    def convert(self, value: Any) -> str:
        """Return the rule; raises FieldError."""
        if not isinstance(value, str) or not is_loose_uri(value.removesuffix(".")) or "*" in value:
            hint = 'write "edge.gh1.lamp.on", or "edge.gh1." for all below'
            raise FieldError(f"must be a URI or the beginning of some, got {shown(value)}", hint)
        if is_reserved_uri(value):
            root = value.partition(".")[0]
            raise FieldError(f"must not be under {root}", "each router keeps it for itself")
        return value

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of a rule."""
        return {
            "type": "string",
            "pattern": r"^[^\s.#*]+(?:\.[^\s.#*]+)*\.?$",
            "not": {"pattern": r"^(?:wamp|wampedge)(?:\.|$)"},
            "maxLength": MAX_URI_BYTES,
        }


_RULES: Final = ListOf(Expandable(ForwardRule()), 0, 64, default=())
FORWARD_FIELDS: Final[Mapping[str, Field]] = {
    "up": _RULES.but(
        default=None, doc="what is offered and published upstream, below the prefix of the node"
    ),
    "down": _RULES.but(doc="what of the upstream router is heard and called here"),
}


def check_forwarding(
    values: Mapping[str, Any] | None, prefix: str, findings: Findings
) -> Forwarding | None:
    """Return what passes; None where the file leaves it as it is.

    Only what is below the prefix of the node goes up. With more, two nodes between the same
    routers could hand an event round for ever, and one could take the names of another.

    Args:
        values: the table, converted, as far as it is right.
        prefix: what every URI of the node begins with; empty where that is wrong.
        findings: the mistakes so far.
    """
    if values is None:
        return None
    own = f"{prefix}."
    up: Sequence[str] | None = values.get("up")
    for index, rule in enumerate(up or ()):
        if prefix and not rule.startswith(own):
            text = f"may name only what is below {own} (the node's uri_prefix), got {shown(rule)}"
            hint = "clients that offer more upstream have to join that router themselves"
            findings.add((*_PATH, "up", index), text, hint, code="forward")
    return Forwarding(own, (own,) if up is None else tuple(up), tuple(values.get("down", ())))
