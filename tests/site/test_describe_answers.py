"""What a node describes is what it does: its procedures answer so, its events look so."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.site.describing import EXAMPLES, example, jsonschema
from tests.site.rig import RunningSite, on_site
from tests.site.test_describe import legal
from wampedge.client import EventDetails
from wampedge.errors import ApplicationError
from wampedge.wamp.payload import Payload

LONG_ENOUGH_S = {"robot": 8.0}
"""Until every part has told something: a CO2 sensor does once a minute, a rover all the time."""
READS = ("get", "describe", "health", "list")


async def description(site: RunningSite) -> dict[str, Any]:
    """Return what the node says of itself."""
    found: dict[str, Any] = (
        await site.client.call(f"{site.node.config.node.uri_prefix}.sys.describe")
    ).value
    return found


def everywhere(answer: dict[str, Any], key: str) -> dict[str, Any]:
    """Return what is under *key* (``procedures``, ``topics``) of the node and all that is on it."""
    parts = [
        answer,
        *(p for group in ("devices", "derived", "rules") for p in answer[group].values()),
    ]
    return {uri: each for part in parts for uri, each in part.get(key, {}).items()}


def misfits(answer: dict[str, Any], schema: dict[str, Any] | None, value: Any) -> list[str]:
    """Return what of *value* a described *schema* forbids; no schema allows nothing at all."""
    if schema is None:
        return [] if not value else [f"nothing is described, and there is {value}"]
    found = jsonschema.Draft202012Validator({**schema, "$defs": answer["$defs"]}).iter_errors(value)
    return [f"{error.json_path}: {error.message}" for error in found]


def reads(procedures: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each procedure that changes nothing, with arguments; twice where it takes *fresh*."""
    for uri, procedure in procedures.items():
        if uri.rpartition(".")[2] in READS and ".sim." not in uri:
            yield uri, {}
            if "fresh" in procedure["arguments"]:
                yield uri, {"fresh": True}


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_procedure_is_described_and_every_described_one_is_there(
    name: str, tmp_path: Path
) -> None:
    async def act(site: RunningSite) -> None:
        found = (await site.client.call("wamp.registration.list")).value["exact"]
        uris = [
            (await site.client.call("wamp.registration.get", each)).value["uri"] for each in found
        ]

        assert sorted(everywhere(await description(site), "procedures")) == sorted(uris)

    on_site(example(name, tmp_path), act)


@pytest.mark.parametrize("name", EXAMPLES)
def test_what_can_be_read_is_what_the_description_says(name: str, tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        await asyncio.sleep(LONG_ENOUGH_S.get(name, 65.0))
        answer = await description(site)
        procedures = everywhere(answer, "procedures")
        wrong, refused = [], []
        for uri, arguments in reads(procedures):
            try:
                result = await site.client.call(uri, **arguments)
            except ApplicationError as error:
                # A CO2 sensor measures when it likes; a cover has not been anywhere yet.
                if (error.uri, arguments) != ("wampedge.error.not_ready", {"fresh": True}):
                    refused.append(f"{uri} {arguments}: {error}")
                continue
            wrong += misfits(answer, procedures[uri]["result"], result.value)
            wrong += misfits(answer, procedures[uri].get("keywords"), result.kwargs)

        assert len(list(reads(procedures))) > 20
        assert refused == []
        assert wrong == []

    on_site(example(name, tmp_path), act)


@pytest.mark.parametrize("name", EXAMPLES)
def test_what_orders_answer_is_what_the_description_says(name: str, tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        answer = await description(site)
        answered, wrong = 0, []
        for device in answer["devices"].values():
            for uri, procedure in device["procedures"].items():
                if uri.rpartition(".")[2] in READS:
                    continue
                schemas = {
                    n: a["schema"] for n, a in procedure["arguments"].items() if a["required"]
                }
                parts: list[Any] = []
                try:
                    result = await site.client.call(
                        uri, **{n: legal(s) for n, s in schemas.items()}, on_progress=parts.append
                    )
                except ApplicationError as error:
                    if error.uri == "wamp.error.invalid_argument":
                        wrong.append(f"{uri}: {error}")
                    continue
                answered += 1
                assert procedure["progress"] or not parts
                for value in (result.value, *(part.value for part in parts)):
                    wrong += [
                        f"{uri}: {each}" for each in misfits(answer, procedure["result"], value)
                    ]

        assert answered > 0
        assert wrong == []

    on_site(example(name, tmp_path), act)


@pytest.mark.parametrize("name", EXAMPLES)
def test_what_is_published_is_what_the_description_says(name: str, tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        answer = await description(site)
        topics = everywhere(answer, "topics")
        heard: set[str] = set()
        wrong: list[str] = []

        def listen(payload: Payload, details: EventDetails) -> None:
            assert details.topic is not None
            topic = topics.get(details.topic)
            if details.topic not in heard or topic is None:
                heard.add(details.topic)
                wrong.extend(
                    [f"{details.topic} is not described"]
                    if topic is None
                    else misfits(answer, topic["value"], payload.value)
                    + misfits(answer, topic["keywords"], payload.kwargs)
                )

        prefix = site.node.config.node.uri_prefix
        options = {"match": "prefix", "get_retained": True}
        await site.client.subscribe(f"{prefix}.", listen, options=options, takes_payload=True)
        await asyncio.sleep(LONG_ENOUGH_S.get(name, 65.0))

        readings = {uri for uri, each in topics.items() if each["kind"] in ("reading", "batch")}
        assert wrong == []
        assert len(readings & heard) > 0.8 * len(readings)

    on_site(example(name, tmp_path), act)
