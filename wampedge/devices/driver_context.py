"""What the runtime gives to a driver instance."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from wampedge.devices.contracts import Clock
from wampedge.devices.kept import Kept
from wampedge.devices.output_policy import OutputGuard
from wampedge.devices.values import Value

if TYPE_CHECKING:
    from wampedge.devices.peers import Peer

__all__ = ["DriverContext"]


class DriverContext(Protocol):
    """What the runtime gives to a driver instance."""

    name: str
    clock: Clock

    @property
    def kept(self) -> Kept:
        """The values the device keeps when the node ends."""
        ...

    @property
    def guard(self) -> OutputGuard:
        """What stands before the output of the device; a free one where it has no policy."""
        ...

    def peer(self, name: str) -> Peer:
        """Return another device, which a parameter of kind ``DeviceName`` names."""
        ...

    def sleep(self, seconds: float) -> Awaitable[None]:
        """Wait on the node's clock (the virtual one in simulation)."""
        ...

    def thread(self, function: Callable[..., Any], *args: Any) -> Awaitable[Any]:
        """Run *function*, which may block, off the event loop."""
        ...

    def emit(self, event: str, **details: Value) -> None:
        """Publish a momentary event and what rides with it."""
        ...

    def publish(self, values: Mapping[str, Value]) -> None:
        """Publish values that arrived by themselves (edges, serial lines)."""
        ...

    def bad(self, channels: Sequence[str], reason: str) -> None:
        """Publish that *channels* have no good value now, and why."""
        ...

    def on_loop(self, callback: Callable[..., None], *args: Any) -> None:
        """Call *callback* on the event loop soon; may be used from a unit on a bus worker."""
        ...

    def later(self, seconds: float, action: Callable[[], Awaitable[None]]) -> Callable[[], None]:
        """Run *action* on the device in so many seconds; return a function that cancels it."""
        ...

    def run_unit(self, unit: Callable[[], Awaitable[Any]]) -> Awaitable[Any]:
        """Run *unit* as one unit on the worker of the device's bus and await its result."""
        ...
