"""The JSON serializer: strict in what it takes, with the binary convention of WAMP.

Bytes travel as a string of NUL and base64 (specification, "Binary conversion of JSON strings").
JSON has no NaN and no infinities: they are refused when they come in, and become null on the way
out, whether they were computed here or came from a MessagePack peer.
"""

from __future__ import annotations

import binascii
import json
import math
from collections.abc import Sequence
from typing import Any, ClassVar

from wampedge.errors import LocalProtocolError, RemoteProtocolError
from wampedge.wamp.messages import Message
from wampedge.wamp.validation import from_wire, to_wire
from wampedge.wamp.values import check_incoming, check_outgoing

__all__ = ["JsonSerializer"]

_BINARY_PREFIX = "\0"
_ESCAPED_NUL = '"\\u0000'


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _finite_float(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise ValueError("number is too large")
    return number


_DECODER = json.JSONDecoder(parse_constant=_refuse_constant, parse_float=_finite_float)


def _binary_text(value: Any) -> str:
    """Write bytes as WAMP does in JSON."""
    if isinstance(value, bytes | bytearray | memoryview):
        return _BINARY_PREFIX + binascii.b2a_base64(value, newline=False).decode()
    raise LocalProtocolError(f"a value of type {type(value).__name__} cannot be sent")


_ENCODER = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=_binary_text
)


class JsonSerializer:
    """WAMP messages as JSON text in UTF-8. Stateless; one instance serves everybody."""

    name: ClassVar[str] = "json"
    subprotocol: ClassVar[str] = "wamp.2.json"
    is_binary: ClassVar[bool] = False
    rawsocket_id: ClassVar[int] = 1

    def decode(self, data: bytes) -> Message:
        """Decode one message; raises RemoteProtocolError for anything else."""
        return from_wire(_decode_values(data))

    def encode(self, message: Message) -> bytes:
        """Encode one message; raises LocalProtocolError when a value has no form in JSON."""
        wire = to_wire(message)
        check_outgoing(wire)
        return _encode_values(wire)

    def decode_tail(self, tail: bytes) -> Sequence[Any]:
        """Decode the elements after the head, each preceded by a comma."""
        values: list[Any] = _decode_values(b"[" + tail[1:] + b"]")
        return values

    def encode_tail(self, elements: Sequence[Any], *, is_checked: bool) -> bytes:
        """Encode the elements after the head, each preceded by a comma."""
        if not elements:
            return b""
        if not is_checked:
            for element in elements:
                check_outgoing(element, depth=2)
        return b"," + _encode_values(list(elements))[1:-1]


def _decode_values(data: bytes) -> Any:
    """Decode JSON strictly; every way it can be broken ends in RemoteProtocolError."""
    try:
        text = str(data, "utf-8")
        values = _DECODER.decode(text)
        check_incoming(values)
        return _with_bytes(values) if _ESCAPED_NUL in text else values
    except RecursionError as error:
        raise RemoteProtocolError("JSON is nested too deeply") from error
    except ValueError as error:  # JSONDecodeError, UnicodeDecodeError, binascii.Error as well
        raise RemoteProtocolError(f"not JSON: {error}"[:200]) from error


def _with_bytes(value: Any) -> Any:
    """Turn the strings that stand for bytes into bytes."""
    if type(value) is str and value.startswith(_BINARY_PREFIX):
        return binascii.a2b_base64(value[1:], strict_mode=True)
    if type(value) is list:
        return [_with_bytes(item) for item in value]
    if type(value) is dict:
        return {key: _with_bytes(item) for key, item in value.items()}
    return value


def _encode_values(values: list[Any]) -> bytes:
    """Encode checked values; NaN and infinities become null."""
    try:
        try:
            text = _ENCODER.encode(values)
        except ValueError:  # NaN or an infinity somewhere
            text = _ENCODER.encode(_without_nan(values))
        if _ESCAPED_NUL in text:
            _refuse_nul_texts(values)
        return text.encode()
    except UnicodeEncodeError as error:
        raise LocalProtocolError("a text holds a lone surrogate; UTF-8 cannot carry it") from error
    except (ValueError, RecursionError) as error:
        raise LocalProtocolError(f"a value cannot be written as JSON: {error}"[:200]) from error


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
