"""Choose what lies beneath the drivers: the hardware of this board, or the simulator."""

from __future__ import annotations

import asyncio
import importlib
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Literal, cast

from wampedge.config.model import SiteConfig
from wampedge.devices.contracts import Clock, Substrate, WiredDevice, Wiring
from wampedge.errors import HardwareError
from wampedge.records import Record

__all__ = [
    "Pace",
    "SimulationOptions",
    "SubstrateName",
    "choose_substrate",
    "pace_of",
    "rewired",
    "wiring_of",
]

SubstrateName = Literal["hardware", "simulator"]


class SimulationOptions(Record):
    """How a simulated node runs.

    Attributes:
        speed: seconds of the simulation in a real one; ``inf``: as many as the machine can.
        seed: makes the noise of what parts measure.
        prepare: given the simulated board before it starts, to put a world around it.
    """

    speed: float = 1.0
    seed: int = 0
    prepare: Callable[[Any], None] | None = None


class Pace(Record):
    """Time that passes at another pace than real time.

    Attributes:
        loop: the event loop on which it does.
        clock: the clock of node and board; begins at the real time.
        speed: how many seconds pass in a real one.
    """

    loop: asyncio.AbstractEventLoop
    clock: Clock
    speed: float


def pace_of(options: SimulationOptions) -> Pace | None:
    """Return the pace *options* ask for; None for real time. The caller closes the loop."""
    if options.speed == 1.0:
        return None
    loop = _of_simulator("pace").PacedClockLoop(options.speed)
    clock = _of_simulator("clock").SimulatedClock(loop, epoch_s=time.time())
    return Pace(loop, clock, options.speed)


def choose_substrate(
    config: SiteConfig,
    name: SubstrateName | None = None,
    *,
    options: SimulationOptions | None = None,
    pace: Pace | None = None,
) -> Substrate:
    """Return the substrate *name*, or the one that fits this machine.

    A machine with a device tree (every Raspberry Pi and its kin) is a board and gets its hardware.
    Any other machine gets the simulator; a PC with a GPIO header says ``--hardware``. *options* and
    *pace* are for a simulator.
    """
    from wampedge.hardware.board import Linux, is_board_present  # noqa: PLC0415 # start-up cost

    if name == "hardware" or (name is None and is_board_present()):
        return Linux()
    wanted = options or SimulationOptions()
    module, wiring = _of_simulator("substrate"), wiring_of(config)
    clock = pace.clock if pace is not None else None
    board = module.SimulatedSubstrate(wiring, seed=wanted.seed, clock=clock)
    if wanted.prepare is not None:
        wanted.prepare(board)
    return cast("Substrate", board)


def rewired(substrate: Substrate, config: SiteConfig) -> AbstractContextManager[None]:
    """Return what gives a simulated board the parts of *config*; nothing for any other substrate.

    Parts that are new are there for the block, and those that are no more are gone after it.
    Entering raises HardwareError where there is no model of a part.
    """
    changing = getattr(substrate, "changing", None)
    if changing is None:
        return nullcontext()
    return cast("AbstractContextManager[None]", changing(wiring_of(config)))


def wiring_of(config: SiteConfig) -> Wiring:
    """Return what *config* says is connected where."""
    return Wiring(
        i2c={b.name: b.path for b in config.buses.values() if b.type == "i2c" and not b.mux},
        mux={bus.name: bus.mux for bus in config.buses.values() if bus.mux is not None},
        spi={b.name: int(b.path[11:]) for b in config.buses.values() if b.type == "spi"},
        serial={bus.name: bus.serial for bus in config.buses.values() if bus.serial is not None},
        modbus={bus.name: bus.modbus for bus in config.buses.values() if bus.modbus is not None},
        devices=tuple(
            WiredDevice(
                name=device.name,
                # A foreign driver is simulated by the part of one of ours.
                driver=device.params.get("simulated_as") or device.driver.name,
                bus=device.bus,
                address=device.address,
                pins={role: (ref.bank, ref.line) for role, ref in device.pins.items()},
                params=device.params,
                channels=tuple(dict.fromkeys(c.source for c in device.channels.values())),
                spi=device.spi,
                rom_id=device.rom_id,
                unit_id=device.unit_id,
                channel_options={
                    c.source: {**c.options, "unit": c.unit} for c in device.channels.values()
                },
                local=device.driver
                if hasattr(device.driver.driver_class, "simulated_part")
                else None,
            )
            for device in config.devices.values()
        ),
    )


def _of_simulator(module: str) -> Any:
    """Import a module of the simulator; found by name, as the core never imports it."""
    try:
        return importlib.import_module(f"wampedge_simulator.{module}")
    except ImportError as error:
        raise HardwareError(
            f"the simulator is not installed, and this machine is no board: {error}"
        ) from error
