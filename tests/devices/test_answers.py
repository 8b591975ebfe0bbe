"""The schema of an answer comes from what the method is annotated to return."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from wampedge.devices.answers import annotation_of, answer_schema


@pytest.mark.parametrize(
    ("annotation", "schema"),
    [
        ("None", {"type": "null"}),
        ("bool", {"type": "boolean"}),
        ("int", {"type": "integer"}),
        ("float", {"type": "number"}),
        ("str", {"type": "string"}),
        ("Journey", {"type": ["number", "null"]}),
        ("float | None", {"type": ["number", "null"]}),
        ("list", {"type": "array"}),
        ("list[str]", {"type": "array", "items": {"type": "string"}}),
        ("dict[str, Any]", {"type": "object"}),
        (
            "Mapping[str, int | None]",
            {"type": "object", "additionalProperties": {"type": ["integer", "null"]}},
        ),
        (
            "str | dict[str, str]",
            {
                "anyOf": [
                    {"type": "string"},
                    {"type": "object", "additionalProperties": {"type": "string"}},
                ]
            },
        ),
    ],
)
def test_an_annotation_says_what_is_answered(annotation: str, schema: dict[str, Any]) -> None:
    assert answer_schema(annotation) == schema


@pytest.mark.parametrize("annotation", ["Any", "object", "Fraction", "int | Any", "", "tuple[int]"])
def test_what_is_not_known_may_be_anything(annotation: str) -> None:
    assert answer_schema(annotation) == {}


def test_annotations_are_read_as_texts_and_as_types() -> None:
    async def as_text() -> float | None: ...

    found = []
    for annotation in (bool, dict[str, int], Mapping[str, bool], float | None):

        async def as_type() -> Any: ...

        as_type.__annotations__["return"] = annotation
        found.append(answer_schema(annotation_of(as_type)))

    assert annotation_of(as_text) == "float | None"
    assert annotation_of(lambda: None) == "Any"
    assert found == [
        {"type": "boolean"},
        {"type": "object", "additionalProperties": {"type": "integer"}},
        {"type": "object", "additionalProperties": {"type": "boolean"}},
        {"type": ["number", "null"]},
    ]
