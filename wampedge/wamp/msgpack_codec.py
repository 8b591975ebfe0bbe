"""The MessagePack serializer: strict in what it takes, with or without msgpack's C extension."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import msgpack

from wampedge.errors import LocalProtocolError, RemoteProtocolError
from wampedge.wamp.messages import Message
from wampedge.wamp.validation import from_wire, to_wire
from wampedge.wamp.values import MAX_ELEMENTS, check_incoming, check_outgoing

__all__ = ["MsgpackSerializer"]


def _refuse_extension(code: int, _data: bytes) -> Any:
    raise ValueError(f"extension type {code} is not part of WAMP")


class MsgpackSerializer:
    """WAMP messages as MessagePack. Stateless; one instance serves everybody."""

    name: ClassVar[str] = "msgpack"
    subprotocol: ClassVar[str] = "wamp.2.msgpack"
    is_binary: ClassVar[bool] = True
    rawsocket_id: ClassVar[int] = 2

    def decode(self, data: bytes) -> Message:
        """Decode one message; raises RemoteProtocolError for anything else."""
        return from_wire(_decode_values(data))

    def encode(self, message: Message) -> bytes:
        """Encode one message; raises LocalProtocolError when a value has no form in msgpack."""
        wire = to_wire(message)
        check_outgoing(wire)
        return _encode_values(wire)

    def decode_tail(self, tail: bytes) -> Sequence[Any]:
        """Decode the elements after the head (one or two)."""
        unpacker = _unpacker()
        unpacker.feed(tail)
        try:
            return list(unpacker)
        except (ValueError, TypeError, RecursionError, msgpack.UnpackException) as error:
            raise RemoteProtocolError(f"not MessagePack: {error}"[:200]) from error

    def encode_tail(self, elements: Sequence[Any], *, is_checked: bool) -> bytes:
        """Encode the elements after the head, one after the other."""
        if not is_checked:
            for element in elements:
                check_outgoing(element, depth=2)
        return b"".join([_encode_values(element) for element in elements])


def _unpacker() -> Any:
    return msgpack.Unpacker(
        strict_map_key=True,
        ext_hook=_refuse_extension,
        max_array_len=MAX_ELEMENTS,
        max_map_len=MAX_ELEMENTS,
    )


def _decode_values(data: bytes) -> Any:
    """Decode MessagePack strictly; every way it can be broken ends in RemoteProtocolError."""
    try:
        values = msgpack.unpackb(
            data,
            strict_map_key=True,
            ext_hook=_refuse_extension,
            max_array_len=min(MAX_ELEMENTS, len(data)),
            max_map_len=min(MAX_ELEMENTS, len(data)),
        )
    except (ValueError, TypeError, RecursionError, msgpack.UnpackException) as error:
        raise RemoteProtocolError(f"not MessagePack: {error}"[:200]) from error
    check_incoming(values)
    return values


def _encode_values(value: Any) -> bytes:
    try:
        packed: bytes = msgpack.packb(value)
    except (ValueError, TypeError, OverflowError, RecursionError) as error:
        raise LocalProtocolError(f"a value cannot be written as MessagePack: {error}") from error
    return packed
