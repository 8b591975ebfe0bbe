"""Refusing requests whose options are wrong, or ask for what this router does not do.

What an option may hold is the table of ``wampedge.wamp.options``; here stands only what holds for
several together. Options nobody knows are ignored, as the specification wants; null counts as
absent.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wampedge.errors import ApplicationError, RemoteProtocolError
from wampedge.router.names import INVALID_ARGUMENT
from wampedge.wamp.messages import Call, Cancel, Publish, Register, Subscribe
from wampedge.wamp.options import check_options as check_kinds

__all__ = ["check_options", "check_payload_mode"]

_SEAL = ("ppt_serializer", "ppt_cipher", "ppt_keyid")


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
    options = request.options
    if options.keys().isdisjoint(_SEAL) or options.get("ppt_scheme"):
        return
    if any(options.get(name) is not None for name in _SEAL):
        text = "option ppt_scheme is missing, which every other ppt option needs"
        raise ApplicationError(INVALID_ARGUMENT, [text])


def check_payload_mode(options: Mapping[str, Any]) -> None:
    """Refuse a payload sealed in the way of old drafts, which this router does not announce.

    Passing it on without its options would hand the receiver a message it cannot read.

    Raises:
        RemoteProtocolError: as the specification wants it, "Payload Passthru Mode".
    """
    if options.get("enc_algo") is not None:
        raise RemoteProtocolError("option enc_algo: payload transparency was not announced")
