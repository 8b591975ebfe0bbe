"""Which output of a model a channel senses, and how the one becomes the number of the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from wampedge.devices.fields import FieldError
from wampedge.devices.spelling import nearest, one_of
from wampedge.devices.units import UnitError, conversion
from wampedge.simulation.world_devices import WorldDevice
from wampedge.simulation.world_fields import Sensed
from wampedge_simulator.physics.model import Model
from wampedge_simulator.physics.plan import SensePlan

__all__ = ["sense_plan"]


def sense_plan(sensed: Sensed, kind: type[Model], devices: Mapping[str, WorldDevice]) -> SensePlan:
    """Return what one entry of ``senses`` of a model of *kind* means.

    Raises:
        FieldError: there is no such channel, or it cannot sense what the model gives.
    """
    device = devices.get(sensed.device)
    if device is None:
        near = nearest(sensed.device, devices)
        hint = f"did you mean {one_of(near[:2])}?" if near else ""
        raise FieldError(f"names a device {sensed.device}, and there is none", hint)
    _check_channel(sensed, device)
    unit = device.senses[sensed.channel].spec.unit
    output = _output(sensed, kind, device)
    scale, offset = 1.0, 0.0
    if sensed.points is None and unit and kind.outputs[output].unit:
        scale, offset = conversion(kind.outputs[output].unit, unit)
    return SensePlan(
        sensed.device, sensed.channel, output, scale, offset, sensed.points, sensed.noise
    )


def _check_channel(sensed: Sensed, device: WorldDevice) -> None:
    name, channel = sensed.device, sensed.channel
    if channel in device.senses:
        return
    public = device.driver_name_by_public.get(channel)
    if public in device.senses:
        raise FieldError(
            f"names {channel}, and the driver calls it {public}", f'write "{name}.{public}"'
        )
    if device.is_actuator:
        raise FieldError(f"names {name}, which is an output", f'write driven_by = "{name}"')
    if device.moved_as is not None:
        raise FieldError(
            f"names {name}, which is a contact", "a model of flow, motor, door or person moves it"
        )
    known = list(device.senses)
    near = nearest(channel, known)
    hint = f"did you mean {one_of(near[:2])}?" if near else f"channels: {', '.join(known[:8])}"
    text = f"names a channel {channel}, and {name} senses no such number"
    raise FieldError(text, hint if known else f"a {device.config.driver.name} senses none")


def _output(sensed: Sensed, kind: type[Model], device: WorldDevice) -> str:
    """Return the output an entry means: the one it names, else the one that fits."""
    unit = device.senses[sensed.channel].spec.unit
    names = {sensed.channel, device.senses[sensed.channel].name}
    able = [o for o in kind.outputs if sensed.points is not None or _fits(kind, o, unit)]
    channel = f"{sensed.device}.{sensed.channel}"
    if sensed.output is not None:
        if sensed.output not in kind.outputs:
            near = nearest(sensed.output, kind.outputs, limit=1)
            hint = f'did you mean "{near[0]}"?' if near else f"it gives {', '.join(kind.outputs)}"
            raise FieldError(f"is no output of a {kind.kind} model", hint, ("output",))
        if sensed.output not in able:
            raise _misfit(kind, [sensed.output], sensed, device)
        return sensed.output
    named = [output for output in able if output in names]
    if len(named or able) == 1:
        return (named or able)[0]
    if not able:
        raise _misfit(kind, list(kind.outputs), sensed, device)
    hint = f'write {{ channel = "{channel}", output = "{able[0]}" }}'
    raise FieldError(f"could sense {one_of(able)} of the model", hint)


def _fits(kind: type[Model], output: str, unit: str) -> bool:
    """Say whether an output converts to *unit*; numbers without a unit fit anything."""
    own = kind.outputs[output].unit
    if not own or not unit:
        return own == unit or not unit
    try:
        conversion(own, unit)
    except UnitError:
        return False
    return True


def _misfit(
    kind: type[Model], outputs: Sequence[str], sensed: Sensed, device: WorldDevice
) -> FieldError:
    """Return what is wrong with a channel that is in another unit than any of *outputs*."""
    channel, unit = f"{sensed.device}.{sensed.channel}", device.senses[sensed.channel].spec.unit
    given = one_of([f"{each} ({kind.outputs[each].unit or 'no unit'})" for each in outputs], "and")
    others = [
        f"{device.name}.{name}"
        for name, other in device.senses.items()
        if any(_fits(kind, output, other.spec.unit) for output in outputs)
    ]
    example = f'{{ channel = "{channel}", output = "{outputs[0]}", points = [[0, 0], [100, 3.3]] }}'
    hint = f"write {one_of(others[:3])}" if others else f"write {example}"
    return FieldError(f"cannot be: the model gives {given}, and {channel} is in {unit}", hint)
