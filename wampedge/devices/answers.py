"""What methods answer, as JSON Schema: read from the annotation of their result.

The annotation is what the type checker holds a driver to, so that it need not be said twice. What
is not known here may be anything.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

__all__ = ["ANYTHING", "annotation_of", "answer_schema"]

ANYTHING: Final = "Any"
"""The annotation of an answer nobody knows anything of."""

_NUMBER: Final = {"type": "number"}
_PLAIN: Final[Mapping[str, Mapping[str, Any]]] = {
    "None": {"type": "null"},
    "bool": {"type": "boolean"},
    "int": {"type": "integer"},
    "float": _NUMBER,
    "str": {"type": "string"},
    "dict": {"type": "object"},
    "list": {"type": "array"},
    "Value": {"type": ["boolean", "number", "string", "null"]},
    "Journey": {"type": ["number", "null"]},  # where it ends; null where that is not known
}
_TABLES: Final = ("dict[str, ", "Mapping[str, ")
_LISTS: Final = ("list[", "Sequence[")


def annotation_of(method: Callable[..., Any]) -> str:
    """Return how *method* annotates its result; ``Any`` where it does not."""
    found = getattr(method, "__annotations__", {}).get("return", ANYTHING)
    if isinstance(found, str):
        return found
    if isinstance(found, type):
        return found.__name__
    return str(found).replace("collections.abc.", "").replace("typing.", "")


def answer_schema(annotation: str) -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of an answer with *annotation*, such as ``int``."""
    parts = _alternatives(annotation)
    if len(parts) > 1:
        return _one_of([answer_schema(part) for part in parts])
    text = parts[0]
    if text in _PLAIN:
        return dict(_PLAIN[text])
    for begin in _TABLES:
        if text.startswith(begin):
            return _holding("object", "additionalProperties", text[len(begin) : -1])
    for begin in _LISTS:
        if text.startswith(begin):
            return _holding("array", "items", text[len(begin) : -1])
    return {}


def _holding(kind: str, key: str, inner: str) -> dict[str, Any]:
    schema = answer_schema(inner)
    return {"type": kind, key: schema} if schema else {"type": kind}


def _one_of(schemas: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the schema of whatever obeys one of *schemas*, in the plainest form."""
    if {} in schemas:
        return {}
    if all(list(schema) == ["type"] and isinstance(schema["type"], str) for schema in schemas):
        return {"type": [schema["type"] for schema in schemas]}
    return {"anyOf": schemas}


def _alternatives(annotation: str) -> list[str]:
    """Return the parts of *annotation* between the ``|`` that are in no brackets."""
    parts, depth = [""], 0
    for letter in annotation:
        depth += (letter == "[") - (letter == "]")
        if letter == "|" and depth == 0:
            parts.append("")
        else:
            parts[-1] += letter
    return [part.strip() for part in parts]
