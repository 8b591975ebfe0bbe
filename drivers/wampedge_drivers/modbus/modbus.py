"""Any Modbus unit, without code: the device file says what its registers are.

Chip: none; whatever answers functions 1 to 6, 15 and 16 on a Modbus line (RTU) or connection (TCP).
Addresses are counted from 0, as they go over the wire: what a manual calls 30001 is input 0x0000,
and 40001 is holding 0x0000. Registers near each other are read with one request.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from wampedge.devices.driver import ChannelSpec, param
from wampedge.devices.fields import Integer
from wampedge.devices.modbus.driver import DEADLINE_S, USUAL_HOLE, RegisterDriver
from wampedge.devices.modbus.keys import ORDER, REGISTER_KEYS
from wampedge.devices.modbus.pdu import MAX_REGISTERS
from wampedge.devices.modbus.registers import Register, register_of

__all__ = ["Modbus"]


class Modbus(
    RegisterDriver,
    bus="modbus",
    title="Any Modbus unit, by its registers",
    open_channels=True,
    channel_fields=REGISTER_KEYS,
    deadline_s=DEADLINE_S,
):
    """Reads and writes the registers that the channels of the device name."""

    byte_order: str = param(ORDER, "ABCD", doc="order of the bytes of all values")
    max_count: int = param(
        Integer(1, MAX_REGISTERS), MAX_REGISTERS, doc="registers the unit gives at once"
    )
    max_hole: int = param(
        Integer(0, 64),
        USUAL_HOLE,
        doc="so many registers between two channels are read along with them",
    )

    _registers: Mapping[str, Register] | None = None

    @classmethod
    def channels_for(
        cls, params: Mapping[str, Any], channels: Mapping[str, Mapping[str, Any]]
    ) -> Mapping[str, ChannelSpec]:
        """Return a channel for each one the device file names."""
        return {name: each.channel() for name, each in _registers(params, channels).items()}

    @classmethod
    def check_params(
        cls, params: Mapping[str, Any], channels: Mapping[str, Mapping[str, Any]]
    ) -> list[tuple[Sequence[str], str]]:
        """Return the channels whose keys do not go together."""
        mistakes: list[tuple[Sequence[str], str]] = []
        for name, table in channels.items():
            try:
                register = register_of(name, table, params["byte_order"])
            except ValueError as error:
                mistakes.append((("channels", name), str(error)))
                continue
            if not register.is_bit_table and register.count > params["max_count"]:
                text = f"takes {register.count} registers, max_count is {params['max_count']}"
                mistakes.append((("channels", name), text))
        return mistakes

    @property
    def registers(self) -> Mapping[str, Register]:
        """What is read and written, by channel."""
        if self._registers is None:
            self._registers = _registers({"byte_order": self.byte_order}, self.channel_options)
        return self._registers


def _registers(
    params: Mapping[str, Any], channels: Mapping[str, Mapping[str, Any]]
) -> dict[str, Register]:
    order = params["byte_order"]
    return {name: register_of(name, table, order) for name, table in channels.items()}
