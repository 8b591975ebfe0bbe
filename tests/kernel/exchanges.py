"""Calls of smbus2 whose answers must be the same over the kernel and over the simulator's seam."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from smbus2 import SMBus, i2c_msg

__all__ = ["CHIPS", "exchange"]

CHIPS = {"pins": ("pca9555", 0x20), "dac": ("mcp4725", 0x60), "air": ("sht3x", 0x44)}
_PINS, _DAC, _AIR, _NOBODY = 0x20, 0x60, 0x44, 0x33


def exchange(number: int) -> dict[str, Any]:
    """Use every kind of call on bus *number*; returns what each gave, by name."""
    with SMBus(number) as bus:
        return {name: _outcome(call, bus) for name, call in _CALLS.items()}


def _outcome(call: Callable[[SMBus], Any], bus: SMBus) -> Any:
    try:
        answer = call(bus)
    except OSError:
        return "OSError"  # its number is the adapter's own: 121 on a Raspberry Pi, 110 on a CP2112
    return list(bytes(answer)) if isinstance(answer, i2c_msg) else answer


def _read_serial_number(bus: SMBus) -> i2c_msg:
    """Read the status register, three bytes with the checksum, after a repeated start."""
    answer = i2c_msg.read(_AIR, 3)
    bus.i2c_rdwr(i2c_msg.write(_AIR, (0xF3, 0x2D)), answer)
    return answer


def _read_only(bus: SMBus) -> i2c_msg:
    answer = i2c_msg.read(_DAC, 5)
    bus.i2c_rdwr(answer)
    return answer


_CALLS: Mapping[str, Callable[[SMBus], Any]] = {
    "read after power-on": lambda bus: bus.read_byte_data(_PINS, 6),
    "write a byte to a register": lambda bus: bus.write_byte_data(_PINS, 6, 0x0F),
    "read it back": lambda bus: bus.read_byte_data(_PINS, 6),
    "write a word": lambda bus: bus.write_word_data(_PINS, 2, 0xA55A),
    "read the word": lambda bus: bus.read_word_data(_PINS, 2),
    "read a block": lambda bus: bus.read_i2c_block_data(_PINS, 2, 4),
    "write a block": lambda bus: bus.write_i2c_block_data(_PINS, 4, [0x11, 0x22]),
    "read that block": lambda bus: bus.read_i2c_block_data(_PINS, 4, 2),
    "read a long block": lambda bus: bus.read_i2c_block_data(_PINS, 2, 32),
    "write the pointer": lambda bus: bus.write_byte(_PINS, 2),
    "read where it points": lambda bus: bus.read_byte(_PINS),
    "process call": lambda bus: bus.process_call(_PINS, 4, 0x3344),
    "fast write of the output": lambda bus: bus.write_byte_data(_DAC, 0x0A, 0xBC),
    "read without writing": _read_only,
    "write and read in one": _read_serial_number,
    "read from nobody": lambda bus: bus.read_byte(_NOBODY),
    "write to nobody": lambda bus: bus.write_byte(_NOBODY, 0),
    "unknown command": lambda bus: bus.write_i2c_block_data(_AIR, 0xFF, [0xFF]),
    "read with nothing to say": lambda bus: bus.read_byte(_AIR),
    "write a block of nothing": lambda bus: bus.write_i2c_block_data(_PINS, 2, []),
    "read a block of nothing": lambda bus: bus.read_i2c_block_data(_PINS, 2, 0),
    "write an empty block with its length": lambda bus: bus.write_block_data(_PINS, 2, []),
    "still there": lambda bus: bus.read_word_data(_PINS, 2),
}
