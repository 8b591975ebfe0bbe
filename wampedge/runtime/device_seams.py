"""What the runner of a device needs of the node: a place to run, and somebody who listens."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from wampedge.config.model import ChannelConfig
from wampedge.devices.contracts import Clock
from wampedge.devices.driver import Driver
from wampedge.devices.kept import Kept
from wampedge.devices.peers import Peer
from wampedge.devices.readings import Reading
from wampedge.devices.values import Value
from wampedge.errors import DeviceError
from wampedge.runtime.execution import Execution
from wampedge.runtime.outputs.guard import DeviceGuard

if TYPE_CHECKING:
    from wampedge.runtime.device import DeviceRunner

__all__ = ["DeviceWatcher", "Mounting"]


class DeviceWatcher(Protocol):
    """Hears what a device has to say; the bindings turn it into events."""

    def on_reading(self, device: DeviceRunner, channel: ChannelConfig, reading: Reading) -> None:
        """Take a new reading."""
        ...

    def on_event(self, device: DeviceRunner, event: str, details: Mapping[str, Value]) -> None:
        """Take a momentary event and what rides with it."""
        ...

    def on_status(self, device: DeviceRunner) -> None:
        """Take the news that the state of the device changed."""
        ...


class Mounting(Protocol):
    """Where a device sits: opens its pins and its bus, and says where its code runs."""

    @property
    def clock(self) -> Clock:
        """The node's clock."""
        ...

    @property
    def execution(self) -> Execution:
        """Where the code of the device runs."""
        ...

    @property
    def guard(self) -> DeviceGuard | None:
        """What stands before the output of the device; None where it has none."""
        ...

    async def let_in(self, order: Callable[[], Awaitable[Any]]) -> Any:
        """Await *order*, which moves the output; make room for it where an interlock does that.

        Raises:
            DeviceError: whatever went wrong, or forbids it.
        """
        ...

    def was_set_up(self) -> None:
        """Note that the driver was set up; may be called in a unit."""
        ...

    def begin_as(self, before: Driver) -> None:
        """Note that the driver took over from *before*, so that it begins with its state."""
        ...

    def peer(self, name: str) -> Peer:
        """Return another device of the node."""
        ...

    @property
    def kept(self) -> Kept:
        """What the device keeps when the node ends."""
        ...

    @property
    def last(self) -> Mapping[str, Reading]:
        """What was known before the restart: stale readings, by channel."""
        ...

    async def mount(
        self,
        driver: Driver,
        on_lost: Callable[[Exception], None],
        on_failure: Callable[[DeviceError], None],
    ) -> bool:
        """Open what is not open yet and hand it to *driver*; raises DeviceError.

        Args:
            driver: gets pins and bus as attributes.
            on_lost: told when the port of the device is gone.
            on_failure: told when the driver fails while it takes an edge or bytes.

        Returns:
            Whether something was opened, so that the driver has to set it up.
        """
        ...

    @property
    def is_open(self) -> bool:
        """Whether anything is open."""
        ...

    async def seal(self) -> None:
        """Open nothing from now on; what is being opened now is open when this returns."""
        ...

    async def unmount(self) -> None:
        """Close pins and bus of the device."""
        ...
