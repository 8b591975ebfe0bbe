"""The keys of a register, in the channels of a device file and in a register file of a part."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from wampedge.devices.fields import Boolean, Choice, Duration, Field, Integer, ListOf, Number
from wampedge.devices.modbus.registers import ORDERS, TYPES

__all__ = ["MAX_UNIT_ID", "ORDER", "REGISTER_KEYS"]

MAX_UNIT_ID: Final = 255
"""Units are 1 to 247; some parts answer to 248, and gateways to 255, whatever they are set to."""

_ADDRESS: Final = Integer(0, 0xFFFF, default=None)
ORDER: Final = Choice(ORDERS, default=None, doc="order of the bytes of a value")
REGISTER_KEYS: Final[Mapping[str, Field]] = {
    "input": _ADDRESS.but(doc="its first input register, counted from 0 (function 4)"),
    "holding": _ADDRESS.but(doc="its first holding register, counted from 0 (functions 3, 6, 16)"),
    "coil": _ADDRESS.but(doc="the coil, counted from 0 (functions 1, 5)"),
    "discrete": _ADDRESS.but(doc="the discrete input, counted from 0 (function 2)"),
    "type": Choice(TYPES, default=None, doc='what the words mean; "u16" when left out'),
    "byte_order": ORDER,
    "scale": Number(default=1, doc="factor from the raw number to the value"),
    "offset": Number(default=0, doc="added after that"),
    "invalid": ListOf(Integer(0), 0, 16, default=(), doc="raw words that are no measurement"),
    "size": Integer(1, 60, default=8, doc="registers of a text"),
    "bit": Integer(0, 15, default=0, doc="which bit of the register a bit is; 0 is the lowest"),
    "write": Boolean(default=False, doc="let it be set"),
    "total": Boolean(default=False, doc="it only grows: one that falls is read twice first"),
    "every": Duration(0.01, 86_400.0, default=None, doc="read it at most this often"),
}
