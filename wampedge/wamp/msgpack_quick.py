"""The quick way in for the messages of calls and events, where msgpack has its C extension.

A short message without options, whose arguments are a few plain values, is decoded here in one go.
Whatever differs in the least gives None and goes through ``MsgpackSerializer``, which takes it or
says what is wrong: correctness never depends on this module. Every value is decoded, so what is
passed on as bytes is known to be well-formed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgpack

from wampedge.wamp.ids import MAX_ID
from wampedge.wamp.messages import Call, Event, Invocation, Message, Publish, Result, Yield
from wampedge.wamp.payload import Payload, PayloadCodec

__all__ = ["MAX_QUICK_BYTES", "QUICK", "QuickDecode"]

QuickDecode = Callable[[bytes, PayloadCodec], Message | None]

MAX_QUICK_BYTES = 1024
"""Longer messages go the long way: a C decoder makes room for what a list claims to hold before
it has seen it, and lists in lists of so few bytes cannot claim much."""

_MAX_VALUES = 8
_SCALARS = frozenset({str, int, float, bool, bytes, type(None)})
_UNREADABLE = (ValueError, TypeError, OverflowError)

_NO_OPTIONS = 0x80
_LAST_FIXSTR = 0xBF
_STR_8 = 0xD9

_ID_SIZES = [0] * 256
"""Bytes of an id by the first of them; 0 for what is no id."""
_ID_SIZES[0x01:0x80] = [1] * 0x7F
_ID_SIZES[0xCC:0xD0] = [2, 3, 5, 9]

_unpack = msgpack.unpackb
_raw = Payload.raw


def _are_flat(elements: list[Any]) -> bool:
    """Tell whether *elements* are [args] or [args, kwargs] with a few scalars in them."""
    args = elements[0]
    if type(args) is not list or len(args) > _MAX_VALUES:
        return False
    for value in args:
        if type(value) not in _SCALARS:
            return False
    if len(elements) == 1:
        return True
    kwargs = elements[1]
    if type(kwargs) is not dict or len(kwargs) > _MAX_VALUES or len(elements) != 2:
        return False
    return all(type(key) is str and type(kwargs[key]) in _SCALARS for key in kwargs)


def _with_uri(make: Callable[[int, dict[str, Any], str, Payload], Message]) -> QuickDecode:
    """Return what decodes ``[type, id, options, URI, args, kwargs?]``."""

    def decode(data: bytes, codec: PayloadCodec) -> Message | None:
        try:
            _type, number, options, uri, *elements = _unpack(data)
        except _UNREADABLE:
            return None
        size = _ID_SIZES[data[2]]
        at = 2 + size
        if not (size and 0 < number <= MAX_ID and data[at] == _NO_OPTIONS and type(uri) is str):
            return None
        lead = data[at + 1]
        if lead <= _LAST_FIXSTR:
            at += lead - 0x9E
        elif lead == _STR_8:
            at += 3 + data[at + 2]
        else:
            return None
        if elements and _are_flat(elements):
            return make(number, options, uri, _raw(codec, data[at:], elements))
        return None

    return decode


def _with_id(make: Callable[[int, dict[str, Any], Payload], Message]) -> QuickDecode:
    """Return what decodes ``[type, id, options, args, kwargs?]``."""

    def decode(data: bytes, codec: PayloadCodec) -> Message | None:
        try:
            _type, number, options, *elements = _unpack(data)
        except _UNREADABLE:
            return None
        size = _ID_SIZES[data[2]]
        at = 2 + size
        if (
            size
            and 0 < number <= MAX_ID
            and data[at] == _NO_OPTIONS
            and elements
            and _are_flat(elements)
        ):
            return make(number, options, _raw(codec, data[at + 1 :], elements))
        return None

    return decode


def _with_ids(make: Callable[[int, int, dict[str, Any], Payload], Message]) -> QuickDecode:
    """Return what decodes ``[type, id, id, options, args, kwargs?]``."""

    def decode(data: bytes, codec: PayloadCodec) -> Message | None:
        try:
            _type, number, second, options, *elements = _unpack(data)
        except _UNREADABLE:
            return None
        size = _ID_SIZES[data[2]]
        more = _ID_SIZES[data[2 + size]]
        at = 2 + size + more
        if (
            size
            and more
            and 0 < number <= MAX_ID
            and 0 < second <= MAX_ID
            and data[at] == _NO_OPTIONS
            and elements
            and _are_flat(elements)
        ):
            return make(number, second, options, _raw(codec, data[at + 1 :], elements))
        return None

    return decode


QUICK: Mapping[int, QuickDecode] = {
    Call.TYPE: _with_uri(Call),
    Publish.TYPE: _with_uri(Publish),
    Yield.TYPE: _with_id(Yield),
    Result.TYPE: _with_id(Result),
    Event.TYPE: _with_ids(Event),
    Invocation.TYPE: _with_ids(Invocation),
}
"""By message type: decodes a message of at most ``MAX_QUICK_BYTES``, if it is a plain one."""
