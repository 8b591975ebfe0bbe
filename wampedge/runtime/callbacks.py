"""Inputs and ports whose callbacks into a driver cannot hurt anybody else.

A driver hears of edges and bytes in callbacks of the event loop, outside of any unit. What it
raises there would be logged at every edge and forgotten, and ``sys.exit`` would end the loop.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from wampedge.devices.contracts import InputPin, OnBytes, OnEdge, OnLost, SerialPort
from wampedge.errors import BusError, DeviceError
from wampedge.runtime.patience import LoopPatience

__all__ = ["ContainedInput", "ContainedPort"]

log = logging.getLogger(__name__)

OnFailure = Callable[[DeviceError], None]


class ContainedInput:
    """Implements ``InputPin`` around the pin of a bank.

    Args:
        pin: the pin.
        on_failure: told what the driver did wrong at an edge.
        patience: times what the driver does, where somebody does.
    """

    def __init__(
        self, pin: InputPin, on_failure: OnFailure, patience: LoopPatience | None = None
    ) -> None:
        self.name = pin.name
        self._patience = patience
        self._pin = pin
        self._on_failure = on_failure

    @property
    def lost_edges(self) -> int:
        """How many edges are known not to have been told."""
        return self._pin.lost_edges

    async def read(self) -> bool:
        """Read the line; raises DeviceError."""
        return await self._pin.read()

    def watch(self, on_edge: OnEdge | None) -> None:
        """Call *on_edge* at each edge from now on; None ends it."""
        if on_edge is None:
            self._pin.watch(None)
            return
        wanted = on_edge

        def contained(level: bool, at_ns: int) -> None:
            _call(self._on_failure, self._patience, wanted, level, at_ns)

        self._pin.watch(contained)

    async def close(self) -> None:
        """Release the line."""
        await self._pin.close()


class ContainedPort:
    """Implements ``SerialPort``; its loss is told to the runner whatever the driver does with it.

    Args:
        port: the open port.
        on_lost: the runner; told after the driver.
        on_failure: told what the driver did wrong with bytes.
        patience: times what the driver does, where somebody does.
    """

    def __init__(
        self,
        port: SerialPort,
        on_lost: OnLost,
        on_failure: OnFailure,
        patience: LoopPatience | None = None,
    ) -> None:
        self._patience = patience
        self.name = port.name
        self.is_lost = False
        self._port = port
        self._on_lost = on_lost
        self._on_failure = on_failure

    def listen(self, on_bytes: OnBytes, on_lost: OnLost) -> None:
        """Hand arriving bytes to *on_bytes*; tell runner and driver when the port is gone."""

        def take(data: bytes) -> None:
            _call(self._on_failure, self._patience, on_bytes, data)

        def lose(error: Exception) -> None:
            self.is_lost = True
            self._port.close()
            _call(self._on_failure, self._patience, on_lost, error)
            self._on_lost(error)

        self._port.listen(take, lose)

    async def write(self, data: bytes) -> None:
        """Send *data*; raises BusError."""
        if self.is_lost:
            raise BusError(f"{self.name} is gone")
        await self._port.write(data)

    def close(self) -> None:
        """Close the port."""
        self._port.close()


def _call(
    on_failure: OnFailure,
    patience: LoopPatience | None,
    callback: Callable[..., Any],
    *args: Any,
) -> None:
    """Call *callback*; whatever it raises becomes a failure of its device."""
    try:
        if patience is None:
            callback(*args)
        else:
            patience.call(callback, *args)
    except DeviceError as error:
        on_failure(error)
    except BaseException as error:  # outermost edge of foreign code, which may call sys.exit
        log.exception("a driver failed in an unforeseen way")
        on_failure(DeviceError(f"the driver failed: {type(error).__name__}: {str(error)[:200]}"))
