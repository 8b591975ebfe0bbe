"""Kinds of values that are addresses of routers or WAMP URIs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from wampedge.config.kinds import Expandable
from wampedge.devices.fields import NAME_PATTERN, Field, FieldError, ListOf, shown
from wampedge.errors import ConfigError
from wampedge.wamp.uris import MAX_URI_BYTES, RESERVED_ROOTS, is_loose_uri, is_reserved_uri

if TYPE_CHECKING:
    from wampedge.transports.url import TransportUrl

__all__ = [
    "MAX_UPSTREAM_URLS",
    "ListenUrl",
    "UpstreamUrl",
    "UpstreamUrls",
    "UriPrefix",
    "UriRule",
    "UriText",
    "parsed_url",
]

MAX_UPSTREAM_URLS: Final = 8
"""Routers of one link; each that is away may cost several seconds of a round."""

_PREFIX_PATTERN: Final = rf"{NAME_PATTERN}(?:\.{NAME_PATTERN})*"
_NETWORK_URL: Final = "(?:wss?|rss?|tcp)://.+|unix:/.+"
_DEFAULT_SOCKET: Final = "unix:"


class UriPrefix(Field):
    """The begin of every URI of the node: names joined by dots, not under a reserved root."""

    def convert(self, value: Any) -> str:
        """Return the prefix; raises FieldError."""
        if not isinstance(value, str):
            raise FieldError(f"must be a text, got {shown(value)}")
        if not re.fullmatch(_PREFIX_PATTERN, value):
            raise FieldError(
                f"must be names of a-z, 0-9 and _ joined by dots, got {shown(value)}",
                _prefix_hint(value),
            )
        if is_reserved_uri(value):
            root = value.partition(".")[0]
            hint = "the router keeps it for itself"
            raise FieldError(f"must not be under {root}, got {shown(value)}", hint)
        if len(value) > MAX_URI_BYTES:
            raise FieldError(f"must leave room in URIs of {MAX_URI_BYTES} bytes, got {len(value)}")
        return value

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of a prefix."""
        return {
            "type": "string",
            "pattern": f"^{_PREFIX_PATTERN}$",
            "maxLength": MAX_URI_BYTES,
            "not": {"pattern": rf"^(?:{'|'.join(RESERVED_ROOTS)})(?:\.|$)"},
        }


class UriText(Field):
    """A URI as any WAMP peer may use it, such as the name of a realm."""

    def convert(self, value: Any) -> str:
        """Return the URI; raises FieldError."""
        if not isinstance(value, str) or not is_loose_uri(value):
            raise FieldError(f"must be a WAMP URI, without spaces and #, got {shown(value)}")
        return value

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of a URI."""
        return {
            "type": "string",
            "pattern": r"^[^\s.#]+(?:\.[^\s.#]+)*$",
            "maxLength": MAX_URI_BYTES,
        }


class UriRule(Field):
    """A rule for URIs: one URI, a prefix that ends in a dot, or with gaps for any component."""

    def convert(self, value: Any) -> str:
        """Return the rule; raises FieldError."""
        from wampedge.router.rules import AUTHID, is_rule  # noqa: PLC0415 # only files with roles need the router

        # "*" is legal in a URI, but who writes it in a rule means any text.
        if isinstance(value, str) and is_rule(value) and "*" not in value:
            return value
        if value == "":
            raise FieldError("must not be empty", "for nobody at all, leave the list empty")
        hint = 'write "edge.gh1.lamp.on", "edge.gh1." for all below, "edge..status" for any node'
        if isinstance(value, str) and "{" in value.replace(AUTHID, ""):
            hint = "in braces there is only {authid}, the name of the user"
        elif isinstance(value, str) and value.endswith(".*"):
            hint = f"write {shown(value[:-1])} for all below it"
        raise FieldError(f"must be a rule for URIs, got {shown(value)}", hint)

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of a rule."""
        return {
            "type": "string",
            "pattern": r"^(?:[^\s#{}*]|\{authid\})+$",
            "maxLength": MAX_URI_BYTES,
        }


class UpstreamUrl(Field):
    """The address of a router."""

    def convert(self, value: Any) -> str:
        """Return the address as it is written; raises FieldError."""
        if not isinstance(value, str):
            raise FieldError(f"must be a text, got {shown(value)}")
        url = parsed_url(value)
        if not url.socket_path and not url.port:
            raise FieldError("must name a port other than 0")
        return value

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of an address."""
        return {"type": "string", "pattern": f"^(?:{_NETWORK_URL})$"}


_URL: Final = Expandable(UpstreamUrl())
_URLS: Final = ListOf(_URL, 1, MAX_UPSTREAM_URLS)


class UpstreamUrls(Field):
    """The address of a router, or a list of addresses to fall over."""

    def convert(self, value: Any) -> tuple[str, ...]:
        """Return the addresses in their order; raises FieldError."""
        if isinstance(value, str):
            return (UpstreamUrl().convert(value),)
        if not isinstance(value, list | tuple):
            raise FieldError(f"must be a text or a list of texts, got {shown(value)}")
        urls: tuple[str, ...] = _URLS.convert(value)
        for place, url in enumerate(urls):
            if url in urls[:place]:
                raise FieldError("is listed twice", path=(place,))
        return urls

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of one address or several, before the replacement of texts."""
        return {"anyOf": [_URL.schema(), _URLS.schema()]}


class ListenUrl(Field):
    """An address the local router listens on; ``unix:`` is the socket in the runtime folder."""

    def convert(self, value: Any) -> str:
        """Return the address as it is written; raises FieldError."""
        if not isinstance(value, str):
            raise FieldError(f"must be a text, got {shown(value)}")
        if value == _DEFAULT_SOCKET:
            return value
        parsed_url(value)
        return value

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of an address."""
        return {"type": "string", "pattern": f"^(?:{_NETWORK_URL}|{_DEFAULT_SOCKET})$"}


def parsed_url(text: str) -> TransportUrl:
    """Return what *text* says as an address; raises FieldError, without the text itself."""
    from wampedge.transports.url import parse_url  # noqa: PLC0415 # only [router], [upstream] need it

    try:
        url = parse_url(text)
    except ConfigError as error:
        reason = str(error).removeprefix(f"url {text!r} ").removeprefix("url ")
        raise FieldError(reason) from None
    if url.socket_path and not url.socket_path.startswith("/"):
        raise FieldError("must name the socket by an absolute path")
    return url


def _prefix_hint(value: str) -> str:
    proper = re.sub(r"\.{2,}", ".", re.sub(r"[^a-z0-9_.]+", "_", value.lower())).strip("._")
    is_short = re.fullmatch(_PREFIX_PATTERN, proper) and len(proper) <= 60
    return f'write "{proper}"' if is_short and "{" not in value else ""
