"""What a world file comes to: the models of a board, and what each is connected to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from wampedge_simulator.physics.model import Model
from wampedge_simulator.physics.points import Points
from wampedge_simulator.wiring import PinNote

__all__ = ["ModelPlan", "SensePlan", "WorldPlan"]


@dataclass(frozen=True, slots=True)
class SensePlan:
    """One channel that senses one output.

    Attributes:
        device: the device.
        channel: the channel, as its driver calls it.
        output: what the model gives.
        scale: an output times this, plus *offset*, is in the unit of the driver.
        offset: see *scale*.
        points: output to what the channel has, in place of *scale* and *offset*.
        noise: largest distance of the noise, in the unit of the driver; None: that of the sensor.
    """

    device: str
    channel: str
    output: str
    scale: float = 1.0
    offset: float = 0.0
    points: Points | None = None
    noise: float | None = None


@dataclass(frozen=True, slots=True)
class ModelPlan:
    """One model.

    Attributes:
        name: name of its table.
        kind: what it is.
        settings: its settings, converted, with every default filled in.
        drives: role to the device or model that drives it.
        contacts: key to the device it moves.
        senses: the channels that sense it.
    """

    name: str
    kind: type[Model]
    settings: Mapping[str, Any]
    drives: Mapping[str, str] = field(default_factory=dict)
    contacts: Mapping[str, str] = field(default_factory=dict)
    senses: tuple[SensePlan, ...] = ()


@dataclass(frozen=True, slots=True)
class WorldPlan:
    """The whole file.

    Attributes:
        models: in file order.
        pins: what is said of the pins of a device, or of an I2C bus, by its name.
    """

    models: tuple[ModelPlan, ...] = ()
    pins: Mapping[str, PinNote] = field(default_factory=dict)
