"""The cookies that a router gives to a program, as it gives them to browsers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

__all__ = ["ClientCookies"]

_MAX_COOKIES: Final = 16
_MAX_LENGTH: Final = 4096


class ClientCookies:
    """The cookies of one router; handed to every connection to it, and kept between them.

    How long a cookie is good is for the router to know, so none is dropped for its age.
    """

    def __init__(self) -> None:
        self._value_by_name: dict[str, str] = {}
        self._secure_names: set[str] = set()

    def __len__(self) -> int:
        return len(self._value_by_name)

    def header(self, *, is_encrypted: bool) -> str:
        """Return the ``Cookie`` header; empty where there is nothing to send.

        Args:
            is_encrypted: the connection has TLS; without, what was meant for TLS stays here.
        """
        return "; ".join(
            f"{name}={value}"
            for name, value in self._value_by_name.items()
            if is_encrypted or name not in self._secure_names
        )

    def take(self, headers: Iterable[str]) -> None:
        """Keep what the ``Set-Cookie`` headers of an answer give; too much of it is dropped."""
        for header in headers:
            pair, *attributes = (part.strip() for part in header.split(";"))
            name, is_pair, value = pair.partition("=")
            is_new = name not in self._value_by_name
            if not (name and is_pair) or len(pair) > _MAX_LENGTH:
                continue
            if is_new and len(self._value_by_name) >= _MAX_COOKIES:
                continue
            self._value_by_name[name] = value
            if "secure" in (attribute.lower() for attribute in attributes):
                self._secure_names.add(name)
