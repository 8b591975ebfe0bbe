"""What a client reads from the details of a router's messages, checked and shortened."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wampedge.errors import RemoteProtocolError
from wampedge.wamp.ids import is_id

__all__ = ["printable", "reason_in", "revoked_id_in", "text_in"]

_MAX_TEXT = 500
_MAX_URI = 255


def printable(text: str, limit: int = _MAX_URI) -> str:
    """Return *text* fit for a log: at most *limit* characters, control characters replaced."""
    shown = text[:limit]
    if shown.isprintable():
        return shown
    return "".join(character if character.isprintable() else "\ufffd" for character in shown)


def text_in(details: Mapping[str, Any]) -> str | None:
    """Return what the router says for people, at most 500 characters, or None."""
    text = details.get("message")
    return printable(text, _MAX_TEXT) if isinstance(text, str) else None


def reason_in(details: Mapping[str, Any]) -> str:
    """Return why the router took something away, as a URI."""
    reason = details.get("reason")
    return printable(reason) if isinstance(reason, str) else "wamp.error.unknown"


def revoked_id_in(details: Mapping[str, Any], key: str) -> int:
    """Return the registration or subscription a revocation names.

    Raises:
        RemoteProtocolError: it names none. A revocation answers no request, so it must.
    """
    revoked_id = details.get(key)
    if not isinstance(revoked_id, int) or not is_id(revoked_id):
        raise RemoteProtocolError(f"a revocation must name a {key} in its details")
    return revoked_id
