"""A register map after compilation, and what it becomes with the parameters of one device."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from wampedge.devices.checksums import Checksum
from wampedge.devices.expressions import Expression, ExpressionError
from wampedge.devices.registermap.decoder import Decoder, Out
from wampedge.records import Record

__all__ = ["BoundMap", "BoundRead", "BoundStep", "Identity", "Poll", "Read", "RegisterMap", "Step"]


class Step(Record):
    """Bytes to write and a pause after them; ``value`` goes into ``register`` when it is given."""

    data: bytes
    value: Expression | None
    size: int
    delay_s: float

    def bind(self, numbers: Mapping[str, float]) -> BoundStep:
        """Compute the bytes; raises ExpressionError."""
        if self.value is None:
            return BoundStep(self.data, self.delay_s)
        return BoundStep(self.data + _word(self.value, numbers, self.size), self.delay_s)


class BoundStep(Record):
    """Bytes to write (none: only wait) and a pause after them, in seconds."""

    data: bytes
    delay_s: float


class Poll(Record):
    """A register asked until its masked bits equal a value."""

    register: int
    size: int
    mask: int
    equals: Expression
    every_s: float
    tries: int


class Identity(Record):
    """A register that tells which chip it is."""

    register: int
    size: int
    mask: int
    expected: Sequence[int]


class Read(Record):
    """One read of bytes: started, waited for, polled, fetched, checked.

    ``command`` is a register to read from, or, when ``begins`` is set, what starts a conversion
    whose answer is fetched without addressing anything.
    """

    name: str
    start: Step | None
    wait_s: float
    poll: Poll | None
    command: bytes
    begins: bool
    size: int
    checksum: Checksum | None
    protects: int
    equals: Expression | None

    @property
    def payload_size(self) -> int:
        """Bytes that are left when the checksums are taken out."""
        if self.checksum is None:
            return self.size
        return self.size // (self.protects + self.checksum.size) * self.protects

    def bind(self, numbers: Mapping[str, float]) -> BoundRead:
        """Compute what depends on the parameters; raises ExpressionError."""
        poll = self.poll
        return BoundRead(
            self,
            None if self.start is None else self.start.bind(numbers),
            None if poll is None else int(poll.equals.evaluate(numbers)) & poll.mask,
            None if self.equals is None else _word(self.equals, numbers, self.payload_size),
        )


class BoundRead(Record):
    """A read with its bytes: ``start`` to write, ``ready`` to poll for, ``wanted`` to find."""

    read: Read
    start: BoundStep | None
    ready: int | None
    wanted: bytes | None


class RegisterMap(Record):
    """Everything a map file says, checked and compiled; the same for all devices.

    Attributes:
        choices: parameter to what its texts stand for in expressions.
        consts: computed from the parameters, in order.
    """

    name: str
    choices: Mapping[str, Mapping[str, float]]
    consts: Sequence[tuple[str, Expression]]
    identities: Sequence[Identity]
    init: Sequence[Step]
    reads: Sequence[Read]
    outs: Sequence[Out]
    commands: Mapping[str, Sequence[Step]]

    def numbers(self, params: Mapping[str, Any]) -> dict[str, float]:
        """Return the parameters that are numbers, and the consts; raises ExpressionError."""
        numbers: dict[str, float] = {}
        for name, value in params.items():
            number = self.choices[name][value] if name in self.choices else value
            if isinstance(number, (int, float)):
                numbers[name] = number
        for name, expression in self.consts:
            numbers[name] = expression.evaluate(numbers)
        return numbers

    def bind(self, params: Mapping[str, Any]) -> BoundMap:
        """Compute everything that depends on *params*; raises ExpressionError."""
        numbers = self.numbers(params)
        return BoundMap(
            [step.bind(numbers) for step in self.init],
            [read.bind(numbers) for read in self.reads],
            {name: [s.bind(numbers) for s in steps] for name, steps in self.commands.items()},
            Decoder(self.outs, numbers),
        )


class BoundMap(Record):
    """A map with the parameters of one device."""

    init: Sequence[BoundStep]
    reads: Sequence[BoundRead]
    commands: Mapping[str, Sequence[BoundStep]]
    decoder: Decoder


def _word(value: Expression, numbers: Mapping[str, float], size: int) -> bytes:
    number = value.evaluate(numbers)
    if number != int(number) or not 0 <= number < 1 << 8 * size:
        raise ExpressionError(f"{value.text!r} is {number:g}, which does not fit {size} bytes")
    return int(number).to_bytes(size, "big")
