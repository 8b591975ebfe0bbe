"""``docs/reference/describe.schema.json`` says what the answer of ``P.sys.describe`` is."""

from pathlib import Path
from typing import Any

import pytest

from tests.site.describing import EXAMPLES, SCHEMA, damaged, example, jsonschema, mistakes, obeys
from tests.site.rig import RunningSite, config_of, on_site
from wampedge.config.model import SiteConfig

SITE = """\
wampedge = 1
[node]
name = "gh1"
[buses.i2c1]
type = "i2c"
bus = 1
[devices.air]
driver = "tmp117"
bus = "i2c1"
[devices.drip]
driver = "relay"
pin = 17
[derived.warmth]
value = "air.temperature * 1.5"
[rules.too_hot]
when = "air.temperature > 30"
do = ["drip.on"]
"""
AIR = ("devices", "air")


def description(config: SiteConfig) -> Any:
    """Return what the node of *config* says of itself when it runs."""

    async def act(site: RunningSite) -> Any:
        return await site.client.call(f"{site.node.config.node.uri_prefix}.sys.describe")

    return on_site(config, act).value


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_site_describes_itself_as_the_schema_says(name: str, tmp_path: Path) -> None:
    assert mistakes(description(example(name, tmp_path))) == []


def test_a_device_describes_itself_as_the_schema_says(tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        for device in site.node.config.devices:
            assert mistakes(await site.call(f"{device}.describe"), "device_answer") == []

    on_site(example("devices", tmp_path), act)


def test_a_damaged_description_is_none(tmp_path: Path) -> None:
    answer = description(config_of(tmp_path, SITE))
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
        ((*AIR, "procedures", "edge.gh1.air.get"), {"result": {"required": "value"}}),
        ((*AIR, "procedures", "edge.gh1.air.get"), {"progress": "maybe"}),
        ((*AIR, "topics", "edge.gh1.air.status"), {"kind": "mood"}),
        (("$defs",), {"reading": 7}),
        (("derived", "warmth"), {"inputs": "air.temperature"}),
        (("rules", "too_hot"), {"priority": "urgent"}),
    ]

    unnoticed = [each for each in damages if obeys(damaged(answer, each[0], **each[1]))]

    assert mistakes(answer) == []
    assert unnoticed == []
