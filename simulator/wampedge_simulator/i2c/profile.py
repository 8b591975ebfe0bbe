"""What tells one I2C adapter from another: its abilities and the error numbers it answers with.

Each profile follows the driver of the kernel it is named after. Where a driver cannot notice a
fault, its profile says that too: code that works on one adapter may then read zeros on the other.
"""

from __future__ import annotations

import errno
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

__all__ = ["ADAPTERS", "BCM2835", "I2C_GPIO", "I2C_STUB", "RP1", "AdapterProfile"]

_FUNC_I2C = 0x0000_0001
_FUNC_10BIT = 0x0000_0002
_FUNC_MANGLING = 0x0000_0004
_FUNC_NOSTART = 0x0000_0010
_FUNC_BLOCK_PROC_CALL = 0x0000_8000
_FUNC_QUICK = 0x0001_0000
_FUNC_BYTE = 0x0006_0000
_FUNC_BYTE_DATA = 0x0018_0000
_FUNC_WORD_DATA = 0x0060_0000
_FUNC_READ_BLOCK = 0x0100_0000
_FUNC_BLOCK = 0x0300_0000
_FUNC_I2C_BLOCK = 0x0C00_0000
_FUNC_SMBUS_EMUL = 0x0EFF_0008
"""Every SMBus call a plain I2C adapter can do: all but block reads and block process calls."""


@dataclass(frozen=True, slots=True)
class AdapterProfile:
    """One kind of adapter.

    Attributes:
        name: name of its kernel driver.
        functions: what ``I2C_FUNCS`` answers.
        nack: error number when a part does not acknowledge its address.
        nack_data: error number when it does not acknowledge a byte.
        stuck: error number when a line of the bus is held low.
        timeout: error number when the transaction does not end.
        reads_last_only: only the last message of a transaction may be a read.
        refuses_empty: messages without a byte are refused, and so is the SMBus quick call.
        sees_held_sda: SDA that is held low is an error; else it reads as acknowledge and zeros.
        clock_hz: speed of the bus, which says how long a transfer lasts in virtual time; None: it
            takes none.
    """

    name: str
    functions: int
    nack: int
    nack_data: int
    stuck: int
    timeout: int = errno.ETIMEDOUT
    reads_last_only: bool = False
    refuses_empty: bool = False
    sees_held_sda: bool = True
    clock_hz: int | None = 100_000

    @property
    def has_messages(self) -> bool:
        """Whether it carries I2C messages (``I2C_RDWR``), and not SMBus calls only."""
        return bool(self.functions & _FUNC_I2C)

    @property
    def reads_blocks(self) -> bool:
        """Whether a part may say how many bytes it sends (SMBus block read)."""
        return bool(self.functions & _FUNC_READ_BLOCK)


BCM2835: Final = AdapterProfile(
    name="bcm2835",
    functions=_FUNC_I2C | _FUNC_SMBUS_EMUL,
    nack=errno.EREMOTEIO,
    nack_data=errno.EREMOTEIO,
    stuck=errno.EIO,
    reads_last_only=True,
)
"""Raspberry Pi Zero to 4, as in ``drivers/i2c/busses/i2c-bcm2835.c``."""

RP1: Final = AdapterProfile(
    name="rp1",
    functions=(
        _FUNC_I2C
        | _FUNC_10BIT
        | _FUNC_BYTE
        | _FUNC_BYTE_DATA
        | _FUNC_WORD_DATA
        | _FUNC_BLOCK
        | _FUNC_I2C_BLOCK
    ),
    nack=errno.EREMOTEIO,
    nack_data=errno.EREMOTEIO,
    stuck=errno.ETIMEDOUT,
    refuses_empty=True,
)
"""Raspberry Pi 5: a DesignWare core, as in ``drivers/i2c/busses/i2c-designware-master.c``."""

I2C_GPIO: Final = AdapterProfile(
    name="i2c-gpio",
    functions=(
        _FUNC_I2C
        | _FUNC_10BIT
        | _FUNC_MANGLING
        | _FUNC_NOSTART
        | _FUNC_SMBUS_EMUL
        | _FUNC_READ_BLOCK
        | _FUNC_BLOCK_PROC_CALL
    ),
    nack=errno.ENXIO,
    nack_data=errno.EIO,
    stuck=errno.ENXIO,  # the address phase turns the time-out of the clock line into this
    sees_held_sda=False,
)
"""Two pins moved by software (overlay i2c-gpio), as in ``drivers/i2c/algos/i2c-algo-bit.c``."""

I2C_STUB: Final = AdapterProfile(
    name="i2c-stub",
    functions=_FUNC_QUICK | _FUNC_BYTE | _FUNC_BYTE_DATA | _FUNC_WORD_DATA | _FUNC_I2C_BLOCK,
    nack=errno.ENODEV,
    nack_data=errno.ENODEV,
    stuck=errno.ENODEV,
    timeout=errno.ENODEV,
    clock_hz=None,
)
"""The emulator of the kernel, ``drivers/i2c/i2c-stub.c``: SMBus calls only, and no wire."""

ADAPTERS: Final[Mapping[str, AdapterProfile]] = {
    profile.name: profile for profile in (BCM2835, RP1, I2C_GPIO, I2C_STUB)
}
"""Every profile, by name."""
