"""Devices that use other devices: how the device file names them, and what a driver sees of one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Protocol

from wampedge.devices.fields import NAME_PATTERN, Field, FieldError, shown
from wampedge.devices.values import Value

if TYPE_CHECKING:
    from wampedge.devices.driver import DriverSpec

__all__ = ["DeviceName", "Peer", "references_of"]


class DeviceName(Field):
    """The name of another device of the file.

    Attributes:
        commands: what that device must be able to do.
        readings: channels it must have, and the unit of each.
        may_be_named_twice: another key may name the same device.
    """

    commands: Sequence[str] = ()
    readings: Mapping[str, str] = MappingProxyType({})
    may_be_named_twice: bool = False

    def convert(self, value: Any) -> str:
        """Return the name; raises FieldError. Whether there is such a device is checked later."""
        if not isinstance(value, str) or not value:
            raise FieldError(f"must be the name of a device, got {shown(value)}")
        return value

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of a name."""
        return {"type": "string", "pattern": f"^{NAME_PATTERN}$"}


class Peer(Protocol):
    """Another device, as a driver sees it; orders to it obey its output policy."""

    name: str

    async def call(self, command: str, *arguments: Any) -> Any:
        """Run a command of the device; raises DeviceError."""
        ...

    def value(self, channel: str) -> Value:
        """Return the newest good value of a channel; None where there is none."""
        ...

    def watch(self, channel: str, on_value: Callable[[Value], None]) -> Callable[[], None]:
        """Call *on_value* at each reading of *channel*; return a function that ends it."""
        ...


def references_of(spec: DriverSpec, params: Mapping[str, Any]) -> dict[str, str]:
    """Return the devices a device names: parameter to name."""
    return {
        key: params[key]
        for key, field in spec.params.items()
        if isinstance(field, DeviceName) and isinstance(params.get(key), str)
    }
