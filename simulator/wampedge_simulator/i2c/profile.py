"""What tells one I2C adapter from another: its abilities and the error numbers it answers with."""

from __future__ import annotations

import errno
from dataclasses import dataclass

__all__ = ["BCM2835", "AdapterProfile"]

_FUNC_I2C = 0x0000_0001
_FUNC_SMBUS_EMUL = 0x0EFF_0008
"""Every SMBus call a plain I2C adapter can do: all but block reads and block process calls."""


@dataclass(frozen=True, slots=True)
class AdapterProfile:
    """One kind of adapter.

    Attributes:
        name: name of its kernel driver.
        functions: what ``I2C_FUNCS`` answers.
        reads_last_only: only the last message of a transaction may be a read.
        nack: error number when a part does not acknowledge.
        stuck: error number when a line of the bus is held low.
        timeout: error number when the transaction does not end.
        clock_hz: speed of the bus, which says how long a transfer lasts in virtual time.
    """

    name: str
    functions: int
    reads_last_only: bool
    nack: int
    stuck: int
    timeout: int
    clock_hz: int = 100_000


BCM2835 = AdapterProfile(
    name="bcm2835",
    functions=_FUNC_I2C | _FUNC_SMBUS_EMUL,
    reads_last_only=True,
    nack=errno.EREMOTEIO,
    stuck=errno.EIO,
    timeout=errno.ETIMEDOUT,
)
"""Raspberry Pi Zero to 4, as in ``drivers/i2c/busses/i2c-bcm2835.c``."""
