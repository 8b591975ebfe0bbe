"""Values a device keeps when the node ends: totals, last states, times of the last switching."""

from __future__ import annotations

from typing import Protocol

__all__ = ["DEFAULT_WITHIN_S", "Kept", "KeptInMemory", "KeptValue"]

KeptValue = None | bool | int | float | str | list["KeptValue"] | dict[str, "KeptValue"]
"""What can be kept: whatever JSON has, at most 4 KiB of it."""

DEFAULT_WITHIN_S = 10.0
"""After how many seconds a value is safe where nothing else is said: each write wears the card."""


class Kept(Protocol):
    """The kept values of one device.

    They outlive reload, restart, the end of the process and a power cut, from the moment on when
    they are safe. Where the node has no place to keep them they live as long as the node.
    """

    def get(self, key: str, default: KeptValue = None) -> KeptValue:
        """Return the value of *key*, also one that is not safe yet."""
        ...

    def put(self, key: str, value: KeptValue, *, within_s: float = DEFAULT_WITHIN_S) -> None:
        """Keep *value*; it is safe at the latest in *within_s* seconds.

        To be called on the event loop or in a unit of the device.

        Raises:
            ValueError: it is more than 4 KiB, or nothing JSON has.
        """
        ...

    async def flush(self) -> bool:
        """Wait until all that was put is safe; return whether it is (False: the disk failed)."""
        ...


class KeptInMemory:
    """Kept values that end with the object; for tests, and nodes without a state folder."""

    def __init__(self) -> None:
        self._values: dict[str, KeptValue] = {}

    def get(self, key: str, default: KeptValue = None) -> KeptValue:
        """Return the value of *key*."""
        return self._values.get(key, default)

    def put(self, key: str, value: KeptValue, *, within_s: float = DEFAULT_WITHIN_S) -> None:
        """Keep *value*."""
        self._values[key] = value

    async def flush(self) -> bool:
        """Do nothing: there is nowhere to write to."""
        return False
