"""Requests and answers of Modbus, without the frame around them (PDUs).

Source: MODBUS Application Protocol Specification V1.1b3, sections 6 (functions) and 7 (exceptions).
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Final

from wampedge.errors import BusError

__all__ = [
    "MAX_BITS",
    "MAX_PDU",
    "MAX_REGISTERS",
    "READ_COILS",
    "READ_DISCRETE",
    "READ_HOLDING",
    "READ_INPUT",
    "WRITE_COIL",
    "WRITE_COILS",
    "WRITE_REGISTER",
    "WRITE_REGISTERS",
    "UnitRefusedError",
    "answer_size",
    "bits_of",
    "check_answer",
    "check_written",
    "read_request",
    "registers_of",
    "write_coil_request",
    "write_coils_request",
    "write_register_request",
    "write_registers_request",
]

READ_COILS: Final = 1
READ_DISCRETE: Final = 2
READ_HOLDING: Final = 3
READ_INPUT: Final = 4
WRITE_COIL: Final = 5
WRITE_REGISTER: Final = 6
WRITE_COILS: Final = 15
WRITE_REGISTERS: Final = 16

MAX_REGISTERS: Final = 125
"""Registers one request may read (section 6.3)."""
MAX_BITS: Final = 2000
"""Coils or inputs one request may read (section 6.1)."""
MAX_PDU: Final = 253

_IS_EXCEPTION: Final = 0x80
_REASONS: Final = {
    1: "it does not know this function",
    2: "it has no such register",
    3: "it does not take this value",
    4: "it has failed",
    5: "it has begun and needs long",
    6: "it is busy",
    8: "its memory is damaged",
    10: "the gateway has no path to it",
    11: "the gateway got no answer from it",
}


class UnitRefusedError(BusError):
    """A unit answered with an exception: it is there, but will not do what was asked.

    Args:
        unit_id: the unit.
        function: the function it was asked for.
        code: the exception code of section 7.
    """

    def __init__(self, unit_id: int, function: int, code: int) -> None:
        reason = _REASONS.get(code, "it does not say why")
        super().__init__(f"unit {unit_id} refuses function {function}: {reason} (code {code})")
        self.unit_id = unit_id
        self.function = function
        self.code = code


def read_request(function: int, address: int, count: int) -> bytes:
    """Return the request to read *count* registers or bits from *address* on (functions 1 to 4)."""
    return struct.pack(">BHH", function, address, count)


def write_coil_request(address: int, value: bool) -> bytes:
    """Return the request to write one coil (function 5)."""
    return struct.pack(">BHH", WRITE_COIL, address, 0xFF00 if value else 0)


def write_register_request(address: int, word: int) -> bytes:
    """Return the request to write one holding register (function 6)."""
    return struct.pack(">BHH", WRITE_REGISTER, address, word)


def write_coils_request(address: int, values: Sequence[bool]) -> bytes:
    """Return the request to write coils in a row (function 15)."""
    number = sum(1 << index for index, value in enumerate(values) if value)
    packed = number.to_bytes((len(values) + 7) // 8, "little")
    return struct.pack(">BHHB", WRITE_COILS, address, len(values), len(packed)) + packed


def write_registers_request(address: int, words: Sequence[int]) -> bytes:
    """Return the request to write holding registers in a row (function 16)."""
    head = struct.pack(">BHHB", WRITE_REGISTERS, address, len(words), 2 * len(words))
    return head + struct.pack(f">{len(words)}H", *words)


def answer_size(start: bytes, own_size: int | None = None) -> int | None:
    """Return how many bytes an answer has that begins with *start*; None while nobody can know.

    Args:
        start: what is there of the PDU, from its function code on; at least one byte.
        own_size: size of a good answer, for functions that are not of the specification.
    """
    if start[0] & _IS_EXCEPTION:
        return 2
    if own_size is not None:
        return own_size
    if start[0] in (READ_COILS, READ_DISCRETE, READ_HOLDING, READ_INPUT):
        return 2 + start[1] if len(start) > 1 else None
    return 5


def check_answer(unit_id: int, request: bytes, answer: bytes) -> bytes:
    """Return the *answer* to *request*; raises UnitRefusedError, BusError for another function."""
    if answer[:1] == bytes((request[0] | _IS_EXCEPTION,)):
        raise UnitRefusedError(unit_id, request[0], answer[1] if len(answer) > 1 else 0)
    if answer[:1] != request[:1]:
        text = f"unit {unit_id} answered function {answer[:1].hex() or '-'}, not {request[0]:02x}"
        raise BusError(text)
    return answer


def registers_of(answer: bytes, count: int) -> list[int]:
    """Return the words of an answer to function 3 or 4; raises BusError."""
    if len(answer) != 2 + 2 * count or answer[1] != 2 * count:
        raise BusError(f"an answer has {len(answer) - 2} bytes, not those of {count} registers")
    return list(struct.unpack_from(f">{count}H", answer, 2))


def bits_of(answer: bytes, count: int) -> list[bool]:
    """Return the bits of an answer to function 1 or 2; raises BusError."""
    size = (count + 7) // 8
    if len(answer) != 2 + size or answer[1] != size:
        raise BusError(f"an answer has {len(answer) - 2} bytes, not those of {count} bits")
    number = int.from_bytes(answer[2:], "little")
    return [bool(number >> index & 1) for index in range(count)]


def check_written(request: bytes, answer: bytes) -> None:
    """Raise BusError where *answer* does not confirm what *request* writes (5, 6, 15, 16)."""
    if answer != request[:5]:
        raise BusError(f"a write was answered with {answer.hex()}, not {request[:5].hex()}")
