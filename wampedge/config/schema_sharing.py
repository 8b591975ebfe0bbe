"""Making a JSON Schema short: what it says several times is said once, in ``$defs``."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any, Final

__all__ = ["shared"]

_SHORTEST: Final = 100
"""Characters of a part that is worth a name."""
_TABLES: Final = ("properties", "$defs")
_LISTS: Final = ("anyOf", "allOf")
_SINGLE: Final = ("items", "additionalProperties", "then")


def shared(schema: dict[str, Any]) -> dict[str, Any]:
    """Return a schema that means the same as *schema*, with repeated parts in its ``$defs``."""
    counts: Counter[str] = Counter()
    _count(schema, counts)
    repeated = [text for text, count in counts.items() if count > 1 and len(text) > _SHORTEST]
    names = {text: f"shared_{number}" for number, text in enumerate(repeated, start=1)}
    definitions: dict[str, Any] = {}
    whole: dict[str, Any] = _replaced(schema, names, definitions)
    whole["$defs"] = {**whole.get("$defs", {}), **definitions}
    return whole


def _parts(schema: dict[str, Any]) -> Iterator[tuple[Any, Any]]:
    """Yield where the schemas inside *schema* are: the container and the key in it."""
    for key, value in schema.items():
        if key in _TABLES:
            yield from ((value, name) for name in value)
        elif key in _LISTS:
            yield from ((value, index) for index in range(len(value)))
        elif key in _SINGLE:
            yield schema, key


def _count(schema: Any, counts: Counter[str]) -> None:
    if not isinstance(schema, dict):
        return
    text = json.dumps(schema)
    counts[text] += 1
    if counts[text] == 1:
        for container, key in _parts(schema):
            _count(container[key], counts)


def _replaced(schema: dict[str, Any], names: dict[str, str], found: dict[str, Any]) -> Any:
    """Return a copy of *schema* whose repeated parts are references into *found*."""
    copy = {
        key: list(value) if isinstance(value, list) else dict(value) if key in _TABLES else value
        for key, value in schema.items()
    }
    for container, key in _parts(copy):
        part = container[key]
        if not isinstance(part, dict):
            continue
        name = names.get(json.dumps(part))
        if name is None:
            container[key] = _replaced(part, names, found)
            continue
        if name not in found:
            found[name] = None  # keeps its place
            found[name] = _replaced(part, names, found)
        container[key] = {"$ref": f"#/$defs/{name}"}
    return copy
