"""The grammar of WAMP URIs (topics, procedures, errors, realms): loose, strict, reserved.

Whether a URI may be used is decided by the router, which answers ERROR ``wamp.error.invalid_uri``;
a message that carries a bad one is still a well-formed message.
"""

from __future__ import annotations

import re

__all__ = ["MAX_URI_BYTES", "RESERVED_ROOTS", "is_loose_uri", "is_reserved_uri", "is_strict_uri"]

MAX_URI_BYTES = 255
RESERVED_ROOTS = ("wamp", "wampedge")

# Specification, "URIs": loose components hold anything but white space, '.' and '#'. Control
# characters are refused as well: they are legal there, but they break logs and terminals.
_LOOSE_COMPONENT = r"[^\s.#\x00-\x1f\x7f-\x9f]+"
_STRICT_COMPONENT = r"[0-9a-z_]+"


def _grammars(component: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Compile the grammar of complete URIs, and the one of patterns with empty components."""
    complete = re.compile(rf"{component}(?:\.{component})*")
    with_gaps = re.compile(rf"(?:{component})?(?:\.(?:{component})?)*")
    return complete, with_gaps


_LOOSE, _LOOSE_WITH_GAPS = _grammars(_LOOSE_COMPONENT)
_STRICT, _STRICT_WITH_GAPS = _grammars(_STRICT_COMPONENT)


def is_loose_uri(text: str, *, allow_empty_components: bool = False) -> bool:
    """Tell whether *text* is a URI as any WAMP peer may use it.

    Args:
        text: the URI.
        allow_empty_components: True for wildcard patterns such as ``edge..state``, and for
            prefixes that end in a dot. The empty text then counts as one empty component.

    Returns:
        False as well for anything over 255 bytes of UTF-8, or with lone surrogates.
    """
    grammar = _LOOSE_WITH_GAPS if allow_empty_components else _LOOSE
    return _is_short(text) and grammar.fullmatch(text) is not None


def is_strict_uri(text: str, *, allow_empty_components: bool = False) -> bool:
    """Tell whether *text* is made of lower-case letters, digits, ``_`` and dots only."""
    grammar = _STRICT_WITH_GAPS if allow_empty_components else _STRICT
    return _is_short(text) and grammar.fullmatch(text) is not None


def is_reserved_uri(text: str) -> bool:
    """Tell whether *text* lies under ``wamp.`` or ``wampedge.``, which no client may claim."""
    return text.startswith(RESERVED_ROOTS) and text.partition(".")[0] in RESERVED_ROOTS


def _is_short(text: str) -> bool:
    """Tell whether *text* fits in 255 bytes of UTF-8 (and can be written in it at all)."""
    if len(text) > MAX_URI_BYTES:
        return False
    try:
        return text.isascii() or len(text.encode()) <= MAX_URI_BYTES
    except UnicodeEncodeError:
        return False
