"""A driver on the simulated chip of its name: real transactions, no node around them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from tests.simulator.board import I2C_PATH, board, chip
from tests.support.driving import RecordedContext, driver_of
from wampedge.devices.driver import Driver, spec_of
from wampedge.hardware.i2c import SmbusI2cBus
from wampedge_simulator.clock import SimulatedClock
from wampedge_simulator.substrate import SimulatedSubstrate

__all__ = ["on_chip"]

AnyDriver = TypeVar("AnyDriver", bound=Driver)


@contextmanager
def on_chip(
    driver: type[AnyDriver], *, context: RecordedContext | None = None, **params: Any
) -> Iterator[tuple[AnyDriver, Any, SimulatedSubstrate]]:
    """A driver, its simulated part and the board, in virtual time; the device is ``part``."""
    spec = spec_of(driver)
    made = driver_of(driver, context=context or RecordedContext(), **params)
    wanted = {name: getattr(made, name) for name in spec.params}
    wired = chip(spec.name, spec.addresses[0], "part", **wanted)
    with board(wired, clock=SimulatedClock()) as substrate:
        bus = SmbusI2cBus(I2C_PATH)
        bus.open()
        try:
            yield (
                driver_of(driver, context=context or RecordedContext(), bus=bus, **params),
                substrate.part("part"),
                substrate,
            )
        finally:
            bus.close()
