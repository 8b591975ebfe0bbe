"""SMBus calls that go as well or as badly at the kernel's ``i2c-stub`` as at our profile of it.

The emulator stores what is written to its registers and knows no chip. At an MCP23017 the registers
used here (its polarity, interrupt and default registers) do the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from smbus2 import SMBus, i2c_msg

from wampedge.errors import BusError
from wampedge.hardware.i2c import SmbusI2cBus

__all__ = ["ADDRESS", "exchange", "exchange_blocks", "refusal"]

ADDRESS = 0x20
_NOBODY = 0x33
_POLARITY, _DEFAULTS, _CONTROL = 0x02, 0x06, 0x08


def exchange(number: int) -> dict[str, Any]:
    """Use every kind of call on bus *number*; returns what each gave or its error, by name."""
    with SMBus(number) as bus:
        found = {name: _outcome(call, bus) for name, call in _CALLS.items()}
        return {**found, "functions": int(bus.funcs)}


def exchange_blocks(number: int) -> list[Any]:
    """Write a block with its length and read it: calls that the emulator does not announce."""
    with SMBus(number) as bus:
        return [
            _outcome(lambda bus: bus.write_block_data(ADDRESS, _CONTROL, [7, 8, 9]), bus),
            _outcome(lambda bus: bus.read_block_data(ADDRESS, _CONTROL), bus),
        ]


def refusal(path: str) -> str:
    """Return what the node says of a bus that carries no messages."""
    bus = SmbusI2cBus(path)
    try:
        bus.transfer(ADDRESS, [bytes([_POLARITY]), 1])
    except BusError as error:
        return str(error).replace(path, "the bus")
    finally:
        bus.close()
    return ""


def _outcome(call: Callable[[SMBus], Any], bus: SMBus) -> Any:
    try:
        return call(bus)
    except OSError as error:
        return f"errno {error.errno}"


_CALLS: Mapping[str, Callable[[SMBus], Any]] = {
    "quick call": lambda bus: bus.write_quick(ADDRESS),
    "quick call to nobody": lambda bus: bus.write_quick(_NOBODY),
    "write a byte to a register": lambda bus: bus.write_byte_data(ADDRESS, _POLARITY, 0x5A),
    "read it back": lambda bus: bus.read_byte_data(ADDRESS, _POLARITY),
    "write a word": lambda bus: bus.write_word_data(ADDRESS, _DEFAULTS, 0xA55A),
    "read the word": lambda bus: bus.read_word_data(ADDRESS, _DEFAULTS),
    "read its first byte": lambda bus: bus.read_byte_data(ADDRESS, _DEFAULTS),
    "write a block": lambda bus: bus.write_i2c_block_data(ADDRESS, _POLARITY, [1, 2, 3, 4]),
    "read the block": lambda bus: bus.read_i2c_block_data(ADDRESS, _POLARITY, 4),
    "write the pointer": lambda bus: bus.write_byte(ADDRESS, _POLARITY),
    "read where it points": lambda bus: bus.read_byte(ADDRESS),
    "read what is next": lambda bus: bus.read_byte(ADDRESS),
    "write a block of nothing": lambda bus: bus.write_i2c_block_data(ADDRESS, _CONTROL, []),
    "read a block of nothing": lambda bus: bus.read_i2c_block_data(ADDRESS, _CONTROL, 0),
    "write an empty block with its length": lambda bus: bus.write_block_data(ADDRESS, 9, []),
    "read a byte from nobody": lambda bus: bus.read_byte(_NOBODY),
    "read a register of nobody": lambda bus: bus.read_byte_data(_NOBODY, 0),
    "write a word to nobody": lambda bus: bus.write_word_data(_NOBODY, 0, 1),
    "read a block from nobody": lambda bus: bus.read_i2c_block_data(_NOBODY, 0, 2),
    "process call": lambda bus: bus.process_call(ADDRESS, _DEFAULTS, 1),
    "block of the part's own length": lambda bus: bus.read_block_data(ADDRESS, _DEFAULTS),
    "messages": lambda bus: bus.i2c_rdwr(i2c_msg.write(ADDRESS, [_POLARITY])),
    "still there": lambda bus: bus.read_byte_data(ADDRESS, _POLARITY),
}
