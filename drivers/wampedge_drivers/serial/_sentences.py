"""Sentences of NMEA 0183: checked, taken apart, and turned into values.

Source: NMEA 0183 version 4, sentences GGA, RMC, GSA and VTG, in the order of their fields.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import reduce
from typing import Final

from wampedge.devices.values import Value

__all__ = ["CHANNELS", "SENTENCES", "checked_fields", "values_of"]

SENTENCES: Final = ("GGA", "RMC", "GSA", "VTG")
CHANNELS: Final[Mapping[str, Sequence[str]]] = {
    "GGA": ("latitude", "longitude", "altitude", "fix", "satellites", "hdop"),
    "RMC": ("latitude", "longitude", "speed", "course", "time"),
    "GSA": ("mode", "hdop"),
    "VTG": ("speed", "course"),
}
"""What each sentence tells."""
_KNOT: Final = 1852 / 3600
_KMH: Final = 1 / 3.6
_PLACES: Final = 7
"""Decimal places of a position: a centimetre."""


def checked_fields(line: bytes) -> list[str] | None:
    """Return the fields of a sentence, its name first; None when it is none, or damaged."""
    begin = line.find(b"$")
    body, star, check = line[begin + 1 :].strip().partition(b"*")
    if begin < 0 or not star or len(check) != 2:
        return None
    try:
        wanted = int(check, 16)
        text = body.decode("ascii")
    except ValueError:
        return None
    if reduce(int.__xor__, body, 0) != wanted:
        return None
    return text.split(",")


def values_of(fields: Sequence[str]) -> Mapping[str, Value] | None:
    """Return what a sentence says, None for each value it does not know.

    Args:
        fields: as ``checked_fields`` gives them.

    Returns:
        None for a sentence of another kind.

    Raises:
        ValueError: a field is not what it should be.
    """
    read = _READERS.get(fields[0][-3:])
    return None if read is None else read([*fields, *[""] * 20])


def _gga(fields: Sequence[str]) -> Mapping[str, Value]:
    fix = int(fields[6] or 0)
    has_fix = fix > 0
    return {
        "latitude": _degrees(fields[2], fields[3], 90) if has_fix else None,
        "longitude": _degrees(fields[4], fields[5], 180) if has_fix else None,
        "altitude": _number(fields[9]) if has_fix else None,
        "fix": fix,
        "satellites": int(fields[7] or 0),
        "hdop": _number(fields[8]) if has_fix else None,
    }


def _rmc(fields: Sequence[str]) -> Mapping[str, Value]:
    is_valid = fields[2] == "A"
    speed = _number(fields[7])
    return {
        "latitude": _degrees(fields[3], fields[4], 90) if is_valid else None,
        "longitude": _degrees(fields[5], fields[6], 180) if is_valid else None,
        "speed": round(speed * _KNOT, 3) if is_valid and speed is not None else None,
        "course": _number(fields[8]) if is_valid else None,
        "time": _unix_time(fields[9], fields[1]) if is_valid else None,
    }


def _gsa(fields: Sequence[str]) -> Mapping[str, Value]:
    mode = int(fields[2] or 1)
    return {"mode": mode, "hdop": _number(fields[16]) if mode > 1 else None}


def _vtg(fields: Sequence[str]) -> Mapping[str, Value]:
    speed = _number(fields[7])
    return {
        "speed": None if speed is None else round(speed * _KMH, 3),
        "course": _number(fields[1]),
    }


def _number(text: str) -> float | None:
    number = float(text) if text else None
    if number is not None and not math.isfinite(number):
        raise ValueError(f"{text!r} is no number")
    return number


def _degrees(text: str, side: str, limit: int) -> float | None:
    """Return degrees from ``ddmm.mmmm`` and its side of the world; south and west below zero."""
    if not text or side not in ("N", "S", "E", "W"):
        return None
    whole, _, _ = text.partition(".")
    minutes = float(text[len(whole) - 2 :])
    degrees = int(whole[:-2]) + minutes / 60
    if not (0 <= minutes < 60 and degrees <= limit):
        raise ValueError(f"{text!r} is no position")
    return round(-degrees if side in "SW" else degrees, _PLACES)


def _unix_time(date: str, time: str) -> float | None:
    if len(date) != 6 or len(time) < 6:
        return None
    moment = datetime.strptime(date + time[:6], "%d%m%y%H%M%S").replace(tzinfo=UTC)
    return moment.timestamp() + float(f"0{time[6:]}")


_READERS: Final[Mapping[str, Callable[[Sequence[str]], Mapping[str, Value]]]] = {
    "GGA": _gga,
    "RMC": _rmc,
    "GSA": _gsa,
    "VTG": _vtg,
}
