"""The bridge as far as it goes without a kernel: its arguments and its orders."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import pytest

from wampedge.errors import InvalidValueError
from wampedge_simulator.kernel.__main__ import _obey, main, wired_from
from wampedge_simulator.kernel.bridge import KernelBridge


@pytest.fixture
async def bridge() -> AsyncIterator[KernelBridge]:
    made = KernelBridge([wired_from("room=lm75@0x48"), wired_from("pins=pca9555@0x20/second")])
    made._board.start()
    yield made
    made.close()


def test_a_chip_is_given_with_name_driver_and_address() -> None:
    wired = wired_from("room=lm75@0x48")

    assert (wired.name, wired.driver, wired.bus, wired.address) == ("room", "lm75", "i2c", 0x48)


def test_a_bus_and_parameters_may_follow_and_the_others_have_their_defaults() -> None:
    wired = wired_from("power=ina219@64/second,shunt=0.01")

    assert (wired.bus, wired.address) == ("second", 64)
    assert wired.params["shunt"] == 0.01
    assert wired.params["lsb"] == 0.0001


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("lm75", "want NAME=DRIVER@ADDRESS"),
        ("room=lm75@high", "want NAME=DRIVER@ADDRESS"),
        ("room=lm57@0x48", "lm57"),
        ("room=lm75@0x48,colour=red", "a lm75 has no parameter colour"),
    ],
)
def test_what_is_wrong_with_a_chip_is_said(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        wired_from(text)


def test_a_wrong_chip_on_the_command_line_ends_it_with_code_2(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["room=lm75"])

    assert "want NAME=DRIVER@ADDRESS such as room=lm75@0x48" in capsys.readouterr().err


async def test_orders_reach_the_parts(bridge: KernelBridge) -> None:
    bridge.order("set", ["room", "temperature", 21.5])

    assert bridge._board.part("room").sensed_value("temperature") == 21.5


async def test_a_line_of_a_bank_is_driven_and_looked_at(bridge: KernelBridge) -> None:
    bridge.order("drive", ["pins", 3, False])
    assert bridge.order("pin_level", ["pins", 3]) is False

    bridge.order("drive", ["pins", 3, None])
    assert bridge.order("pin_level", ["pins", 3]) is True  # pulled up by the chip


async def test_orders_that_make_no_sense_change_nothing(bridge: KernelBridge) -> None:
    with pytest.raises(InvalidValueError, match="no device"):
        bridge.order("set", ["attic", "temperature", 21.5])
    with pytest.raises(ValueError, match="verb must be one of set"):
        bridge.order("stop", [])
    with pytest.raises(ValueError, match="argument"):
        bridge.order("set", ["room"])


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        (b'["set", "room", "temperature", 21.5]\n', {"ok": None}),
        (b'["pin_level", "pins", 3]\n', {"ok": True}),
        (b"[]\n", {"error": "want a list: a verb, then its arguments"}),
        (b'["dance"]\n', {"error": "verb must be one of"}),
        (b"set\n", {"error": "Expecting value"}),
    ],
)
async def test_each_line_gets_an_answer(
    bridge: KernelBridge, line: bytes, answer: dict[str, str | bool | None]
) -> None:
    given = json.loads(json.dumps(_obey(bridge, line)))

    assert given.keys() == answer.keys()
    if "error" in answer:
        assert str(answer["error"]) in given["error"]
    else:
        assert given == answer
