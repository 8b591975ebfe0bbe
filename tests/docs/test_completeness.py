"""The reference leaves nothing out: every driver has its section, every key of the file its row."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

import wampedge.errors
from tests.docs.generate import REFERENCE
from wampedge.config.declarations import channel_fields, device_fields
from wampedge.config.schema import json_schema
from wampedge.devices.catalog import driver_file, driver_names, find_driver
from wampedge.errors import RefusedError

TEXT = (REFERENCE / "drivers.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^## (\S+)\n(.*?)(?=^## |\Z)", TEXT, re.MULTILINE | re.DOTALL))
DEVICE_FILE = "\n".join(
    page.read_text(encoding="utf-8")
    for page in (REFERENCE / "device-file.md", *(REFERENCE / "device-file").glob("*.md"))
)


def test_every_driver_has_a_section_and_only_drivers_have() -> None:
    assert sorted(SECTIONS) == driver_names()


@pytest.mark.parametrize("name", driver_names())
def test_a_section_names_all_that_the_driver_takes_and_offers(name: str) -> None:
    spec, lines = find_driver(name), SECTIONS[name].splitlines()

    words = {line.split()[0].partition("(")[0] for line in lines if line.startswith("  ")}
    assert {*spec.params, *spec.pins, *spec.channels, *spec.channel_fields, *spec.commands} <= words
    for channel, of in spec.channels.items():
        (row,) = (line for line in lines if line.split()[:1] == [channel] and line[:2] == "  ")
        assert f" {of.unit}" in row
    assert all(f"0x{address:02x}" in SECTIONS[name] for address in spec.addresses)
    assert all(event in SECTIONS[name] for event in spec.events)


@pytest.mark.parametrize("name", driver_names())
def test_a_section_says_how_the_part_is_wired_and_which_document_it_follows(name: str) -> None:
    head = SECTIONS[name].partition("\nchannels:")[0]

    assert re.search(r"^wiring: \S.{20,}$", head, re.MULTILINE)
    if driver_file(name).suffix == ".toml":
        assert re.search(r"^Datasheet: \S", head, re.MULTILINE)
    else:
        assert re.search(r"^(Chip|Chips|Hardware|Parts): \S", head, re.MULTILINE)


def keys_of(schema: Mapping[str, Any]) -> Iterator[str]:
    """Return the keys that tables of these parts of the file may have."""
    for name, part in resolved(schema).get("properties", {}).items():
        yield name
        if isinstance(part, dict) and resolved(part).get("type") == "object":
            yield from keys_of(part)


def resolved(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what a part that others have as well refers to."""
    if "$ref" not in schema:
        return schema
    found: Mapping[str, Any] = SCHEMA["$defs"][schema["$ref"].removeprefix("#/$defs/")]
    return found


SCHEMA = json_schema()
PARTS = ("node", "router", "upstream", "defaults", "sessions")


@pytest.mark.parametrize("part", PARTS)
def test_every_key_of_a_section_is_in_the_reference(part: str) -> None:
    keys = set(keys_of(SCHEMA["properties"][part]))

    assert keys, "there is nothing to look for"
    assert sorted(key for key in keys if not is_told(key)) == []


def is_told(key: str) -> bool:
    return re.search(rf"[`.\[{{ ]{re.escape(key)}[`\] =.,}}]", DEVICE_FILE) is not None


def test_every_section_of_the_file_is_in_the_reference() -> None:
    assert [key for key in SCHEMA["properties"] if not is_told(key)] == []


def test_every_key_that_any_device_or_channel_takes_is_in_the_reference() -> None:
    keys: set[str] = set()
    for name in driver_names():
        spec = find_driver(name)
        own = {*spec.params, *spec.pins, *spec.channel_fields}
        keys |= {*device_fields(spec), *channel_fields(spec)} - own

    assert sorted(key for key in keys if not is_told(key)) == []


def test_every_error_of_a_device_is_in_the_mapping() -> None:
    page = (REFERENCE / "wamp-mapping.md").read_text(encoding="utf-8")
    kinds = [each for each in vars(wampedge.errors).values() if isinstance(each, type)]
    refusals = {each.uri for each in kinds if issubclass(each, RefusedError)}
    uris = refusals - {RefusedError.uri}

    assert len(uris) >= 7
    assert sorted(uri for uri in uris if f"`{uri}`" not in page) == []
