"""Asks the device that offers a pin whether it can serve the one that names it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wampedge.config.device_check import DeviceDraft
from wampedge.config.problems import Findings
from wampedge.devices.pin_use import PinUse

__all__ = ["check_pin_uses"]


def check_pin_uses(drafts: Mapping[str, DeviceDraft], findings: Findings) -> None:
    """Refuse pins that cannot do what is wanted: no wave, another frequency, no such resistor."""
    for draft in drafts.values():
        for role, place in draft.pin_places.items():
            bank = drafts.get(place.ref.bank)
            if bank is None or bank.spec is None or place.ref.line >= bank.spec.provides_pins:
                continue  # told already
            params = _whole_params(bank)
            if params is None:
                continue
            refusal = bank.spec.driver_class.check_pin_use(params, _use(draft, role))
            if refusal is not None:
                text, hint = refusal
                findings.add(
                    draft.pin_path(role),
                    f"names {place.ref}, which {text}",
                    hint,
                    code="wrong-pin",
                    related=[(bank.path, "declared here")],
                )


def _use(draft: DeviceDraft, role: str) -> PinUse:
    """Return what *draft* wants of its pin *role*."""
    assert draft.spec is not None, "a device without driver has no pins"
    place, params = draft.pin_places[role], _whole_params(draft)
    direction = draft.spec.pins[role].direction
    frequency_hz = None
    if direction == "pwm" and params is not None:
        frequency_hz = draft.spec.driver_class.planned_frequency_hz(role, params)
    pull = place.pull or draft.params.get("pull")
    return PinUse(place.ref.line, direction, pull, frequency_hz)


def _whole_params(draft: DeviceDraft) -> dict[str, Any] | None:
    """Return the parameters of the driver; None where one is wrong."""
    assert draft.spec is not None, "asked of devices with a driver"
    params = draft.params
    return params if params.keys() == draft.spec.params.keys() else None
