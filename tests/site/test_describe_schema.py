"""``docs/reference/describe.schema.json`` says what the answer of ``P.sys.describe`` is."""

from pathlib import Path
from typing import Any

import pytest

from tests.site.describing import EXAMPLES, SCHEMA, damaged, example, jsonschema, mistakes
from tests.site.rig import RunningSite, on_site

AIR = ("devices", "air")


def description(name: str, folder: Path) -> Any:
    """Return what the example *name* says of itself when it runs."""

    async def act(site: RunningSite) -> Any:
        return await site.client.call(f"{site.node.config.node.uri_prefix}.sys.describe")

    return on_site(example(name, folder), act).value


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_site_describes_itself_as_the_schema_says(name: str, tmp_path: Path) -> None:
    assert mistakes(description(name, tmp_path)) == []


def test_a_device_describes_itself_as_the_schema_says(tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        for device in site.node.config.devices:
            assert mistakes(await site.call(f"{device}.describe"), "device") == []

    on_site(example("devices", tmp_path), act)


def test_a_damaged_description_is_none(tmp_path: Path) -> None:
    answer = description("devices", tmp_path)
    temperature = (*AIR, "channels", "temperature")
    damages: list[tuple[tuple[str, ...], dict[str, Any]]] = [
        ((), {"format": 2}),
        ((), {"rules": None}),
        ((), {"hobbies": []}),
        (AIR, {"every": -1.0}),
        (AIR, {"place": {"bus": "i2c1", "address": 128}}),
        (AIR, {"mood": "fine"}),
        (temperature, {"unit": None}),
        (temperature, {"range": [1.0]}),
        (temperature, {"schema": {"type": "nombre"}}),
        (temperature, {"topic": "air"}),
        ((*temperature, "publish"), {"sometimes": True}),
        (("devices", "drip", "output"), {"max_on": "20m"}),
        (("devices", "drip", "commands", "pulse", "arguments"), {"duration": {"schema": {}}}),
        (("derived", "vpd"), {"inputs": "air.humidity"}),
        (("rules", "too_hot"), {"priority": "urgent"}),
    ]

    found = {
        f"{path} {values}": mistakes(damaged(answer, path, **values)) for path, values in damages
    }

    assert mistakes(answer) == []
    assert {damage: len(wrong) for damage, wrong in found.items() if len(wrong) != 1} == {}
