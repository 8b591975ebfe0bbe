"""Rules in the device file."""

from __future__ import annotations

import pytest

from tests.config.lines_rig import complaint, config
from wampedge.config.checking import check


@pytest.mark.parametrize(
    ("order", "wanted"),
    [
        ("fann.on", "orders fann, which is no device (did you mean fan?)"),
        ("fan.onn", "orders onn, which fan cannot do (did you mean on?)"),
        ("air.on", "orders on, which air cannot do (it takes no orders)"),
        ("air.set(1)", "sets air, which cannot be set"),
        ("lamp.set(200)", "argument value must be 0 to 100, got 200"),
        ("lamp.set()", "set needs value"),
        ("fan.pulse(5)", 'argument duration must be a duration such as "30s", got 5 (write "5s")'),
        ("fan.on(1)", "on takes no arguments: got 1"),
        ("fan.on; 1", ('is no order: write "device.command", "device.set(0.5)" or'
         ' "device.channel.set(0.5)"')),
        ("lamp.set(air.temperature)", "takes numbers, texts, true and false as arguments"),
    ],
)  # fmt: skip
def test_orders_a_device_cannot_carry_out_are_told(order: str, wanted: str) -> None:
    text = f"[rules.a]\nwhen = \"air.temperature > 30\"\ndo = ['{order}']\n"

    assert complaint(text) == f"rules.a.do[0] {wanted}"


def test_a_condition_must_not_be_too_costly() -> None:
    text = '[rules.a]\nwhen = "air.temperature > 9 ** 9 ** 9"\ndo = ["fan.on"]\n'

    # Powers are bounded when they are computed: the rule is blind, and the node goes on.
    assert config(text).rules["a"].when.inputs == ("air.temperature",)


def test_a_condition_about_a_device_with_mistakes_is_not_told_as_well() -> None:
    _, problems = check(
        'wampedge = 1\n[node]\nname = "n"\n[devices.stop]\ndriver = "buton"\n'
        '[rules.a]\nwhen = "stop.pressed"\ndo = ["stop.on"]\n',
        "f.toml",
        {},
    )

    assert [each.text for each in problems] == [
        'devices.stop.driver must be the name of a driver, got "buton"'
    ]
