"""Values between a driver and the world: units, ranges, and what is no value at all."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from wampedge.config.model import ChannelConfig
from wampedge.devices.values import Value
from wampedge.errors import BadReadingError, DeviceError, InvalidValueError

__all__ = ["check_readings", "check_result", "fault_of", "fault_of_kind", "to_driver", "to_public"]

_MAX_DEPTH = 16
_LARGEST = 2**63
_LONGEST_TEXT = 65_536
"""Characters of a reading, characters or bytes of a result; no message takes much more."""
_MOST_ITEMS = 10_000


def to_public(channel: ChannelConfig, value: Any) -> Any:
    """Turn *value* from the driver's unit to the unit of the device file."""
    return value * channel.scale + channel.offset if _is_scaled(channel, value) else value


def to_driver(channel: ChannelConfig, value: Any) -> Any:
    """Turn *value* from the unit of the device file to the driver's; raises InvalidValueError."""
    try:
        if not _is_scaled(channel, value):
            return value
        return (value - channel.offset) / channel.scale
    except OverflowError as error:
        raise InvalidValueError("value: too large", field="value") from error


def fault_of(channel: ChannelConfig, value: Any) -> str:
    """Return why a public *value* is not good, or ""."""
    fault = fault_of_kind(value)
    if fault or channel.range is None or isinstance(value, bool | str):
        return fault
    return _outside(channel, value)


def fault_of_kind(value: Any) -> str:
    """Return why *value* is no value at all, or ""."""
    if isinstance(value, bool):
        return ""
    if isinstance(value, str):
        if len(value) <= _LONGEST_TEXT:
            return ""
        return f"the driver gave a text of {len(value)} characters, which is too long"
    if not isinstance(value, int | float):  # drivers are not type-checked when they run
        return f"the driver gave a {type(value).__name__}, which is no value"
    if not math.isfinite(value) or abs(value) >= _LARGEST:
        return f"the driver gave {_brief(value)}, which is no measurement"
    return ""


def check_readings(values: object) -> Mapping[str, Value]:
    """Return what a driver's ``read`` gave; raises BadReadingError when it is no table."""
    if not isinstance(values, Mapping):
        raise BadReadingError(f"the driver gave a {type(values).__name__} instead of readings")
    return values


def check_result(value: Any, depth: int = _MAX_DEPTH) -> None:
    """Check that the result of a command can be sent to anybody; raises DeviceError."""
    _check_length(value)
    if value is None or isinstance(value, bool | str | bytes):
        return
    if isinstance(value, int | float):
        if not math.isfinite(value) or not -_LARGEST <= value < 2 * _LARGEST:
            raise DeviceError(f"the driver answered {_brief(value)}, which cannot be sent")
    elif depth == 0:
        raise DeviceError("the driver answered with tables too deep to be sent")
    elif isinstance(value, Mapping):
        odd = [key for key in value if not isinstance(key, str)]
        if odd:
            raise DeviceError(f"the driver answered with a key {odd[0]!r:.40} that is no text")
        for item in value.values():
            check_result(item, depth - 1)
    elif isinstance(value, Sequence):
        for item in value:
            check_result(item, depth - 1)
    else:
        raise DeviceError(f"the driver answered a {type(value).__name__}, which cannot be sent")


def _check_length(value: Any) -> None:
    if not isinstance(value, Mapping | Sequence):
        return
    most = _LONGEST_TEXT if isinstance(value, str | bytes) else _MOST_ITEMS
    if len(value) > most:
        kind = type(value).__name__
        raise DeviceError(f"the driver answered a {kind} of {len(value)}, too long to be sent")


def _outside(channel: ChannelConfig, value: float) -> str:
    """Return why a *value* outside the range of the device file is bad, or ""."""
    if channel.range is None:
        return ""
    low, high = channel.range
    if low <= value <= high:
        return ""
    unit = f" {channel.unit}" if channel.unit else ""
    return f"{value:g}{unit} is outside the range {low:g} to {high:g}{unit} of the device file"


def _is_scaled(channel: ChannelConfig, value: Any) -> bool:
    is_scaled = channel.scale != 1.0 or channel.offset != 0.0
    return is_scaled and isinstance(value, int | float) and not isinstance(value, bool)


def _brief(value: int | float) -> str:
    return f"a number of {value.bit_length()} bits" if isinstance(value, int) else f"{value:g}"
