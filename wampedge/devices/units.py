"""Units of the device file and of channels: what they measure and how they convert.

A quantity is written as one text, number first: ``"30s"``, ``"2mohm"``, ``"25W"``, ``"1%"``. Units
of one dimension convert by a factor. Scales of temperature differ in their zero as well:
``conversion`` is for temperatures, ``difference_factor`` for how far two of them are apart.
"""

from __future__ import annotations

import math
import re
from typing import Final

from wampedge.devices.spelling import nearest
from wampedge.errors import WampedgeError
from wampedge.records import Record

__all__ = [
    "DURATION_PATTERN",
    "Unit",
    "UnitError",
    "conversion",
    "conversion_factor",
    "difference_factor",
    "duration_text",
    "number_text",
    "parse_duration",
    "parse_quantity",
    "symbols_like",
    "unit_of",
]

DURATION_PATTERN: Final = r"[0-9]+(?:\.[0-9]+)?(?:us|ms|s|m|min|h|d)"
"""Regular expression of a duration text."""

_SECONDS: Final = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0, "d": 86400.0}  # fmt: skip # noqa: E501 # one table, one line
_DURATION_WORDS: Final = {
    "ms": "msec msecs millisecond milliseconds",
    "s": "sec secs second seconds",
    "m": "mins minute minutes",
    "h": "hr hrs hour hours",
    "d": "day days",
}
_PREFIXES: Final = {
    "p": 1e-12, "n": 1e-9, "µ": 1e-6, "m": 1e-3, "c": 1e-2, "h": 1e2, "k": 1e3, "M": 1e6, "G": 1e9,
}  # fmt: skip
# Symbol: dimension, factor to the unit the dimension is counted in, prefixes it takes.
_UNITS: Final = {
    "V": ("voltage", 1.0, "nµmkM"),
    "A": ("current", 1.0, "pnµmk"),
    "W": ("power", 1.0, "nµmkMG"),
    "VA": ("apparent power", 1.0, "mkM"),
    "var": ("reactive power", 1.0, "mkM"),
    "J": ("energy", 1.0, "mkM"),
    "Wh": ("energy", 3600.0, "mkMG"),
    "Ah": ("charge", 3600.0, "mk"),
    "Ω": ("resistance", 1.0, "µmkMG"),
    "F": ("capacitance", 1.0, "pnµm"),
    "H": ("inductance", 1.0, "nµm"),
    "S": ("conductance", 1.0, "nµm"),
    "T": ("magnetic flux density", 1.0, "nµm"),
    "Hz": ("frequency", 1.0, "mkMG"),
    "rpm": ("frequency", 1 / 60, ""),
    "Pa": ("pressure", 1.0, "mhkM"),
    "bar": ("pressure", 1e5, "m"),
    "psi": ("pressure", 6894.757293168, ""),
    "mmHg": ("pressure", 133.322387415, ""),
    "m": ("length", 1.0, "nµmck"),
    "m²": ("area", 1.0, ""),
    "cm²": ("area", 1e-4, ""),
    "m³": ("volume", 1.0, ""),
    "cm³": ("volume", 1e-6, ""),
    "L": ("volume", 1e-3, "µmch"),
    "g": ("mass", 1e-3, "nµmk"),
    "t": ("mass", 1e3, ""),
    "N": ("force", 1.0, "mk"),
    "Nm": ("torque", 1.0, "m"),
    "s": ("time", 1.0, "nµm"),
    "min": ("time", 60.0, ""),
    "h": ("time", 3600.0, ""),
    "d": ("time", 86400.0, ""),
    "s²": ("time²", 1.0, ""),
    "lx": ("illuminance", 1.0, "mk"),
    "lm": ("luminous flux", 1.0, ""),
    "°C": ("temperature", 1.0, "m"),
    "K": ("absolute temperature", 1.0, "m"),
    "°F": ("temperature in °F", 1.0, ""),
    "°": ("angle", math.pi / 180, ""),
    "rad": ("angle", 1.0, "m"),
    "%": ("share", 1e-2, ""),
    "%RH": ("share", 1e-2, ""),
    "ppm": ("share", 1e-6, ""),
    "ppb": ("share", 1e-9, ""),
    "dB": ("level", 1.0, ""),
    "dBm": ("radio power", 1.0, ""),
    "dBA": ("sound level", 1.0, ""),
    "pH": ("acidity", 1.0, ""),
    "B": ("size", 1.0, "kMG"),
}
_SPELLINGS: Final = {
    "ohm": "Ω",
    "ohms": "Ω",
    "Ohm": "Ω",
    "\N{OHM SIGN}": "Ω",
    "degC": "°C",
    "degF": "°F",
    "deg": "°",
    "l": "L",
    "m2": "m²",
    "cm2": "cm²",
    "m3": "m³",
    "cm3": "cm³",
    "s2": "s²",
    "sec": "s",
}
# Scales of temperature, by dimension: kelvins to one degree, and where their zero is in kelvins.
_KELVIN: Final = {"temperature": 1.0, "absolute temperature": 1.0, "temperature in °F": 5 / 9}
_ZERO_K: Final = {
    "temperature": 273.15,
    "absolute temperature": 0.0,
    "temperature in °F": 459.67 * 5 / 9,
}
_QUANTITY: Final = re.compile(
    r"([+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)([ \t]*)(\S(?:.*\S)?)?"
)


