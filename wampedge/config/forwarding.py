"""Keys of ``forward`` of a link, and their checks: what passes up, and what comes down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from wampedge.config.kinds import Expandable
from wampedge.config.layout import KeyPath
from wampedge.config.problems import Findings
from wampedge.config.router_model import Forwarding
from wampedge.devices.fields import Field, FieldError, Integer, ListOf, Table, shown
from wampedge.wamp.hops import MAX_HOPS
from wampedge.wamp.uris import MAX_URI_BYTES, is_loose_uri, is_reserved_uri

__all__ = ["FORWARD_FIELDS", "ForwardRule", "check_forwarding"]


class ForwardRule(Field):
    """A URI, a prefix that ends in a dot, or a pattern with gaps; below no reserved root."""

    def convert(self, value: Any) -> str:
        """Return the rule; raises FieldError."""
        if not isinstance(value, str) or not _is_rule(value):
            hint = 'write "edge.gh1.lamp.on", "edge.gh1." for all below, or "edge..status"'
            raise FieldError(f"must be a URI or a pattern of some, got {shown(value)}", hint)
        _refuse_reserved(value)
        return value

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of a rule."""
        return {
            "type": "string",
            "pattern": r"^[^\s#*{}]*[^\s#*{}.][^\s#*{}]*$",
            "not": {"pattern": r"^(?:wamp|wampedge)(?:\.|$)"},
            "maxLength": MAX_URI_BYTES,
        }


class Prefix(Field):
    """The beginning of URIs, with a dot at its end and without gaps; below no reserved root."""

    def convert(self, value: Any) -> str:
        """Return the prefix; raises FieldError."""
        is_prefix = isinstance(value, str) and value.endswith(".") and is_loose_uri(value[:-1])
        if not is_prefix or "*" in value:
            raise FieldError(f"must be the beginning of URIs, got {shown(value)}", 'write "site1."')
        _refuse_reserved(value)
        return str(value)

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of a prefix."""
        return {
            "type": "string",
            "pattern": r"^[^\s.#*]+(?:\.[^\s.#*]+)*\.$",
            "not": {"pattern": r"^(?:wamp|wampedge)\."},
            "maxLength": MAX_URI_BYTES,
        }


_RULES: Final = ListOf(Expandable(ForwardRule()), 0, 64, default=())
_NAMES: Final = Table(
    {
        "local": Expandable(Prefix(), doc='how URIs begin here: "local."'),
        "upstream": Expandable(Prefix(), doc='how the same ones begin upstream: "site1."'),
    }
)
FORWARD_FIELDS: Final[Mapping[str, Field]] = {
    "up": _RULES.but(
        default=None, doc="what is offered and published upstream; all of the node when left out"
    ),
    "down": _RULES.but(doc="what of the upstream router is heard and called here"),
    "map": ListOf(_NAMES, 0, 16, default=(), doc="what begins otherwise upstream"),
    "max_hops": Integer(
        1, MAX_HOPS, default=4, doc="nodes that calls and events of others may pass"
    ),
}


def check_forwarding(
    values: Mapping[str, Any] | None,
    prefix: str,
    findings: Findings,
    path: KeyPath = ("upstream", "forward"),
) -> Forwarding | None:
    """Return what passes; None where the file leaves it as it is.

    Args:
        values: the table, converted, as far as it is right.
        prefix: what every URI of the node begins with; empty where that is wrong.
        findings: the mistakes so far.
        path: where the table stands.
    """
    if values is None:
        return None
    own = f"{prefix}."
    up: Sequence[str] | None = values.get("up")
    names = [(each["local"], each["upstream"]) for each in values.get("map", ()) if len(each) == 2]
    _check_names(names, findings, (*path, "map"))
    return Forwarding(
        own,
        (own,) if up is None else tuple(up),
        tuple(values.get("down", ())),
        tuple(names),
        values.get("max_hops", 4),
    )


def _check_names(names: Sequence[tuple[str, str]], findings: Findings, path: KeyPath) -> None:
    """Refuse what would have two names, or two things one name."""
    for side, key in enumerate(("local", "upstream")):
        known: set[str] = set()
        for number, pair in enumerate(names):
            if pair[side] in known:
                text = f"is said twice, {shown(pair[side])} has one name on the other side"
                findings.add((*path, number, key), text, "remove one of the two", on="value")
            known.add(pair[side])


def _is_rule(value: str) -> bool:
    is_plain = not set(value) & set("*{}") and value.strip(".") != ""
    return is_plain and is_loose_uri(value, allow_empty_components=True)


def _refuse_reserved(value: str) -> None:
    if is_reserved_uri(value):
        root = value.partition(".")[0]
        raise FieldError(f"must not be under {root}", "each router keeps it for itself")
