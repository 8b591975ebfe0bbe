"""P40: every procedure of the example file, called with every kind of wrong argument.

The procedures and their arguments come from ``sys.describe``, so a new one is tried without a word
here. Nothing may reach a bus or a pin, and the error names the argument.
"""

import math
from typing import Any

import pytest

from tests.site.rig import GREENHOUSE, RunningSite, on_site
from tests.support.bad_calls import bad_calls, procedures_of
from wampedge.config.checking import load
from wampedge.errors import ApplicationError
from wampedge_simulator.i2c.bus import SimulatedI2cBus


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