class UnitError(WampedgeError, ValueError):
    """A text is no quantity, or its unit does not fit.

    Args:
        text: what was given and what is wanted.
        hint: the next step; may be empty.
    """

    def __init__(self, text: str, hint: str = "") -> None:
        super().__init__(f"{text} ({hint})" if hint else text)
        self.text = text
        self.hint = hint


class Unit(Record):
    """One unit.

    Attributes:
        symbol: as wampedge writes it: ``mΩ``, ``µg/m³``, ``°C``.
        dimension: what it measures: ``resistance``, ``mass/volume``; equal means convertible.
        factor: how much of the dimension's own unit it is.
    """

    symbol: str
    dimension: str
    factor: float


def unit_of(text: str) -> Unit:
    """Return the unit that *text* names (``mohm``, ``L/min``); raises UnitError."""
    above, slash, below = text.partition("/")
    numerator = _simple_unit(above) if above not in ("", "1") or not slash else Unit("1", "1", 1.0)
    if not slash:
        return numerator
    denominator = _simple_unit(below)
    return Unit(
        f"{numerator.symbol}/{denominator.symbol}",
        f"{numerator.dimension}/{denominator.dimension}",
        numerator.factor / denominator.factor,
    )


def conversion_factor(source: str, target: str) -> float:
    """Return what a number in *source* is multiplied by to be in *target*; raises UnitError."""
    if source == target:
        return 1.0
    one, other = unit_of(source), unit_of(target)
    if one.dimension != other.dimension:
        raise UnitError(
            f"{source} cannot be converted to {target}", f"units that fit: {_some_like(source)}"
        )
    return _tidy(one.factor / other.factor)


def conversion(source: str, target: str) -> tuple[float, float]:
    """Return factor and summand that bring a number in *source* to *target*; raises UnitError."""
    if source == target:
        return 1.0, 0.0
    one, other = unit_of(source), unit_of(target)
    if one.dimension not in _ZERO_K or other.dimension not in _ZERO_K:
        return conversion_factor(source, target), 0.0
    distance_k = _ZERO_K[one.dimension] - _ZERO_K[other.dimension]
    per_k = 1 / (_KELVIN[other.dimension] * other.factor)
    return difference_factor(source, target), _tidy(distance_k * per_k)


def difference_factor(source: str, target: str) -> float:
    """Return what a difference in *source* is multiplied by for *target*; raises UnitError."""
    one, other = unit_of(source), unit_of(target)
    if one.dimension not in _ZERO_K or other.dimension not in _ZERO_K:
        return conversion_factor(source, target)
    scale = _KELVIN[one.dimension] / _KELVIN[other.dimension]
    return _tidy(one.factor * scale / other.factor)


def symbols_like(unit: str) -> list[str]:
    """Return every way to write a unit that converts to *unit*, the short ones first."""
    dimension = unit_of(unit).dimension
    if "/" in dimension:
        return []
    names = [(symbol, prefixes) for symbol, (d, _, prefixes) in _UNITS.items() if d == dimension]
    names += [
        (spelling, _UNITS[symbol][2])
        for spelling, symbol in _SPELLINGS.items()
        if _UNITS[symbol][0] == dimension
    ]
    found = [prefix + name for name, prefixes in names for prefix in ("", *prefixes)]
    found += ["u" + symbol[1:] for symbol in found if symbol[0] == "µ"]
    return sorted(dict.fromkeys(found), key=len)


