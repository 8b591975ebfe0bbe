"""What the options and details of messages may hold, as one table, and the check against it.

A wrong option does not break the message it came in: the router answers a request that has one
with ERROR ``wamp.error.invalid_argument``, and the session lives. Keys that are not in the table
are ignored, as the specification asks; so is an option that is null.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from wampedge.errors import RemoteProtocolError
from wampedge.wamp.hops import MAX_HOPS
from wampedge.wamp.ids import is_id
from wampedge.wamp.marking import MARK_OPTION
from wampedge.wamp.messages import (
    Call,
    Cancel,
    Error,
    Event,
    Hello,
    Interrupt,
    Invocation,
    Message,
    Publish,
    Register,
    Result,
    Subscribe,
    Welcome,
    Yield,
)
from wampedge.wamp.overflow import OVERFLOW_OPTION, OVERFLOW_POLICIES
from wampedge.wamp.retaining import CLEAR_OPTION, OMITTED_DETAIL
from wampedge.wamp.validation import shown

__all__ = ["check_options"]

_MAX_NODE = 64


@dataclass(frozen=True, slots=True)
class _Kind:
    """What an option must be: *wanted* for people, *accepts* for values."""

    wanted: str
    accepts: Callable[[Any], bool]


def _is_bool(value: Any) -> bool:
    return type(value) is bool


def _is_str(value: Any) -> bool:
    return type(value) is str


def _is_dict(value: Any) -> bool:
    return type(value) is dict


def _is_natural(value: Any) -> bool:
    return type(value) is int and value >= 0


def _is_positive(value: Any) -> bool:
    return type(value) is int and value >= 1


def _is_id_list(value: Any) -> bool:
    return type(value) is list and all(is_id(item) for item in value)


def _is_str_list(value: Any) -> bool:
    return type(value) is list and all(type(item) is str for item in value)


def _is_forward_list(value: Any) -> bool:
    """Accept what a router-to-router link adds: one dict for each router passed."""
    if type(value) is not list or len(value) > MAX_HOPS:
        return False
    return all(
        type(hop) is dict
        and type(hop.get("session")) in {int, type(None)}
        and type(hop.get("authid")) in {str, type(None)}
        and type(hop.get("authrole")) in {str, type(None)}
        and (type(hop.get("x_node")) is not str or len(hop["x_node"]) <= _MAX_NODE)
        for hop in value
    )


def _one_of(*names: str) -> _Kind:
    return _Kind("one of " + ", ".join(names), frozenset(names).__contains__)


def _known_or_custom(*names: str) -> _Kind:
    """Accept *names*, and the ``x_`` names implementations may add."""

    def accepts(value: Any) -> bool:
        return type(value) is str and (value in names or value.startswith("x_"))

    return _Kind("one of " + ", ".join(names) + " or a name with x_", accepts)


_BOOL = _Kind("a boolean", _is_bool)
_STR = _Kind("a string", _is_str)
_DICT = _Kind("a dict", _is_dict)
_ID = _Kind("an id", is_id)
_IDS = _Kind("a list of session ids", _is_id_list)
_STRS = _Kind("a list of strings", _is_str_list)
_TIMEOUT = _Kind("a number of milliseconds, 0 or more", _is_natural)
_LEVEL = _Kind("an integer of 0 or more", _is_natural)
_COUNT = _Kind("an integer of 1 or more", _is_positive)
_MATCH = _one_of("exact", "prefix", "wildcard")
_INVOKE = _one_of("single", "first", "last", "roundrobin", "random")
_CANCEL_MODE = _one_of("skip", "kill", "killnowait")

_SEALED = {
    "enc_algo": _known_or_custom("cryptobox", "mqtt", "xbr"),
    "enc_serializer": _known_or_custom(
        "json", "msgpack", "cbor", "ubjson", "flatbuffers", "opaque"
    ),
    "enc_key": _STR,
    "ppt_scheme": _STR,
    "ppt_serializer": _STR,
    "ppt_cipher": _STR,
    "ppt_keyid": _STR,
    "forward_for": _Kind(f"a list of at most {MAX_HOPS} dicts", _is_forward_list),
}
_FORWARDED = {"forward_for": _SEALED["forward_for"]}

_OPTIONS: dict[type[Message], Mapping[str, _Kind]] = {
    Hello: {
        "authid": _STR,
        "authrole": _STR,
        "authmethods": _STRS,
        "authextra": _DICT,
        "agent": _STR,
    },
    Welcome: {
        "realm": _STR,
        "authid": _STR,
        "authrole": _STR,
        "authmethod": _STR,
        "authprovider": _STR,
        "authextra": _DICT,
    },
    Publish: {
        "acknowledge": _BOOL,
        "exclude_me": _BOOL,
        "disclose_me": _BOOL,
        "exclude": _IDS,
        "exclude_authid": _STRS,
        "exclude_authrole": _STRS,
        "eligible": _IDS,
        "eligible_authid": _STRS,
        "eligible_authrole": _STRS,
        "retain": _BOOL,
        CLEAR_OPTION: _BOOL,
        MARK_OPTION: _DICT,
        "transaction_hash": _STR,
        **_SEALED,
    },
    Subscribe: {
        "match": _MATCH,
        "get_retained": _BOOL,
        OVERFLOW_OPTION: _one_of(*OVERFLOW_POLICIES),
        **_FORWARDED,
    },
    Event: {
        "publisher": _ID,
        "publisher_authid": _STR,
        "publisher_authrole": _STR,
        "trustlevel": _LEVEL,
        "topic": _STR,
        "retained": _BOOL,
        OMITTED_DETAIL: _COUNT,
        "transaction_hash": _STR,
        "x_acknowledged_delivery": _BOOL,
        **_SEALED,
    },
    Call: {
        "timeout": _TIMEOUT,
        "receive_progress": _BOOL,
        "progress": _BOOL,
        "disclose_me": _BOOL,
        "transaction_hash": _STR,
        **_SEALED,
    },
    Cancel: {"mode": _CANCEL_MODE, **_FORWARDED},
    Result: {"progress": _BOOL, **_SEALED},
    Register: {
        "match": _MATCH,
        "invoke": _INVOKE,
        "concurrency": _COUNT,
        "force_reregister": _BOOL,
        "disclose_caller": _BOOL,
        "forward_timeout": _BOOL,
        "x_failover": _BOOL,
        "x_fallback": _BOOL,
        **_FORWARDED,
    },
    Invocation: {
        "timeout": _TIMEOUT,
        "receive_progress": _BOOL,
        "progress": _BOOL,
        "caller": _ID,
        "caller_authid": _STR,
        "caller_authrole": _STR,
        "trustlevel": _LEVEL,
        "procedure": _STR,
        **_SEALED,
    },
    Interrupt: {"mode": _CANCEL_MODE, "reason": _STR, **_FORWARDED},
    Yield: {"progress": _BOOL, **_SEALED},
    Error: _SEALED,
}


def check_options(message: Message) -> None:
    """Check the options or details of *message*.

    Raises:
        RemoteProtocolError: an option has the wrong type or value; the text names it.
    """
    kinds = _OPTIONS.get(type(message))
    if kinds is None:
        return
    options: dict[str, Any] = getattr(message, "options", None) or getattr(message, "details", {})
    if not options:
        return
    for name, value in options.items():
        kind = kinds.get(name)
        if kind is None or value is None:
            continue
        if not _accepts(kind, value):
            raise RemoteProtocolError(f"{name} must be {kind.wanted}, got {shown(value)}")


def _accepts(kind: _Kind, value: Any) -> bool:
    try:
        return kind.accepts(value)
    except TypeError:  # a list or dict is in no set of names
        return False
