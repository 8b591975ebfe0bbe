"""Arguments and keyword arguments of a message, decoded or still as the bytes of the wire."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

__all__ = ["EMPTY", "Payload", "PayloadCodec"]

Elements = Sequence[Any]
"""The trailing elements of a message: none, [args], [args, kwargs], or [bytes] when sealed."""


class PayloadCodec(Protocol):
    """The part of a serializer that turns a payload to bytes and back."""

    @property
    def name(self) -> str:
        """Short name, such as ``json``."""
        ...

    def decode_tail(self, tail: bytes) -> Elements:
        """Decode the trailing elements of a message; raises RemoteProtocolError."""
        ...

    def encode_tail(self, elements: Elements, *, is_checked: bool) -> bytes:
        """Encode the trailing elements of a message.

        Args:
            elements: zero to two of them.
            is_checked: True when another codec decoded them, so that their types are known.

        Raises:
            LocalProtocolError: a value has no form in this serializer.
        """
        ...


class Payload:
    """*Arguments* and *ArgumentsKw* of one message; immutable, shared freely between sessions.

    Made from values (``Payload((1, 2), {"unit": "V"})``), from raw bytes (``Payload.raw``) or
    from an encrypted blob (``Payload.sealed``). Raw bytes are decoded at the first look and passed
    on untouched when both sides of a router use the same serializer; a payload that has to change
    serializer is converted once per serializer.
    """

    __slots__ = ("_codec", "_elements", "_other_codec", "_other_tail", "_size", "_tail")

    def __init__(self, args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None) -> None:
        elements = (list(args), dict(kwargs)) if kwargs else (list(args),) if args else ()
        self._elements: Elements | None = elements
        self._size = len(elements)
        self._codec: PayloadCodec | None = None
        self._tail = b""
        self._other_codec: PayloadCodec | None = None
        self._other_tail = b""

    @classmethod
    def sealed(cls, blob: bytes | str) -> Payload:
        """Carry *blob*, which only the end points can read, in the place of the arguments."""
        payload = cls()
        payload._elements = (blob,)
        payload._size = 1
        return payload

    @classmethod
    def raw(
        cls, codec: PayloadCodec, tail: bytes, size: int, elements: Elements | None = None
    ) -> Payload:
        """Keep *tail*, the encoded trailing elements as *codec* wrote them.

        Args:
            codec: the serializer that read them.
            tail: their bytes, known to be well-formed.
            size: how many elements they are: 0, 1 (args) or 2 (args, kwargs).
            elements: their values, where they are known already.
        """
        payload = cls.__new__(cls)
        payload._elements = elements
        payload._size = size
        payload._codec = codec
        payload._tail = tail
        payload._other_codec = None
        payload._other_tail = b""
        return payload

    @property
    def size(self) -> int:
        """Number of trailing elements on the wire: 0, 1 or 2."""
        return self._size

    @property
    def elements(self) -> Elements:
        """The trailing elements of the message as values."""
        if self._elements is None:
            assert self._codec is not None, "a payload has values or a codec"
            self._elements = self._codec.decode_tail(self._tail)
        return self._elements

    @property
    def args(self) -> Sequence[Any]:
        """Positional arguments; empty for a sealed payload."""
        elements = self.elements
        if not elements or isinstance(elements[0], bytes | str):
            return ()
        args: Sequence[Any] = elements[0]
        return args

    @property
    def kwargs(self) -> Mapping[str, Any]:
        """Keyword arguments; empty for a sealed payload."""
        elements = self.elements
        if len(elements) < 2:
            return {}
        kwargs: Mapping[str, Any] = elements[1]
        return kwargs

    @property
    def blob(self) -> bytes | str | None:
        """The encrypted blob of a sealed payload, None for all others."""
        elements = self.elements
        if elements and isinstance(elements[0], bytes | str):
            return elements[0]
        return None

    def tail(self, codec: PayloadCodec) -> bytes:
        """Return the trailing elements as *codec* writes them, untouched where it wrote them.

        Raises:
            LocalProtocolError: a value has no form in that serializer.
        """
        if self._codec is codec:
            return self._tail
        if self._other_codec is not codec:
            is_checked = self._codec is not None
            self._other_tail = codec.encode_tail(self.elements, is_checked=is_checked)
            self._other_codec = codec
        return self._other_tail

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Payload):
            return NotImplemented
        return (
            self.blob == other.blob
            and list(self.args) == list(other.args)
            and dict(self.kwargs) == dict(other.kwargs)
        )

    def __hash__(self) -> int:
        return hash((len(self.args), len(self.kwargs)))

    def __repr__(self) -> str:
        if self.blob is not None:
            return f"Payload.sealed({self.blob!r})"
        return f"Payload({list(self.args)!r}, {dict(self.kwargs)!r})"


EMPTY = Payload()