def parse_quantity(text: str, unit: str) -> float:
    """Return the number that *text* means in *unit*; raises UnitError."""
    match = _QUANTITY.fullmatch(text)
    if not match:
        raise UnitError(f'must be a number with its unit, such as "10{unit}"')
    number, space, written = match.groups()
    if not written:
        raise UnitError("must carry its unit", f'write "{number}{unit}"')
    if space:
        raise UnitError("must have no space before the unit", f'write "{number}{written}"')
    found = _fitting_unit(number, written, unit)
    if found.dimension != unit_of(unit).dimension:
        raise UnitError(
            f"must be in {unit} or alike, {written} is something else",
            f"units that fit: {_some_like(unit)}",
        )
    value = float(number) * conversion_factor(written, unit)
    if not math.isfinite(value):
        raise UnitError("must be a finite number")
    return _tidy(value)


def parse_duration(text: str) -> float:
    """Return the seconds that *text* (``"700ms"``, ``"2m"``, ``"7d"``) means; raises UnitError."""
    if re.fullmatch(DURATION_PATTERN, text):
        number = text.rstrip("usminhd")
        return _tidy(float(number) * _SECONDS[text[len(number) :]])
    match = re.fullmatch(r"([+-]?)([0-9]+(?:\.[0-9]+)?)\s*([^\s0-9]*)\s*", text)
    if not match:
        raise UnitError('must be a duration such as "30s" or "700ms"')
    sign, number, word = match.groups()
    if sign == "-":
        raise UnitError("must not be negative")
    unit = _duration_unit(word)
    if unit is None:
        raise UnitError(
            f'must be a duration, "{word}" is no unit of time', "units of time: us, ms, s, m, h, d"
        )
    raise UnitError('must be a duration such as "30s"', f'write "{number}{unit}"')


def duration_text(seconds: float) -> str:
    """Return *seconds* as the device file writes it, in the largest unit that fits evenly."""
    for unit in ("d", "h", "m", "s", "ms", "us"):
        count = _tidy(seconds / _SECONDS[unit])
        if count >= 1 and count == int(count):
            return f"{int(count)}{unit}"
    return f"{number_text(seconds)}s"


def number_text(value: float) -> str:
    """Return *value* in its shortest usual form: ``0.5``, ``30``, ``1e-09``."""
    return f"{value:.10g}"


def _simple_unit(text: str) -> Unit:
    plain = _SPELLINGS.get(text, text)
    if plain in _UNITS:
        dimension, factor, _ = _UNITS[plain]
        return Unit(plain, dimension, factor)
    prefix = "µ" if text[:1] in ("u", "\N{GREEK SMALL LETTER MU}") else text[:1]
    base = _SPELLINGS.get(text[1:], text[1:])
    if base in _UNITS:
        dimension, factor, prefixes = _UNITS[base]
        if prefix and prefix in prefixes:
            return Unit(prefix + base, dimension, factor * _PREFIXES[prefix])
    near = nearest(text, [*_UNITS, *_SPELLINGS], limit=1)
    raise UnitError(
        f'has an unknown unit "{text[:20]}"', f'did you mean "{near[0]}"?' if near else ""
    )


def _fitting_unit(number: str, written: str, unit: str) -> Unit:
    try:
        return unit_of(written)
    except UnitError:
        near = nearest(written, symbols_like(unit), limit=1)
        hint = f'did you mean "{number}{near[0]}"?' if near else f"units: {_some_like(unit)}"
        raise UnitError(f"must be in {unit} or alike", hint) from None


def _duration_unit(word: str) -> str | None:
    if not word:
        return "s"
    if word in _SECONDS:
        return word
    for unit, words in _DURATION_WORDS.items():
        if word.lower() in words.split():
            return unit
    return None


def _some_like(unit: str) -> str:
    return ", ".join(symbols_like(unit)[:6]) or unit


def _tidy(value: float) -> float:
    """Round away the last binary digits: 700 * 1e-3 is 0.7000000000000001."""
    return float(f"{value:.14g}")
