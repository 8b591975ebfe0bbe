"""Where something may stand between the runtime and its buses, ports and pins.

A recorder stands there and notes what passes; a replay stands there in place of them. Whoever
brings one is a substrate with an attribute ``seams``. Without it nothing is in the way: what is
opened is the bus itself, so transactions cost nothing more.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Literal, Protocol

__all__ = ["Procedures", "SeamKind", "Seams", "at_seam", "seams_of"]

SeamKind = Literal["i2c", "spi", "files", "modbus", "serial", "pins"]
Procedures = dict[str, Callable[..., Awaitable[Any]]]


class Seams(Protocol):
    """What stands at the seams of one node, from before it opens anything until it has stopped."""

    def place(self, kind: SeamKind, name: str, make: Callable[[], Any]) -> Any:
        """Return what the runtime gets as its bus, port, files or pins.

        Args:
            kind: which contract it fulfils.
            name: device node, or name in the device file where there is none.
            make: makes the real one; raises HardwareError.
        """
        ...

    def begin(self, kept: Mapping[str, Mapping[str, Any]]) -> None:
        """Take what devices kept from an earlier run, by device and key; the node begins."""
        ...

    def offered(self, procedures: Procedures, prefix: str) -> Procedures:
        """Return what is to be registered in place of *procedures*, by URI below *prefix*."""
        ...

    def stopping(self) -> None:
        """Take the news that the node stops from now on."""
        ...


def seams_of(substrate: object) -> Seams | None:
    """Return what stands at the seams over *substrate*, or None."""
    seams: Seams | None = getattr(substrate, "seams", None)
    return seams


def at_seam(substrate: object, kind: SeamKind, name: str, make: Callable[[], Any]) -> Any:
    """Return what *make* makes, or what stands in its place; raises HardwareError."""
    seams = seams_of(substrate)
    return make() if seams is None else seams.place(kind, name, make)
