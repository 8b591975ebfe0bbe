"""JSON text to values, as strictly as WAMP needs it; every fault is a RemoteProtocolError.

The standard library's decoder accepts NaN, ``1e999`` and lone surrogates, and raises
RecursionError on deep nesting: all of that ends here, at the peer who sent it.
"""

from __future__ import annotations

import binascii
import json
import math
from typing import Any

from wampedge.errors import InvalidPayloadError, RemoteProtocolError
from wampedge.wamp.validation import head_from_wire, to_wire
from wampedge.wamp.values import MAX_DEPTH, MAX_ELEMENTS, check_incoming

__all__ = ["decode_text", "decode_values", "end_of_value", "value_at"]

_WHITE_SPACE = " \t\n\r"
_BINARY_PREFIX = "\0"
_ESCAPED_NUL = '"\\u0000'


def decode_text(data: bytes) -> str:
    """Return *data* as text without white space before it; raises RemoteProtocolError."""
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise RemoteProtocolError(f"not JSON: {error.reason} in UTF-8") from error
    return text if text[:1] == "[" else text.lstrip(_WHITE_SPACE)


class _NotFiniteError(ValueError):
    """A number that JSON has not: NaN, an infinity, or one that floats cannot hold."""


def _refuse_constant(name: str) -> Any:
    raise _NotFiniteError(f"{name} is no JSON number")


def _finite_float(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise _NotFiniteError("a number is too large for a float")
    return number


_DECODER = json.JSONDecoder(parse_constant=_refuse_constant, parse_float=_finite_float)
_raw_decode = _DECODER.raw_decode
# Puts an object that WAMP does not know where a number is none, so that its place can be found.
_MARKING_DECODER = json.JSONDecoder(
    parse_constant=lambda _: object(),
    parse_float=lambda digits: object() if math.isinf(float(digits)) else float(digits),
)


def decode_values(text: str) -> tuple[Any, int]:
    """Decode JSON strictly; every way it can be broken ends in RemoteProtocolError.

    Returns:
        The value, and the index of its end in *text*: only white space follows.
    """
    try:
        values, end = _raw_decode(text)
        if end != len(text) and text[end:].strip(_WHITE_SPACE):
            raise RemoteProtocolError("not JSON: more than one value")
        # The C decoder lets pass what these three hint at; only then are the values looked at.
        if (
            "\\" in text
            or text.count("[") + text.count("{") > MAX_DEPTH
            or len(text) > MAX_ELEMENTS
        ):
            values = _screened(values, text)
    except _NotFiniteError as error:
        raise _not_finite(text, str(error)) from error
    except RecursionError as error:
        raise RemoteProtocolError("JSON is nested too deeply") from error
    except ValueError as error:  # JSONDecodeError, and integers of over 4,300 digits
        raise RemoteProtocolError(f"not JSON: {error}"[:200]) from error
    return values, end


def end_of_value(text: str, start: int) -> int:
    """Return the index after the value that starts at *start* of *text*, known to be good JSON."""
    return _raw_decode(text, start)[1]


def value_at(text: str, at: int) -> tuple[Any, int]:
    """Read one element of a list whose *text* is cut off somewhere behind it.

    Returns:
        The value, and the index of the next one: behind the comma or bracket that follows.

    Raises:
        ValueError: there is no whole value; IndexError: the text ends with it.
    """
    at = _after_space(text, at)
    value, end = _raw_decode(text, at)
    end = _after_space(text, end)
    if text[end] not in ",]":
        raise ValueError("no comma after a value")
    return value, end + 1


def _after_space(text: str, at: int) -> int:
    while text[at] in _WHITE_SPACE:
        at += 1
    return at


def _screened(values: Any, text: str) -> Any:
    """Check the limits and the escaped characters of decoded *values*; turn texts into bytes."""
    has_escapes = "\\u" in text
    if type(values) is list and (has_escapes or _may_break_limits(text)):
        check_incoming(values)
    return _with_bytes(values) if has_escapes and _ESCAPED_NUL in text else values


def _may_break_limits(text: str) -> bool:
    """Tell whether *text* has enough brackets to be too deep, or commas to be too long."""
    brackets = text.count("[") + text.count("{")
    return brackets > MAX_DEPTH or brackets + text.count(",") + text.count(":") > MAX_ELEMENTS


def _with_bytes(value: Any) -> Any:
    """Turn the strings that stand for bytes into bytes; keys stay as they are."""
    if type(value) is str and value.startswith(_BINARY_PREFIX):
        return binascii.a2b_base64(value[1:], strict_mode=True)
    if type(value) is list:
        return [_with_bytes(item) for item in value]
    if type(value) is dict:
        return {key: _with_bytes(item) for key, item in value.items()}
    return value


def _not_finite(text: str, reason: str) -> RemoteProtocolError:
    """Return the error for a message with a number JSON has not, milder if its head is sound."""
    try:
        message = head_from_wire(_MARKING_DECODER.decode(text))
        check_incoming(to_wire(message))
    except (ValueError, RecursionError) as error:
        return RemoteProtocolError(f"not JSON: {error}"[:200])
    except RemoteProtocolError:
        return RemoteProtocolError(f"not JSON: {reason}")
    return InvalidPayloadError(reason, message)
