"""Refusing requests whose options are wrong, or ask for what this router does not do.

What an option may hold is the table of ``wampedge.wamp.options``; here stands only what the
specification allows and this router does not understand. Options nobody knows are ignored, as
the specification wants; null counts as absent.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wampedge.errors import ApplicationError, RemoteProtocolError
from wampedge.router.names import INVALID_ARGUMENT
from wampedge.wamp.messages import Call, Cancel, Publish, Register, Subscribe
from wampedge.wamp.options import check_options as check_kinds

__all__ = ["check_options", "check_payload_mode"]

_ANY: Mapping[str, tuple[Any, ...]] = {}

_PASSTHRU = ("ppt_scheme", "enc_algo")

_UNDERSTOOD: Mapping[type[Any], Mapping[str, tuple[Any, ...]]] = {
    # A caller that means to send more arguments later must not be taken to be done.
    Call: {"progress": (False,)},
}


def check_options(request: Subscribe | Publish | Register | Call | Cancel) -> None:
    """Refuse *request* if an option has a value that is not allowed or not understood here.

    Raises:
        ApplicationError: with the URI ``wamp.error.invalid_argument``, naming the option.
        RemoteProtocolError: see ``check_payload_mode``.
    """
    check_payload_mode(request.options)
    try:
        check_kinds(request)
    except RemoteProtocolError as error:
        raise ApplicationError(INVALID_ARGUMENT, [f"option {error}"]) from error
    for name, values in _UNDERSTOOD.get(type(request), _ANY).items():
        value = request.options.get(name)
        if value is not None and value not in values:
            understood = " or ".join(str(each).lower() for each in values)
            text = f"option {name} must be {understood} here, got {value}"
            raise ApplicationError(INVALID_ARGUMENT, [text])


def check_payload_mode(options: Mapping[str, Any]) -> None:
    """Refuse a payload that is sealed for the far end, which this router does not announce.

    Passing it on without these options would hand the receiver a message it cannot read.

    Raises:
        RemoteProtocolError: as the specification wants it, "Payload Passthru Mode".
    """
    for name in _PASSTHRU:
        if options.get(name) is not None:
            raise RemoteProtocolError(f"option {name}: payload passthru was not announced")
