"""Arguments and keyword arguments of a message, decoded or still as the bytes of the wire."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

__all__ = ["EMPTY", "Payload", "PayloadCodec"]


class PayloadCodec(Protocol):
    """The part of a serializer that turns a payload to bytes and back."""

    name: str

    def decode_tail(self, tail: bytes) -> tuple[list[Any], dict[str, Any]]:
        """Decode the trailing elements of a message; raises RemoteProtocolError."""
        ...

    def encode_tail(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> bytes:
        """Encode the trailing elements of a message; raises LocalProtocolError."""
        ...


class Payload:
    """*Arguments* and *ArgumentsKw* of one message; immutable, shared freely between sessions.

    Made from values (``Payload((1, 2), {"unit": "V"})``) or from raw bytes (``Payload.raw``).
    Raw bytes are decoded at the first look and passed on untouched when both sides of a router
    use the same serializer.
    """

    __slots__ = ("_args", "_codec", "_kwargs", "_tail")

    def __init__(self, args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None) -> None:
        self._args: Sequence[Any] | None = args
        self._kwargs: Mapping[str, Any] | None = kwargs or {}
        self._codec: PayloadCodec | None = None
        self._tail = b""

    @classmethod
    def raw(cls, codec: PayloadCodec, tail: bytes) -> Payload:
        """Keep *tail*, the encoded trailing elements as *codec* wrote them, undecoded."""
        payload = cls.__new__(cls)
        payload._args = payload._kwargs = None
        payload._codec = codec
        payload._tail = tail
        return payload

    @property
    def args(self) -> Sequence[Any]:
        """Positional arguments; raises RemoteProtocolError when the raw bytes are broken."""
        if self._args is None:
            self._decode()
        assert self._args is not None, "decoded above"
        return self._args

    @property
    def kwargs(self) -> Mapping[str, Any]:
        """Keyword arguments; raises RemoteProtocolError when the raw bytes are broken."""
        if self._kwargs is None:
            self._decode()
        assert self._kwargs is not None, "decoded above"
        return self._kwargs

    def tail(self, codec: PayloadCodec) -> bytes:
        """Return the trailing elements as *codec* writes them, untouched where it wrote them."""
        if self._codec is codec:
            return self._tail
        return codec.encode_tail(self.args, self.kwargs)

    def _decode(self) -> None:
        assert self._codec is not None, "a payload has values or a codec"
        self._args, self._kwargs = self._codec.decode_tail(self._tail)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Payload):
            return NotImplemented
        return list(self.args) == list(other.args) and dict(self.kwargs) == dict(other.kwargs)

    def __hash__(self) -> int:
        return hash((len(self.args), len(self.kwargs)))

    def __repr__(self) -> str:
        return f"Payload({list(self.args)!r}, {dict(self.kwargs)!r})"


EMPTY = Payload()
