"""Puts the I2C buses of a simulated board into the kernel, one adapter each.

Always a process of its own: a C library that waits for the kernel keeps Python's lock, while the
kernel waits for our answer.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from wampedge.devices.contracts import WiredDevice, Wiring
from wampedge.errors import HardwareError
from wampedge_simulator.generated.chip import GeneratedPart
from wampedge_simulator.kernel.cp2112 import PRODUCT_ID, VENDOR_ID, Cp2112, report_descriptor
from wampedge_simulator.kernel.uhid import UhidDevice
from wampedge_simulator.substrate import SimulatedSubstrate
from wampedge_simulator.transactions import OnTransaction

__all__ = ["KernelBridge"]

_HID_DEVICES: Final = Path("/sys/bus/hid/devices")
_PATIENCE_S: Final = 5.0
_LOOK_S: Final = 0.01
_SETTLE_S: Final = 0.03


class KernelBridge:
    """Simulated chips behind real ``/dev/i2c-N``; for one event loop, which must not be blocked.

    Args:
        devices: the chips; each has a bus, whose name is any, and an address. A bus named as
            ``hub:3`` is that behind channel 3 of the multiplexer ``hub``.
        seed: makes the noise of what they measure.
    """

    def __init__(self, devices: Sequence[WiredDevice], *, seed: int = 0) -> None:
        names = sorted({device.bus for device in devices if device.bus is not None})
        wiring = Wiring(
            i2c={name: f"bridge:{name}" for name in names if ":" not in name},
            mux={name: _channel(name) for name in names if ":" in name},
            devices=tuple(devices),
        )
        self._board = SimulatedSubstrate(wiring, seed=seed)
        self._plugged: dict[str, UhidDevice] = {}
        self._names = [device.name for device in devices]

    async def open(self, on_transaction: OnTransaction | None = None) -> Mapping[str, str]:
        """Plug the adapters in; returns bus name to its device node, such as ``/dev/i2c-3``.

        Args:
            on_transaction: told of every transfer.

        Raises:
            HardwareError: a chip has no model, or the kernel does not make an I2C bus.
        """
        self._board.start()
        for name in self._names:
            part = self._board.part(name)
            if isinstance(part, GeneratedPart):
                part.start_measuring()
        if on_transaction is not None:
            self._board.tap(on_transaction)
        for bus in self._board.i2c_buses:
            name = bus.path.removeprefix("bridge:")
            self._plugged[name] = UhidDevice(
                Cp2112(bus, self._board.bench.clock.spend),
                report_descriptor(),
                ids=(VENDOR_ID, PRODUCT_ID),
                serial=f"wampedge-{os.getpid()}-{name}"[:63],
            )
            self._plugged[name].plug()
        return {name: await _node_of(device.serial) for name, device in self._plugged.items()}

    def close(self) -> None:
        """Unplug the adapters; blocks until nobody has their nodes open."""
        for device in self._plugged.values():
            device.unplug()
        self._plugged.clear()
        self._board.stop()

    def order(self, verb: str, arguments: Sequence[Any]) -> Any:
        """Do one thing to the board, or look at it; returns what is seen.

        Args:
            verb: a method of `SimulatedSubstrate`: ``set``, ``release``, ``fault``, ``clear``,
                ``shown``, ``pin_level``; or ``drive``, which lets a line outside of a bank be held
                at a level, or let go of with None.
            arguments: those of the method; a bank, a line and a level for ``drive``.

        Raises:
            InvalidValueError: there is no such device, channel, value, fault or line.
            ValueError: *verb* is none of these, or the arguments are too few or too many.
        """
        verbs: dict[str, Callable[..., Any]] = {
            "set": self._board.set,
            "release": self._board.release,
            "fault": self._board.fault,
            "clear": self._board.clear,
            "shown": self._board.shown,
            "pin_level": self._board.pin_level,
            "drive": self._drive,
        }
        if verb not in verbs:
            raise ValueError(f"verb must be one of {', '.join(verbs)}, got {verb!r}")
        try:
            return verbs[verb](*arguments)
        except TypeError as error:
            raise ValueError(str(error)) from error

    def _drive(self, bank: str, line: int, level: bool | None) -> None:
        net = self._board.net(bank, line)
        with self._board.bench.lock:
            net.drive("bench", level)


def _channel(bus: str) -> tuple[str, int]:
    """Return multiplexer and channel of a bus behind one."""
    mux, _, channel = bus.partition(":")
    return mux, int(channel)


async def _node_of(serial: str) -> str:
    """Return the I2C node of the adapter with *serial*, once its driver is ready for transfers."""
    for _ in range(round(_PATIENCE_S / _LOOK_S)):
        for device in _HID_DEVICES.glob("*"):
            is_ours = f"HID_UNIQ={serial}\n" in (device / "uevent").read_text()
            # The last thing the driver makes; it hears our answers when it has returned.
            if is_ours and (device / "release_version").exists():
                await asyncio.sleep(_SETTLE_S)
                return f"/dev/{next(device.glob('i2c-*')).name}"
        await asyncio.sleep(_LOOK_S)
    raise HardwareError("the kernel made no I2C bus of the adapter: `modprobe hid-cp2112`")
