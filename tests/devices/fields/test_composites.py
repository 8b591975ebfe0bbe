from __future__ import annotations

from typing import Any

import pytest

from wampedge.devices.fields import (
    Boolean,
    Duration,
    Field,
    FieldError,
    Integer,
    ListOf,
    MapOf,
    Table,
    Text,
    convert_table,
)

COMMAND = Table({"send": Text(doc="what to send"), "timeout": Duration(default=1.0)})


def complaints(kind: Field, value: Any) -> list[str]:
    with pytest.raises(FieldError) as caught:
        kind.convert(value)
    return [str(error) for error in caught.value.each()]


def test_a_list_converts_each_item() -> None:
    assert ListOf(Duration()).convert(["1s", "2m"]) == (1.0, 120.0)


def test_every_bad_item_of_a_list_is_told_with_its_index() -> None:
    assert complaints(ListOf(Integer(0, 9)), [1, 10, "x", 11]) == [
        "[1] must be 0 to 9, got 10",
        '[2] must be a whole number, got "x"',
        "[3] must be 0 to 9, got 11",
    ]


def test_the_length_of_a_list_is_checked() -> None:
    assert complaints(ListOf(Integer(), minimum=2, maximum=2), [1]) == ["must have 2 items, got 1"]
    assert complaints(ListOf(Integer(), 1, 3), []) == ["must have 1 to 3 items, got 0"]
    assert complaints(ListOf(Integer()), 5) == ["must be a list, got 5 (write it in [ ])"]


def test_a_table_fills_in_its_defaults() -> None:
    assert COMMAND.convert({"send": "START"}) == {"send": "START", "timeout": 1.0}


def test_every_mistake_in_a_table_is_told() -> None:
    assert complaints(COMMAND, {"sned": "x", "timeout": 5}) == [
        "sned is not a known key (did you mean send?)",
        "send is missing (what to send)",
        'timeout must be a duration such as "30s", got 5 (write "5s")',
    ]


def test_a_key_like_no_other_gets_the_list_of_known_keys() -> None:
    assert complaints(COMMAND, {"send": "", "zzzzzz": 1}) == [
        "zzzzzz is not a known key (known keys: send, timeout)"
    ]
    assert complaints(Table({}), {"a": 1}) == ["a is not a known key (it takes no keys)"]


def test_a_table_must_be_a_table() -> None:
    assert complaints(COMMAND, "START") == [
        'must be a table, got "START" (write it as { send = ... })'
    ]


def test_a_map_takes_any_proper_name() -> None:
    assert MapOf(Boolean()).convert({"a_1": True}) == {"a_1": True}


def test_a_map_refuses_other_names_and_bad_items() -> None:
    assert complaints(MapOf(Boolean()), {"A-1": True, "b": 1}) == [
        "A-1 is no name: use a-z, 0-9 and _",
        "b must be true or false, got 1",
    ]
    assert complaints(MapOf(Boolean(), maximum=1), {"a": True, "b": True}) == [
        "must have 1 names or fewer, got 2"
    ]
    assert complaints(MapOf(Boolean()), []) == [
        "must be a table, got a list (write it as { name = ... })"
    ]


def test_paths_lead_through_nested_values() -> None:
    kind = Table({"commands": MapOf(COMMAND), "range": ListOf(Integer())})

    with pytest.raises(FieldError) as caught:
        kind.convert({"commands": {"start": {"send": 5}}, "range": [1, "x"]})

    assert [error.path for error in caught.value.each()] == [
        ("commands", "start", "send"),
        ("range", 1),
    ]


def test_convert_table_keeps_what_is_right() -> None:
    converted, errors = convert_table({"a": 1, "b": "x"}, {"a": Integer(), "b": Integer()})

    assert converted == {"a": 1}
    assert [error.path for error in errors] == [("b",)]


def test_an_error_says_of_which_code_it_is() -> None:
    _, errors = convert_table({"x": 1}, {"a": Integer()})

    assert [error.code for error in errors] == ["unknown-key", "missing-key"]


def test_composites_describe_themselves_as_json_schema() -> None:
    command = {
        "type": "object",
        "properties": {
            "send": {"type": "string", "maxLength": 1024, "description": "what to send"},
            "timeout": Duration().schema(),
        },
        "additionalProperties": False,
        "required": ["send"],
    }

    assert COMMAND.schema() == command
    assert MapOf(COMMAND, maximum=8).schema() == {
        "type": "object",
        "propertyNames": {"pattern": "^[a-z0-9_]+$"},
        "additionalProperties": command,
        "maxProperties": 8,
    }
    assert ListOf(Boolean(), 1, 2).schema() == {
        "type": "array",
        "items": {"type": "boolean"},
        "minItems": 1,
        "maxItems": 2,
    }
