"""P40: every procedure of the example file, called with every kind of wrong argument.

The procedures and their arguments come from ``sys.describe``, so a new one is tried without a word
here. Nothing may reach a bus or a pin, and the error names the argument.
"""

import math
from collections.abc import Iterator
from typing import Any

import pytest

from tests.site.rig import GREENHOUSE, RunningSite, on_site
from wampedge.config.checking import load
from wampedge.errors import ApplicationError
from wampedge_simulator.i2c.bus import SimulatedI2cBus

FRESH = {"fresh": {"schema": {"type": "boolean"}, "required": False}}
FOR = {"schema": {"type": "string"}, "required": False}
WRONG_BY_TYPE: dict[str, list[Any]] = {
    "boolean": ["on", 2, 1.0, math.nan, 2**70, [True], {}, b"\x01"],
    "number": ["50", True, math.nan, math.inf, -math.inf, 2**70, [1], {}, 10**400],
    "integer": ["1", True, 1.5, math.nan, 2**70, -(2**70), [1], {}],
    "string": [True, 1, 1.5, math.nan, 2**70, [], {}, b"x", "x" * 70_000],
}


def procedures_of(description: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return every procedure of a node with what it takes, as ``sys.describe`` tells it."""
    found = {uri: each["arguments"] for uri, each in description["procedures"].items()}
    prefix = description["prefix"]
    for name, device in description["devices"].items():
        base = f"{prefix}.{name}"
        found |= {f"{base}.get": FRESH, f"{base}.describe": {}, f"{base}.health": {}}
        for channel in device["channels"].values():
            found[channel["get"]] = FRESH
            if channel["set"]:
                value = {"schema": channel["schema"], "required": True}
                found[channel["set"]] = found[f"{base}.set"] = {"value": value, "for_": FOR}
        for command in device["commands"].values():
            found[command["procedure"]] = command["arguments"]
    return found


def wrong_values(schema: dict[str, Any]) -> Iterator[Any]:
    """Return values that *schema* does not allow."""
    yield from WRONG_BY_TYPE.get(schema.get("type", ""), ())
    if "minimum" in schema:
        yield schema["minimum"] - 1
    if "maximum" in schema:
        yield schema["maximum"] + 1


def allowed_value(schema: dict[str, Any]) -> Any:
    """Return a value that *schema* allows, to get past the arguments before the wrong one."""
    samples = {"boolean": True, "number": 1.0, "integer": 1, "string": "5s"}
    return samples.get(schema.get("type", ""), 1)


def bad_calls(
    arguments: dict[str, Any],
) -> Iterator[tuple[tuple[Any, ...], dict[str, Any], str]]:
    """Return (args, kwargs, field at fault) for each way to call a procedure wrongly."""
    good = {n: allowed_value(a["schema"]) for n, a in arguments.items() if a["required"]}
    for name, argument in arguments.items():
        for wrong in wrong_values(argument["schema"]):
            yield (), {**good, name: wrong}, name
        if argument["required"]:
            yield (), {n: v for n, v in good.items() if n != name}, name
            if next(iter(arguments)) == name:
                yield (good[name],), good, name  # given twice
    yield (), {**good, "sudo": True}, "sudo"
    everything = tuple(allowed_value(a["schema"]) for a in arguments.values())
    yield (*everything, None), {}, f"argument {len(everything) + 1}"


@pytest.fixture
def transfers(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What went over any simulated I2C bus."""
    seen: list[Any] = []
    transfer = SimulatedI2cBus.transfer

    def recorded(bus: SimulatedI2cBus, messages: Any) -> list[bytes]:
        seen.append(messages)
        return transfer(bus, messages)

    monkeypatch.setattr(SimulatedI2cBus, "transfer", recorded)
    return seen


def test_no_wrong_argument_of_any_procedure_reaches_a_bus_or_a_pin(transfers: list[Any]) -> None:
    async def act(site: RunningSite) -> int:
        procedures = procedures_of(await site.call("sys.describe"))
        edges = [site.edges("gpio", line) for line in range(28)]
        transfers.clear()
        count = 0
        for uri, arguments in procedures.items():
            for args, kwargs, field in bad_calls(arguments):
                with pytest.raises(ApplicationError) as caught:
                    await site.client.call(uri, *args, **kwargs)
                error = caught.value
                case = f"{uri} {args!r:.80} {kwargs!r:.80}: {error}"
                assert error.uri == "wamp.error.invalid_argument", case
                assert error.keywords["field"] == field, case
                assert field.startswith("argument") or field in str(error), case
                assert len(str(error)) < 500, case
                count += 1

        assert transfers == []
        assert not any(edges)
        return count

    assert on_site(load(GREENHOUSE), act) > 400


def test_wrong_values_of_the_simulator_are_named_too() -> None:
    async def act(site: RunningSite) -> None:
        for args, field in (
            (("air", "temperature", "warm"), "value"),
            (("air", "temperature", math.nan), "value"),
            (("air", "temperature", 2**70), "value"),
            (("air", "temperature", [1]), "value"),
            (("air", "temprature", 1.0), "channel"),
            (("airr", "temperature", 1.0), "device"),
        ):
            with pytest.raises(ApplicationError) as caught:
                await site.call("sim.set", *args)
            assert caught.value.uri == "wamp.error.invalid_argument", args
            assert caught.value.keywords["field"] == field, args

    on_site(load(GREENHOUSE), act)
