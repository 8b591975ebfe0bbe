"""Values to JSON text, with the binary convention of WAMP; every fault is a LocalProtocolError.

Bytes become a string of NUL and base64, so a text that starts with NUL has no form in JSON. NaN
and infinities become null: JSON has no numbers for them, and a sensor value that a MessagePack
peer published must not break the subscribers that use JSON.
"""

from __future__ import annotations

import binascii
import json
import math
from json.encoder import encode_basestring
from typing import Any

from wampedge.errors import LocalProtocolError
from wampedge.wamp.values import check_outgoing

__all__ = ["encode_string", "encode_values"]

_BINARY_PREFIX = "\0"
_ESCAPED_NUL = '"\\u0000'


def _binary_text(value: Any) -> str:
    """Write bytes as WAMP does in JSON."""
    if isinstance(value, bytes | bytearray | memoryview):
        return _BINARY_PREFIX + binascii.b2a_base64(value, newline=False).decode()
    raise LocalProtocolError(f"a value of type {type(value).__name__} cannot be sent")


_ENCODER = json.JSONEncoder(
    ensure_ascii=False,
    check_circular=False,
    allow_nan=False,
    separators=(",", ":"),
    default=_binary_text,
)


def encode_values(values: list[Any], *, is_checked: bool) -> bytes:
    """Encode *values* as a JSON list; NaN and infinities become null."""
    if not is_checked:
        for value in values:
            check_outgoing(value)
    try:
        try:
            text = _ENCODER.encode(values)
        except ValueError:  # NaN or an infinity somewhere
            text = _ENCODER.encode(_without_nan(values))
        if _ESCAPED_NUL in text:
            _refuse_nul_texts(values)
        return text.encode()
    except UnicodeEncodeError as error:
        raise _lone_surrogate() from error
    except ValueError as error:  # an integer of over 4,300 digits
        raise LocalProtocolError(f"a value cannot be sent in JSON: {error}"[:200]) from error


def _without_nan(value: Any) -> Any:
    """Replace NaN and infinities by None."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, list | tuple):
        return [_without_nan(item) for item in value]
    if isinstance(value, dict):
        return {key: _without_nan(item) for key, item in value.items()}
    return value


def _refuse_nul_texts(value: Any) -> None:
    """Refuse texts that start with NUL: in JSON a peer takes them for bytes."""
    if isinstance(value, str) and value.startswith(_BINARY_PREFIX):
        raise LocalProtocolError("a text that starts with NUL cannot be sent in JSON")
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list | tuple):
        for item in value:
            _refuse_nul_texts(item)


def encode_string(text: str) -> bytes:
    """Encode one text that is no binary, such as a URI; raises LocalProtocolError."""
    if text.startswith(_BINARY_PREFIX):
        _refuse_nul_texts(text)
    try:
        return encode_basestring(text).encode()
    except UnicodeEncodeError as error:
        raise _lone_surrogate() from error


def _lone_surrogate() -> LocalProtocolError:
    return LocalProtocolError("a text holds a lone surrogate; UTF-8 cannot carry it")
