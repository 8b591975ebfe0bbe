"""Payload passthru: arguments that are one piece of bytes, which routers carry without a look.

The application packs and unpacks it (its own encryption, an MQTT message); this names how.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

__all__ = ["Passthru"]


@dataclass(frozen=True, slots=True)
class Passthru:
    """How the one argument of a message is packed; ``options`` goes with the message.

    Args:
        scheme: who knows the keys or the form, such as ``mqtt`` or ``x_my_scheme``.
        serializer: what the bytes are written in, such as ``cbor``.
        cipher: what they are encrypted with.
        keyid: which key.
    """

    scheme: str
    serializer: str | None = None
    cipher: str | None = None
    keyid: str | None = None

    @classmethod
    def found_in(cls, options: Mapping[str, Any]) -> Self | None:
        """Return what the options or details of a message say, None when nothing is packed."""
        scheme = options.get("ppt_scheme")
        if not isinstance(scheme, str) or not scheme:
            return None
        others = (options.get(f"ppt_{name}") for name in ("serializer", "cipher", "keyid"))
        return cls(scheme, *(each if isinstance(each, str) else None for each in others))

    @property
    def options(self) -> dict[str, str]:
        """The options of a CALL or PUBLISH, or the details of a ``CallResult``."""
        named = {
            "ppt_scheme": self.scheme,
            "ppt_serializer": self.serializer,
            "ppt_cipher": self.cipher,
            "ppt_keyid": self.keyid,
        }
        return {name: value for name, value in named.items() if value is not None}
