"""What the devices of a device file can do in a world: drive, be moved, sense."""

from __future__ import annotations

from collections.abc import Mapping

from wampedge.config.model import ChannelConfig, DeviceConfig, SiteConfig
from wampedge.devices.fields import Integer, Number
from wampedge.records import Record
from wampedge.runtime.ground import wiring_of
from wampedge_simulator.catalog import find_local_part, find_part
from wampedge_simulator.gpio.button import Button
from wampedge_simulator.gpio.quadrature import Encoder
from wampedge_simulator.part import Part

__all__ = ["WorldDevice", "devices_of"]


class WorldDevice(Record):
    """One device and its part.

    Attributes:
        config: what the device file says.
        part: its simulated part; None where there is none, which the start tells.
    """

    config: DeviceConfig
    part: type[Part] | None

    @property
    def name(self) -> str:
        """Its name."""
        return self.config.name

    @property
    def is_actuator(self) -> bool:
        """Whether it can drive a model."""
        return self.part is not None and self.part.is_actuator

    @property
    def moved_as(self) -> str | None:
        """What a model can move of it: ``button``, ``encoder`` or nothing."""
        if self.part is None:
            return None
        kinds: dict[str, type] = {"button": Button, "encoder": Encoder}
        return next((name for name, kind in kinds.items() if issubclass(self.part, kind)), None)

    @property
    def senses(self) -> Mapping[str, ChannelConfig]:
        """Its channels that can sense a number, by the name the driver has for them."""
        if self.is_actuator or self.moved_as is not None:
            return {}
        known = self.part.quantities if self.part is not None else {}
        return {
            channel.source: channel
            for channel in self.config.channels.values()
            if isinstance(channel.spec.field, Number | Integer)
            and (not known or channel.source in known)
        }

    @property
    def driver_name_by_public(self) -> Mapping[str, str]:
        """Names of channels in URIs to those the driver has."""
        return {channel.name: channel.source for channel in self.config.channels.values()}


def devices_of(config: SiteConfig) -> dict[str, WorldDevice]:
    """Return the devices of a device file with their parts."""
    return {
        wired.name: WorldDevice(
            config.devices[wired.name],
            find_local_part(wired.local) if wired.local else find_part(wired.driver),
        )
        for wired in wiring_of(config).devices
    }
