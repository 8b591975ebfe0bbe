"""From values to bytes: the raw words with which a register map gives the values wanted.

The arithmetic of a map is turned round by bisection on its raw words, so scale, offset and any
expression that rises or falls all along do. What a channel computes from several words is met by
changing one word after another while that helps; words that no channel is made of stay as they are
in the first good test vector of the map.

Limits: an expression that rises and falls is met on one of its sides; a channel
that is computed from other channels only goes its own way until it is set, and then changes the
first of them that nobody else holds.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Collection, Mapping, Sequence
from itertools import pairwise

from wampedge.devices.expressions import ExpressionError
from wampedge.devices.registermap.decoder import Field, Out
from wampedge_simulator.world import Curve, Quantity

__all__ = ["Inversion", "nearest", "scanned"]

NATURAL = {
    "°C": Curve(20.0, 5.0, 0.05),
    "%RH": Curve(60.0, -15.0, 0.3),
    "Pa": Curve(101_000.0, 600.0, 3.0, 280_000.0),
    "hPa": Curve(1010.0, 6.0, 0.03, 280_000.0),
    "ppm": Curve(650.0, 200.0, 10.0),
    "lx": Curve(400.0, 350.0, 5.0),
}
"""How quantities go by themselves, by their unit; others stay about where the vector has them."""
PASSES = 4
"""How often each word of a channel with several words is tried."""
ROUGHLY = 0.02
"""What bisection misses by more than this was no plain rise or fall."""
SCANS = 48
"""Places that are looked at where bisection has failed."""


class Inversion:
    """The outs of one map with the parameters of one device, turned round.

    Args:
        outs: in the order of their dependence.
        numbers: parameters and consts.
        units: channel to its unit.
        payloads: read name to the bytes it has in a good vector.
    """

    def __init__(
        self,
        outs: Sequence[Out],
        numbers: Mapping[str, float],
        units: Mapping[str, str],
        payloads: Mapping[str, bytes],
    ) -> None:
        self._outs = outs
        self._numbers = numbers
        self._payloads = payloads
        self._scales = {
            out.name: (out.scale.evaluate(numbers), out.offset.evaluate(numbers)) for out in outs
        }
        self._ordinals = {
            out.name: _ordinal(out.field, payloads[out.field.source])
            for out in outs
            if out.field is not None
        }
        self._before: dict[str, Sequence[Out]] = {
            out.name: _needed(out, outs[:place]) for place, out in enumerate(outs)
        }
        self._tuned: dict[str, str] = {}
        self._newest: tuple[object, Mapping[str, int]] | None = None
        self.quantities = {name: self._quantity(name, unit) for name, unit in units.items()}

    def payloads(self, sample: Mapping[str, float], pinned: Collection[str]) -> dict[str, bytes]:
        """Return the bytes of every read with which the channels are as in *sample*.

        Args:
            sample: channel to value.
            pinned: the channels whose values were set; they come before those that were not.
        """
        return self._packed(self._solved_for(sample, pinned))

    def step(self, channel: str, sample: Mapping[str, float], pinned: Collection[str]) -> float:
        """Return by how much *channel* changes with one step of its word, about where it is."""
        out = next(out for out in self._outs if out.name == channel)
        ordinals = self._solved_for(sample, pinned)
        word = channel if out.field is not None else self._tuned.get(channel)
        if word is None:
            return 0.0
        here = self._value(out, ordinals)
        around = [
            self._value(out, {**ordinals, word: ordinals[word] + change}) for change in (-1, 1)
        ]
        return max(
            (abs(v - here) for v in around if v is not None and here is not None), default=0.0
        )

    def _solved_for(
        self, sample: Mapping[str, float], pinned: Collection[str]
    ) -> Mapping[str, int]:
        """Return the words with which the channels are as in *sample*; those of last time again."""
        key = (dict(sample), frozenset(pinned))
        if self._newest is not None and self._newest[0] == key:
            return self._newest[1]
        ordinals, held = dict(self._ordinals), set[str]()
        channels = [out for out in self._outs if out.name in sample]
        for out in channels:
            if out.field is not None:
                ordinals[out.name] = self._solved(out, out.name, sample[out.name], ordinals)
                held.add(out.name)
        computed = [out for out in channels if out.field is None]
        for out in sorted(computed, key=lambda out: out.name not in pinned):
            self._meet(out, sample[out.name], ordinals, held, pinned)
        self._newest = key, ordinals
        return ordinals

    def _quantity(self, name: str, unit: str) -> Quantity:
        out = next(out for out in self._outs if out.name == name)
        low, high = self._limits(out)
        here = self._value(out, self._ordinals)
        mean = (low + high) / 2 if here is None else min(max(here, low), high)
        natural = NATURAL.get(unit)
        if natural is None or not low <= natural.mean <= high:
            natural = Curve(mean)
        return Quantity(natural, low, high, unit)

    def _limits(self, out: Out) -> tuple[float, float]:
        """Return what the part can have: its range, as far as its word reaches."""
        if out.limits is None or out.field is None or out.field.is_float or out.expression:
            return out.limits or self._extremes(out)
        first, last = self._extremes(out)
        # Who writes 2293.76 means the last step, which is 2293.7599999999998.
        slack = 1e-9 * max(abs(first), abs(last))
        low, high = max(out.limits[0], first - slack), min(out.limits[1], last + slack)
        return (low, high) if low < high else out.limits

    def _extremes(self, out: Out) -> tuple[float, float]:
        """Return what the words of *out* reach, one word at a time."""
        reached = []
        for word in self._words(out):
            for ordinal in _span(word.field):
                value = self._value(out, {**self._ordinals, word.name: ordinal})
                if value is not None:
                    reached.append(max(-1e9, min(1e9, value)))
        return (min(reached), max(reached)) if reached else (0.0, 0.0)

    def _words(self, out: Out) -> list[Out]:
        return [each for each in (*self._before[out.name], out) if each.field is not None]

    def _meet(
        self,
        out: Out,
        wanted: float,
        ordinals: dict[str, int],
        held: set[str],
        pinned: Collection[str],
    ) -> None:
        """Change words of *out*, which has none of its own, until it is *wanted*."""
        words = [word.name for word in self._words(out)]
        free = [name for name in words if name not in held]
        if not free and out.name in pinned:
            free = [name for name in words if name not in pinned] or words
        best = self._error(out, wanted, ordinals)
        for name in free * PASSES:
            ordinal = self._solved(out, name, wanted, ordinals)
            error = self._error(out, wanted, {**ordinals, name: ordinal})
            if error < best:
                ordinals[name], best = ordinal, error
                self._tuned[out.name] = name
        held.update(free)

    def _error(self, out: Out, wanted: float, ordinals: Mapping[str, int]) -> float:
        value = self._value(out, ordinals)
        return float("inf") if value is None else abs(value - wanted)

    def _solved(self, out: Out, word: str, wanted: float, ordinals: Mapping[str, int]) -> int:
        """Return the ordinal of *word* with which *out* comes nearest to *wanted*."""
        field = next(each.field for each in self._outs if each.name == word)
        value = self._value_by_ordinal(out, word, ordinals)
        found = nearest(value, wanted, *_span(field))
        reached = value(found)
        if reached is None or abs(reached - wanted) > ROUGHLY * max(1.0, abs(wanted)):
            found = scanned(value, wanted, *_span(field))
        for ordinal in sorted(range(found - 2, found + 3), key=lambda each: abs(each - found)):
            if _is_measurement(field, ordinal, self._payloads):
                return ordinal
        return found

    def _value_by_ordinal(
        self, out: Out, word: str, ordinals: Mapping[str, int]
    ) -> Callable[[int], float | None]:
        """Return what *out* is with each ordinal of *word*; the usual out is one word, scaled."""
        field = out.field
        if word == out.name and out.expression is None and field is not None:
            scale, offset = self._scales[out.name]
            if not field.is_float:
                return lambda ordinal: ordinal * scale + offset
            return lambda ordinal: _number(field, ordinal) * scale + offset
        trial = dict(ordinals)

        def value(ordinal: int) -> float | None:
            trial[word] = ordinal
            return self._value(out, trial)

        return value

    def _value(self, out: Out, ordinals: Mapping[str, int]) -> float | None:
        """Return what *out* is with these words, whatever its range; None: it has no value."""
        known: dict[str, float] = dict(self._numbers)
        try:
            for each in (*self._before[out.name], out):
                known[each.name] = self._computed(each, known, ordinals)
        except ExpressionError:
            return None
        return known[out.name]

    def _computed(self, out: Out, known: dict[str, float], ordinals: Mapping[str, int]) -> float:
        value = 0.0
        if out.field is not None:
            raw = _number(out.field, ordinals[out.name])
            known["raw"] = raw
            scale, offset = self._scales[out.name]
            value = raw * scale + offset
        return value if out.expression is None else out.expression.evaluate(known)

    def _packed(self, ordinals: Mapping[str, int]) -> dict[str, bytes]:
        packed = {name: bytearray(payload) for name, payload in self._payloads.items()}
        for out in self._outs:
            if out.field is not None and ordinals[out.name] != self._ordinals[out.name]:
                _pack(out.field, ordinals[out.name], packed[out.field.source])
        return {name: bytes(payload) for name, payload in packed.items()}


def nearest(value: Callable[[int], float | None], wanted: float, low: int, high: int) -> int:
    """Return the whole number from *low* to *high* where *value* comes nearest to *wanted*.

    Args:
        value: rises or falls all along; None near the ends, where it has no value.
        wanted: what it should be.
        low: smallest number tried.
        high: largest number tried.
    """
    first, last = value(low), value(high)
    while first is None and low < high:
        low += max(1, (high - low) // 4096)
        first = value(low)
    while last is None and low < high:
        high -= max(1, (high - low) // 4096)
        last = value(high)
    rises = first is None or last is None or first <= last
    if first is not None and last is not None and first != last:
        low, high = _narrowed(value, wanted, (low, first), (high, last))
    while high - low > 1:
        middle = (low + high) // 2
        here = value(middle)
        if here is None or (here < wanted) == rises:
            low = middle
        else:
            high = middle
    errors = {
        each: abs(found - wanted) for each in (low, high) if (found := value(each)) is not None
    }
    return min(errors, key=errors.__getitem__, default=low)


def _narrowed(
    value: Callable[[int], float | None],
    wanted: float,
    first: tuple[int, float],
    last: tuple[int, float],
) -> tuple[int, int]:
    """Return closer bounds where *value* is next to a straight line, as it is of most parts.

    Four values tell then what bisecting takes sixteen for.
    """
    (low, from_), (high, to) = first, last
    share = (wanted - from_) / (to - from_)
    if not 0.0 < share < 1.0:
        return low, high
    guess = low + round((high - low) * share)
    for each in (guess - 1, guess, guess + 1):
        here = value(each) if low < each < high else None
        if here is None:
            continue
        if (here < wanted) == (from_ <= to):
            low = each
        else:
            return low, each
    return low, high


def scanned(value: Callable[[int], float | None], wanted: float, low: int, high: int) -> int:
    """Return what `nearest` does for a *value* that rises and falls a few times.

    It is looked at from place to place, closer together near *low*, and bisected between two.
    """
    places = sorted({low + int((high - low) * (i / SCANS) ** 3) for i in range(SCANS + 1)})
    found = [nearest(value, wanted, *pair) for pair in pairwise(places)]
    errors = {each: abs(here - wanted) for each in found if (here := value(each)) is not None}
    return min(errors, key=errors.__getitem__, default=low)


def _needed(out: Out, above: Sequence[Out]) -> Sequence[Out]:
    """Return the outs of *above* that *out* is computed from, in their order."""
    names = set(() if out.expression is None else out.expression.names)
    needed: list[Out] = []
    for each in reversed(above):
        if each.name in names:
            needed.insert(0, each)
            names.update(() if each.expression is None else each.expression.names)
    return needed


def _span(field: Field | None) -> tuple[int, int]:
    """Return the smallest and largest ordinal of a word."""
    assert field is not None, "a word has a field"
    if field.is_float:
        largest = 0x7F7FFFFF if field.end - field.start == 4 else 0x7FEFFFFFFFFFFFFF
        return -largest, largest
    if field.is_signed:
        return -(1 << field.bits - 1), (1 << field.bits - 1) - 1
    return 0, (1 << field.bits) - 1


def _ordinal(field: Field, payload: bytes) -> int:
    """Return the place of a word among all it can be: the number itself, or the rank of a float."""
    word = int.from_bytes(payload[field.start : field.end], field.endian)
    if field.is_float:
        sign = 1 << 8 * (field.end - field.start) - 1
        return -(word ^ sign) if word & sign else word
    number = word >> field.shift & (1 << field.bits) - 1
    is_negative = field.is_signed and number >> field.bits - 1
    return number - (1 << field.bits) if is_negative else number


def _word(field: Field, ordinal: int) -> int:
    """Return the bits of an ordinal, before they are shifted into their place."""
    if field.is_float:
        sign = 1 << 8 * (field.end - field.start) - 1
        return sign | -ordinal if ordinal < 0 else ordinal
    return ordinal & (1 << field.bits) - 1


def _number(field: Field, ordinal: int) -> float:
    if not field.is_float:
        return ordinal
    size = field.end - field.start
    code = ">f" if size == 4 else ">d"
    number: float = struct.unpack(code, _word(field, ordinal).to_bytes(size, "big"))[0]
    return number


def _pack(field: Field, ordinal: int, payload: bytearray) -> None:
    """Put a word into the bytes of its read; bits that are not its own stay."""
    mask = (1 << field.bits) - 1 if not field.is_float else (1 << 8 * (field.end - field.start)) - 1
    shift = 0 if field.is_float else field.shift
    old = int.from_bytes(payload[field.start : field.end], field.endian)
    new = old & ~(mask << shift) | _word(field, ordinal) << shift
    payload[field.start : field.end] = new.to_bytes(field.end - field.start, field.endian)


def _is_measurement(field: Field | None, ordinal: int, payloads: Mapping[str, bytes]) -> bool:
    """Say whether a word is one the part has for a measurement: in its span, and not invalid."""
    assert field is not None, "a word has a field"
    low, high = _span(field)
    if not low <= ordinal <= high:
        return False
    if not field.invalid:
        return True
    payload = bytearray(payloads[field.source])
    _pack(field, ordinal, payload)
    return int.from_bytes(payload[field.start : field.end], field.endian) not in field.invalid
