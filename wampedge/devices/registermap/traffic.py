"""What a register map says on the bus: bytes to write, bytes to read, and how they are checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from wampedge.devices.checksums import CHECKSUMS, Checksum
from wampedge.devices.expressions import Expression, ExpressionError
from wampedge.errors import BadReadingError
from wampedge.records import Record

__all__ = [
    "PEC",
    "BoundRead",
    "BoundStep",
    "Endian",
    "Guard",
    "Identity",
    "Poll",
    "Query",
    "Read",
    "Step",
    "word_of",
]

Endian = Literal["big", "little"]
PEC = CHECKSUMS["pec"]


class Guard(Record):
    """Checksums in an answer: one after each ``protects`` bytes, or one over the transaction (PEC).

    Attributes:
        checksum: how it is computed.
        protects: bytes before each checksum.
        covers_addressing: the SMBus packet error code, which covers what was written as well.
    """

    checksum: Checksum
    protects: int
    covers_addressing: bool = False

    def payload_size(self, size: int) -> int:
        """Return the bytes that are left of *size* when the checksums are taken out."""
        return size // (self.protects + self.checksum.size) * self.protects

    def checked(self, raw: bytes, name: str, addressing: bytes) -> bytes:
        """Return *raw* without its checksums; raises BadReadingError when one does not match.

        Args:
            raw: what was read.
            name: what it is, for the error.
            addressing: what went before it on the wire, the address bytes included.
        """
        size = self.protects
        group = size + self.checksum.size
        before = addressing if self.covers_addressing else b""
        payload = bytearray()
        for start in range(0, len(raw), group):
            part = raw[start : start + size]
            if not self.checksum.matches(before + part, raw[start + size : start + group]):
                found = raw[start : start + group].hex()
                raise BadReadingError(f"{name}: bad checksum in {found}")
            payload += part
        return bytes(payload)

    def guarded(self, payload: bytes, addressing: bytes = b"") -> bytes:
        """Return *payload* with its checksums, as the part sends it."""
        before = addressing if self.covers_addressing else b""
        groups = (
            payload[start : start + self.protects]
            for start in range(0, len(payload), self.protects)
        )
        return b"".join(group + self.checksum.to_wire(before + group) for group in groups)


class Step(Record):
    """Bytes to write and a pause after them.

    Attributes:
        data: what is written first.
        value: goes behind ``data`` in ``size`` bytes, when it is given.
        endian: byte order of the value.
        guard: checksum behind each two bytes of the value, or None.
        delay_s: the pause.
        may_be_refused: a part that does not acknowledge it is all right.
    """

    data: bytes
    value: Expression | None
    size: int
    endian: Endian
    guard: Guard | None
    delay_s: float
    may_be_refused: bool

    def bind(self, numbers: Mapping[str, float]) -> BoundStep:
        """Compute the bytes; raises ExpressionError."""
        pec = self.guard is not None and self.guard.covers_addressing
        if self.value is None:
            return BoundStep(self.data, self.delay_s, self.may_be_refused, pec)
        word = word_of(self.value, numbers, self.size, self.endian)
        if self.guard is not None and not pec:
            word = self.guard.guarded(word)
        return BoundStep(self.data + word, self.delay_s, self.may_be_refused, pec)


class BoundStep(Record):
    """Bytes to write (none: only wait) and a pause after them, in seconds."""

    data: bytes
    delay_s: float
    may_be_refused: bool = False
    has_pec: bool = False


class Query(Record):
    """Something small that is asked for: a register, or a command with its answer.

    Attributes:
        command: register number or command; empty: read without addressing.
        begins: the answer is fetched in a transaction of its own, ``wait_s`` after the command.
    """

    command: bytes
    begins: bool
    wait_s: float
    size: int
    endian: Endian
    guard: Guard | None

    @property
    def payload_size(self) -> int:
        """Bytes that are left when the checksums are taken out."""
        return self.size if self.guard is None else self.guard.payload_size(self.size)


class Poll(Record):
    """A query repeated until its masked bits equal a value, or differ from it.

    Attributes:
        patience_s: the part may be without a measurement so long after the last one, or after it
            was set up; None: it is a failure at once.
    """

    query: Query
    mask: int
    target: Expression
    wants_difference: bool
    every_s: float
    tries: int
    patience_s: float | None


class Identity(Record):
    """What tells which chip it is; no expected values: that it answers is enough."""

    query: Query
    mask: int
    expected: Sequence[int]


class Read(Record):
    """One read of bytes: started, waited for, polled, fetched, checked.

    ``query.begins`` is set where a command starts a conversion whose answer is fetched without
    addressing anything.
    """

    name: str
    start: Step | None
    poll: Poll | None
    query: Query
    equals: Expression | None
    then: Step | None

    @property
    def payload_size(self) -> int:
        """Bytes that are left when the checksums are taken out."""
        return self.query.payload_size

    def bind(self, numbers: Mapping[str, float]) -> BoundRead:
        """Compute what depends on the parameters; raises ExpressionError."""
        poll, query = self.poll, self.query
        return BoundRead(
            self,
            None if self.start is None else self.start.bind(numbers),
            None if poll is None else int(poll.target.evaluate(numbers)) & poll.mask,
            None
            if self.equals is None
            else word_of(self.equals, numbers, self.payload_size, query.endian),
            None if self.then is None else self.then.bind(numbers),
        )


class BoundRead(Record):
    """A read with its bytes: ``start`` to write, ``ready`` to poll for, ``wanted`` to find."""

    read: Read
    start: BoundStep | None
    ready: int | None
    wanted: bytes | None
    then: BoundStep | None


def word_of(value: Expression, numbers: Mapping[str, float], size: int, endian: Endian) -> bytes:
    """Return *value* as bytes; raises ExpressionError when it does not fit."""
    number = value.evaluate(numbers)
    if number != int(number) or not 0 <= number < 1 << 8 * size:
        raise ExpressionError(f"{value.text!r} is {number:g}, which does not fit {size} bytes")
    return int(number).to_bytes(size, endian)
