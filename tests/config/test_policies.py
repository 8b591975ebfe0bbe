from __future__ import annotations

from typing import Any

import pytest

from wampedge.config.kinds import Delta
from wampedge.config.policies import PolicyLayers, delta_in, is_numeric, policy_of
from wampedge.devices.driver import ChannelSpec
from wampedge.devices.fields import Boolean, FieldError, Integer, Number, Text
from wampedge.devices.publishing import PublishPolicy

NUMBER = ChannelSpec(Number(), "V")
FLAG = ChannelSpec(Boolean())


def policy(channel: dict[str, Any], *, device: dict[str, Any], defaults: dict[str, Any]) -> Any:
    return policy_of(NUMBER, "mV", PolicyLayers(defaults, device, channel))


def test_numbers_publish_every_sample_and_other_values_on_change() -> None:
    layers = PolicyLayers({}, {}, {})

    assert policy_of(NUMBER, "V", layers) == PublishPolicy()
    assert policy_of(ChannelSpec(Integer()), "", layers) == PublishPolicy()
    assert policy_of(FLAG, "", layers) == PublishPolicy(on_change=True)
    assert policy_of(ChannelSpec(Text()), "", layers) == PublishPolicy(on_change=True)


def test_on_change_can_be_said_either_way() -> None:
    assert policy_of(FLAG, "", PolicyLayers({}, {"on_change": False}, {})) == PublishPolicy()
    assert policy_of(NUMBER, "V", PolicyLayers({"on_change": True}, {}, {})).on_change


def test_the_channel_wins_over_the_device_and_that_over_the_defaults() -> None:
    channel = {"delta": Delta(0.5, "V")}
    device = {"delta": Delta(2.0, "%"), "heartbeat": 60.0}
    defaults = {"delta": Delta(1.0, "%"), "heartbeat": 300.0}

    assert policy(channel, device=device, defaults=defaults) == PublishPolicy(500.0, False, 60.0)
    assert policy({}, device=device, defaults=defaults) == PublishPolicy(2.0, True, 60.0)
    assert policy({}, device={}, defaults=defaults) == PublishPolicy(1.0, True, 300.0)


def test_a_delta_of_the_device_that_does_not_fit_is_passed_over() -> None:
    device = {"delta": Delta(5.0, "rpm")}
    defaults = {"delta": Delta(1.0, "%")}

    assert policy({}, device=device, defaults=defaults) == PublishPolicy(1.0, True)
    assert policy_of(FLAG, "", PolicyLayers(defaults, device, {})) == PublishPolicy(on_change=True)


@pytest.mark.parametrize(
    ("delta", "unit", "wanted"),
    [
        (Delta(1.0, "%"), "V", (1.0, True)),
        (Delta(0.5, "V"), "mV", (500.0, False)),
        (Delta(0.5, "K"), "°C", (0.5, False)),
        (Delta(2.0, "%RH"), "%RH", (2.0, False)),
        (Delta(2.0, None), "%", (2.0, False)),
        (Delta(2.0, None), "", (2.0, False)),
    ],
)
def test_a_delta_is_told_in_the_unit_of_the_channel(
    delta: Delta, unit: str, wanted: tuple[float, bool]
) -> None:
    assert delta_in(delta, NUMBER, unit) == wanted


@pytest.mark.parametrize(
    ("delta", "unit", "complaint"),
    [
        (Delta(0.5, None), "V", 'delta must carry its unit, got 0.5 (write "0.5V")'),
        (
            Delta(0.5, "A"),
            "W",
            "delta must be in percent or in W, got 0.5A (units that fit: A, pA, nA, µA, mA, kA)",
        ),
        (Delta(0.5, "V"), "", "delta must be in percent or in plain numbers, got 0.5V"),
    ],
)
def test_a_delta_in_another_unit_is_refused(delta: Delta, unit: str, complaint: str) -> None:
    with pytest.raises(FieldError) as caught:
        delta_in(delta, NUMBER, unit)

    assert str(caught.value).startswith(complaint)


def test_a_delta_is_for_numbers() -> None:
    assert is_numeric(NUMBER)
    assert not is_numeric(FLAG)
    with pytest.raises(FieldError, match="delta is for numbers, and this channel has none"):
        policy_of(FLAG, "", PolicyLayers({}, {}, {"delta": Delta(1.0, "%")}))
