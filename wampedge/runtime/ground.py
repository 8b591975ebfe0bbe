"""Choose what lies beneath the drivers: the hardware of this board, or the simulator."""

from __future__ import annotations

import importlib
from typing import Any, Literal, cast

from wampedge.config.model import SiteConfig
from wampedge.devices.contracts import Substrate, WiredDevice, Wiring
from wampedge.errors import HardwareError

__all__ = ["SubstrateName", "choose_substrate", "wiring_of"]

SubstrateName = Literal["hardware", "simulator"]


def choose_substrate(config: SiteConfig, name: SubstrateName | None = None) -> Substrate:
    """Return the substrate *name*, or the one that fits this machine.

    A machine with a device tree (every Raspberry Pi and its kin) is a board and gets its hardware.
    Any other machine gets the simulator; a PC with a GPIO header says ``--hardware``.
    """
    from wampedge.hardware.board import Linux, is_board_present  # noqa: PLC0415 # start-up cost

    if name == "hardware" or (name is None and is_board_present()):
        return Linux()
    return _simulator(wiring_of(config))


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


def _simulator(wiring: Wiring) -> Substrate:
    """Return a simulator wired as *wiring* says; found by name, as the core never imports it."""
    try:
        simulator: Any = importlib.import_module("wampedge_simulator.substrate")
    except ImportError as error:
        raise HardwareError(
            f"the simulator is not installed, and this machine is no board: {error}"
        ) from error
    return cast("Substrate", simulator.SimulatedSubstrate(wiring))
