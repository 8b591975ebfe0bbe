"""From bytes to values: what the ``out`` tables of a register map say, compiled."""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Mapping, Sequence
from typing import Literal

from wampedge.devices.expressions import Expression, ExpressionError
from wampedge.errors import BadReadingError
from wampedge.records import Record

__all__ = ["Decoder", "Field", "Out"]

Number = int | float


class Field(Record):
    """Where a number lies in the bytes of one read.

    Attributes:
        source: name of the read.
        start: first byte.
        end: byte after the last.
        endian: byte order.
        shift: bits dropped at the low end.
        bits: bits kept after that.
        is_signed: two's complement of ``bits`` bits.
        is_float: IEEE 754 instead of a whole number.
        invalid: raw words (before the shift) that are no measurement.
    """

    source: str
    start: int
    end: int
    endian: Literal["big", "little"] = "big"
    shift: int = 0
    bits: int = 16
    is_signed: bool = False
    is_float: bool = False
    invalid: frozenset[int] = frozenset()

    def compiled(self) -> Callable[[bytes], Number | None]:
        """Return the function from bytes to number; None stands for no measurement."""
        start, end, endian, shift, invalid = (
            self.start, self.end, self.endian, self.shift, self.invalid,
        )  # fmt: skip
        if self.is_float:
            return self._float_reader()
        mask = (1 << self.bits) - 1
        sign = 1 << self.bits - 1 if self.is_signed else 0

        def number(payload: bytes) -> int | None:
            word = int.from_bytes(payload[start:end], endian)
            if word in invalid:
                return None
            # Flipping the sign bit and taking it away again extends the sign.
            return ((word >> shift & mask) ^ sign) - sign

        return number

    def _float_reader(self) -> Callable[[bytes], float | None]:
        order = ">" if self.endian == "big" else "<"
        unpack = struct.Struct(f"{order}{'f' if self.end - self.start == 4 else 'd'}").unpack_from
        start, end, endian, invalid = self.start, self.end, self.endian, self.invalid

        def number(payload: bytes) -> float | None:
            if invalid and int.from_bytes(payload[start:end], endian) in invalid:
                return None
            value: float = unpack(payload, start)[0]
            return value if math.isfinite(value) else None

        return number


class Out(Record):
    """One value of a map: a number in the bytes, or an expression, or both (``raw``).

    Attributes:
        name: channel name, or name in expressions only.
        field: where the number lies, or None.
        scale: factor for the number, from parameters and consts.
        offset: added after that.
        expression: the value, from ``raw``, outs before this one, parameters and consts.
        valid: the value counts only when this is not 0.
        limits: what the part can measure; a value beyond it is none.
        is_internal: not a channel.
    """

    name: str
    field: Field | None
    scale: Expression
    offset: Expression
    expression: Expression | None = None
    valid: Expression | None = None
    limits: tuple[float, float] | None = None
    is_internal: bool = False


class Decoder:
    """Turns the bytes of all reads of one device into its values.

    Args:
        outs: in the order of their dependence.
        numbers: parameters and consts of the device.

    Raises:
        ExpressionError: a scale or offset has no value for these parameters.
    """

    __slots__ = ("_numbers", "_outs")

    def __init__(self, outs: Sequence[Out], numbers: Mapping[str, float]) -> None:
        self._numbers = dict(numbers)
        self._outs = [_BoundOut(out, numbers) for out in outs]

    def decode(self, payloads: Mapping[str, bytes]) -> dict[str, Number | None]:
        """Return channel to value; None where the part gave no measurement.

        Args:
            payloads: read name to its bytes without checksums.

        Raises:
            BadReadingError: there is no measurement at all, or an expression has no value.
        """
        known: dict[str, Number | None] = dict(self._numbers)
        values: dict[str, Number | None] = {}
        has_any = False
        for out in self._outs:
            value = out.value(payloads, known)
            known[out.name] = value
            if not out.is_internal:
                values[out.name] = value
                has_any = has_any or value is not None
        if not has_any:
            raise BadReadingError("the part answers with its reset or absent pattern")
        return values


class _BoundOut:
    """An ``Out`` with its functions made and its factors computed."""

    __slots__ = (
        "_expression", "_limits", "_names", "_number", "_offset", "_scale", "_source", "_valid",
        "_valid_names", "is_internal", "name",
    )  # fmt: skip

    def __init__(self, out: Out, numbers: Mapping[str, float]) -> None:
        self.name = out.name
        self.is_internal = out.is_internal
        self._number = None if out.field is None else out.field.compiled()
        self._source = "" if out.field is None else out.field.source
        self._scale = out.scale.evaluate(numbers)
        self._offset = out.offset.evaluate(numbers)
        self._expression = out.expression
        self._names = () if out.expression is None else out.expression.names
        self._valid = out.valid
        self._valid_names = () if out.valid is None else out.valid.names
        self._limits = out.limits

    def value(
        self, payloads: Mapping[str, bytes], known: dict[str, Number | None]
    ) -> Number | None:
        """Return the value, or None; raises BadReadingError."""
        value: Number | None = None
        if self._number is not None:
            value = self._number(payloads[self._source])
            if value is None:
                return None
            known["raw"] = value
            value = value * self._scale + self._offset
        if self._valid is not None and not self._evaluate(self._valid, self._valid_names, known):
            return None
        if self._expression is not None:
            value = self._evaluate(self._expression, self._names, known)
        if value is None or self._limits is None:
            return value
        low, high = self._limits
        return value if low <= value <= high else None

    def _evaluate(
        self, expression: Expression, names: Sequence[str], known: Mapping[str, Number | None]
    ) -> Number | None:
        arguments = [known[name] for name in names]
        if None in arguments:
            return None
        try:
            return expression(*arguments)  # type: ignore[arg-type] # None was looked for above
        except ExpressionError as error:
            raise BadReadingError(f"{self.name}: {error}") from error
