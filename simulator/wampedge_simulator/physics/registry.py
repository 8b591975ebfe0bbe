"""Every kind of model, by the name world files have for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from wampedge_simulator.physics.battery import Battery
from wampedge_simulator.physics.door import Door
from wampedge_simulator.physics.flow import Flow
from wampedge_simulator.physics.humidity import RoomHumidity
from wampedge_simulator.physics.light import DayLight
from wampedge_simulator.physics.model import Model
from wampedge_simulator.physics.motor import Motor
from wampedge_simulator.physics.person import Person
from wampedge_simulator.physics.tank import Tank
from wampedge_simulator.physics.thermal import ThermalRoom

__all__ = ["MODELS"]

_KINDS: Final[tuple[type[Model], ...]] = (
    ThermalRoom,
    RoomHumidity,
    DayLight,
    Tank,
    Flow,
    Battery,
    Motor,
    Door,
    Person,
)
MODELS: Final[Mapping[str, type[Model]]] = {kind.kind: kind for kind in _KINDS}
