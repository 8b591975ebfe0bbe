"""What passed over the buses of a simulated board, for those who listen; free when nobody does."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

__all__ = ["OnTransaction", "Taps", "Transaction"]


class Transaction(NamedTuple):
    """One exchange on a bus, as it went over the wire.

    On a serial line each chunk is one, either way; for files of the kernel it is a look at one.
    """

    at_s: float
    """When it began, on the monotonic clock of the board."""
    bus: str
    """``/dev/i2c-1``, ``/dev/spidev0``, the name of a serial bus, ``sysfs``."""
    target: str
    """Who was meant: ``0x76``, a chip select, a unit, a path; empty on a serial line."""
    written: bytes
    """What the node sent; the messages of one transaction joined."""
    read: bytes
    """What came back, whether the node looked at it or not."""
    error: int = 0
    """The error number the adapter gave, 0 for none."""


OnTransaction = Callable[[Transaction], None]
"""Told of a transaction when it is over, by the thread that made it; must be quick."""


class Taps:
    """Who listens to the buses of one board; asked by every bus before it tells.

    Attributes:
        listeners: all of them, in the order they came.
    """

    def __init__(self) -> None:
        self.listeners: tuple[OnTransaction, ...] = ()

    def add(self, listener: OnTransaction) -> None:
        """Tell *listener* of every transaction from now on."""
        self.listeners = (*self.listeners, listener)

    def remove(self, listener: OnTransaction) -> None:
        """Tell *listener* no more; unknown ones are ignored."""
        self.listeners = tuple(each for each in self.listeners if each != listener)

    def tell(self, transaction: Transaction) -> None:
        """Tell all listeners."""
        for listener in self.listeners:
            listener(transaction)
