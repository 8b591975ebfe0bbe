"""A register map after compilation, and what it becomes with the parameters of one device."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from wampedge.devices.expressions import Expression
from wampedge.devices.registermap.decoder import Decoder, Out
from wampedge.devices.registermap.params import NumberedParam
from wampedge.devices.registermap.traffic import BoundRead, BoundStep, Identity, Read, Step
from wampedge.records import Record

__all__ = ["BoundMap", "RegisterMap", "Setting"]


class Setting(Record):
    """A value that is written to the part.

    Attributes:
        raw: what goes on the wire, from ``value``, parameters and consts.
        accepted: the value the part has then, from ``raw``, parameters and consts, or None.
        limits: smallest and largest value, from parameters and consts, or None.
        steps: what is written; their expressions may use ``raw`` and ``value``.
    """

    raw: Expression
    accepted: Expression | None
    limits: tuple[Expression, Expression] | None
    steps: Sequence[Step]


class RegisterMap(Record):
    """Everything a map file says, checked and compiled; the same for all devices.

    Attributes:
        path: the file, which also holds the test vectors.
        register_size: bytes of a register number on the wire.
        params: name to kind and numbers.
        consts: computed from the parameters, in order.
        wake: written before the identity is read.
        stop: written when the device is given up.
    """

    name: str
    path: Path
    register_size: int
    params: Mapping[str, NumberedParam]
    consts: Sequence[tuple[str, Expression]]
    wake: Sequence[Step]
    identities: Sequence[Identity]
    init: Sequence[Step]
    reads: Sequence[Read]
    outs: Sequence[Out]
    settings: Mapping[str, Setting]
    commands: Mapping[str, tuple[Mapping[str, NumberedParam], Sequence[Step]]]
    stop: Sequence[Step]

    def numbers(self, params: Mapping[str, Any]) -> dict[str, float]:
        """Return the parameters that are numbers, and the consts; raises ExpressionError."""
        numbers: dict[str, float] = {}
        for name, value in params.items():
            if name in self.params:
                numbers |= self.params[name].numbers_of(name, value)
        for name, expression in self.consts:
            numbers[name] = expression.evaluate(numbers)
        return numbers

    def bind(self, params: Mapping[str, Any]) -> BoundMap:
        """Compute everything that depends on *params*; raises ExpressionError."""
        numbers = self.numbers(params)
        return BoundMap(
            numbers,
            [step.bind(numbers) for step in self.wake],
            [step.bind(numbers) for step in self.init],
            [read.bind(numbers) for read in self.reads],
            [step.bind(numbers) for step in self.stop],
            Decoder(self.outs, numbers),
        )


class BoundMap(Record):
    """A map with the parameters of one device; ``numbers`` are its parameters and consts."""

    numbers: Mapping[str, float]
    wake: Sequence[BoundStep]
    init: Sequence[BoundStep]
    reads: Sequence[BoundRead]
    stop: Sequence[BoundStep]
    decoder: Decoder
