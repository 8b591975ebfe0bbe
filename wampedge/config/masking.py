"""Keeping secrets out of reports: what a line of a device file shows of them is stars."""

from __future__ import annotations

import re
from typing import Final

from wampedge.config.layout import KeyPath, Span
from wampedge.config.scanner import scan

__all__ = ["masked"]

# The repetitions are bounded: a hostile line must not cost more than its length.
_KEYS: Final = re.compile(
    r"""(?i)(?:secret|passw|passphrase|ticket|token|credential|private|key)[\w-]{0,40}+["']?"""
    r"""[ \t]{0,40}+=[ \t]{0,40}+("(?:[^"\\\n]|\\.)*+"?|'[^'\n]*+'?|[^\s,}\]#]++)"""
)
_USER_INFO: Final = re.compile(r"""://([^/\s"'@]+)@""")
_HARMLESS: Final = re.compile(r"""["']?\$\{[^}"']*\}["']?""")
_PUBLIC_AUTH_KEYS: Final = frozenset({"method", "id", "salt", "iterations"})


def masked(source: str) -> str:
    """Return *source*, same lines and columns, with stars for all that may be a secret.

    That is: values of keys that sound like one, everything in an ``auth`` table but method,
    id, salt and iterations (a misspelt ``secret`` too), and user names and passwords in URLs.
    ``${...}`` stays.
    """
    spans = [Span(*match.span(1)) for pattern in (_KEYS, _USER_INFO) for match in pattern.finditer(source)]  # fmt: skip # noqa: E501 # reads best in one line
    if "auth" in source or "\\" in source:  # a key may be written with escapes
        spans += [place.value for path, place in scan(source).places.items() if _is_private(path)]
    characters = list(source)
    for start, end in spans:
        if not _HARMLESS.fullmatch(source[start:end]):
            for at in range(start, end):
                if source[at] not in "\n\"'":
                    characters[at] = "*"
    return "".join(characters)


def _is_private(path: KeyPath) -> bool:
    return "auth" in path[:-1] and path[-1] not in _PUBLIC_AUTH_KEYS
