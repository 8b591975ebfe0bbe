"""Whoever knows nothing but the description can set and call everything in it."""

from pathlib import Path
from typing import Any

import pytest

from tests.site.examples_rig import ENVIRON, copy_of
from tests.site.rig import GREENHOUSE, RunningSite, on_site
from wampedge.config.checking import load
from wampedge.errors import ApplicationError


def legal(schema: dict[str, Any]) -> Any:
    """Return a value that obeys *schema*, the plainest there is."""
    for key in ("anyOf", "oneOf"):
        if key in schema:
            return legal(schema[key][0])
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return schema["enum"][0]
    kind = schema.get("type")
    if kind == "boolean":
        return True
    if kind in ("integer", "number"):
        low = schema.get("minimum", schema.get("exclusiveMinimum", -1) + 1)
        return low if "minimum" in schema or "maximum" not in schema else schema["maximum"]
    if kind == "string":
        return "1s" if "pattern" in schema else "a" * max(1, schema.get("minLength", 1))
    if kind == "array":
        return [legal(schema["items"])] * schema.get("minItems", 1)
    if kind == "object":
        return {name: legal(schema["properties"][name]) for name in schema.get("required", ())}
    return 0


async def wrong_calls(site: RunningSite) -> tuple[int, list[str]]:
    """Set and call everything that is described; return how much, and what was no argument."""
    description = await site.call("sys.describe")
    calls: list[tuple[str, dict[str, Any]]] = []
    for device in description["devices"].values():
        settable = [each for each in device["channels"].values() if each["settable"]]
        calls += [(each["set"], {"value": legal(each["schema"])}) for each in settable]
        for command in device["commands"].values():
            arguments = {n: legal(a["schema"]) for n, a in command["arguments"].items()}
            calls.append((command["procedure"], arguments))
    wrong = []
    for procedure, arguments in calls:
        try:
            await site.client.call(procedure, **arguments)
        except ApplicationError as error:
            if error.uri == "wamp.error.invalid_argument":
                wrong.append(f"{procedure} {arguments}: {error}")
    return len(calls), wrong


def test_the_first_file_takes_all_that_its_description_allows() -> None:
    async def act(site: RunningSite) -> None:
        count, wrong = await wrong_calls(site)
        assert count > 0
        assert wrong == []

    on_site(load(GREENHOUSE), act)


@pytest.mark.parametrize("name", ["greenhouse", "cabinet"])
def test_the_example_sites_take_all_that_their_descriptions_allow(
    name: str, tmp_path: Path
) -> None:
    async def act(site: RunningSite) -> None:
        count, wrong = await wrong_calls(site)
        assert count > 0
        assert wrong == []

    path = copy_of(name, tmp_path)
    on_site(load(path, ENVIRON).but(upstream=None), act)
