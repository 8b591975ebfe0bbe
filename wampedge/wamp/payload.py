"""Arguments and keyword arguments of a message, as values and as the bytes of the wire."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

__all__ = ["EMPTY", "Elements", "Payload", "PayloadCodec"]

Elements = Sequence[Any]
"""The trailing elements of a message: none, [args], [args, kwargs], or [blob] when sealed."""


class PayloadCodec(Protocol):
    """The part of a serializer that writes a payload."""

    @property
    def name(self) -> str:
        """Short name, such as ``json``."""
        ...

    def encode_tail(self, elements: Elements, *, is_checked: bool) -> bytes:
        """Encode the trailing elements of a message.

        Args:
            elements: zero to two of them.
            is_checked: True when they were decoded from a message, so that depth, size, keys and
                types are known to be right.

        Raises:
            LocalProtocolError: a value has no form in this serializer.
        """
        ...


class Payload:
    """*Arguments* and *ArgumentsKw* of one message; immutable, shared freely between sessions.

    Made from values (``Payload((1, 2), {"unit": "V"})``), from a message (``Payload.raw``) or from
    an encrypted blob (``Payload.sealed``). Bytes that came in are passed on untouched to everybody
    with the same serializer; for the others a payload is written once per serializer.
    """

    __slots__ = ("_codec", "_tail", "_tails", "elements")

    elements: Elements
    """The trailing elements of the message as values, zero to two."""

    # The bytes of the codec that wrote or read it first, and those of all others: nearly no
    # payload has others, so that it needs no dict.
    _codec: PayloadCodec | None
    _tail: bytes
    _tails: dict[PayloadCodec, bytes] | None

    def __init__(self, args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None) -> None:
        self.elements = (list(args), dict(kwargs)) if kwargs else (list(args),) if args else ()
        self._codec = self._tails = None
        self._tail = b""

    @staticmethod
    def raw(codec: PayloadCodec, tail: bytes, elements: Elements) -> Payload:
        """Keep what came in: *elements*, and *tail* as the bytes *codec* read them from."""
        payload = _new(Payload)
        payload.elements = elements
        payload._codec = codec
        payload._tail = tail
        payload._tails = None
        return payload

    @classmethod
    def sealed(cls, blob: bytes | str) -> Payload:
        """Carry *blob*, which only the end points can read, in the place of the arguments."""
        payload = cls()
        payload.elements = (blob,)
        return payload

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
        if len(self.elements) < 2:
            return {}
        kwargs: Mapping[str, Any] = self.elements[1]
        return kwargs

    @property
    def value(self) -> Any:
        """The first positional argument, or None when there is none."""
        args = self.args
        return args[0] if args else None

    @property
    def blob(self) -> bytes | str | None:
        """The encrypted blob of a sealed payload, None for all others."""
        elements = self.elements
        if elements and isinstance(elements[0], bytes | str):
            return elements[0]
        return None

    @property
    def is_unwritten(self) -> bool:
        """Whether no serializer read or wrote the payload yet."""
        return self._codec is None

    def has_tail(self, codec: PayloadCodec) -> bool:
        """Tell whether *codec* read or wrote the payload before, so that its bytes are there."""
        return codec is self._codec or (self._tails is not None and codec in self._tails)

    def tail(self, codec: PayloadCodec) -> bytes:
        """Return the trailing elements as *codec* writes them, untouched where it read them.

        Raises:
            LocalProtocolError: a value has no form in that serializer (2**70 in MessagePack, a
                text that starts with NUL in JSON). The payload stays usable for all others; see
                ``wampedge.wamp.stand_ins`` for what its receiver gets instead.
        """
        if codec is self._codec:
            return self._tail
        if self._codec is None:
            self._tail = codec.encode_tail(self.elements, is_checked=False)
            self._codec = codec
            return self._tail
        if self._tails is None:
            self._tails = {}
        if codec not in self._tails:
            # Whatever came in or was written once has passed the checks all serializers share.
            self._tails[codec] = codec.encode_tail(self.elements, is_checked=True)
        return self._tails[codec]

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


_new = object.__new__
EMPTY = Payload()
