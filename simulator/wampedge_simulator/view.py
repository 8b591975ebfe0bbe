"""What a person at the bench sees: every part, every wire, and what passes over the buses.

All of it is plain data, for a page that looks at it a few times a second.
"""

from __future__ import annotations

import errno
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from itertools import count
from typing import Any

from wampedge_simulator.nets import Net
from wampedge_simulator.part import Bench, Part
from wampedge_simulator.transactions import Transaction

__all__ = ["MAX_BYTES", "MAX_TRANSACTIONS", "BoardView"]

MAX_TRANSACTIONS = 200
"""How many are kept for who looks too seldom."""
MAX_BYTES = 24
"""How many bytes of a transaction are shown, either way."""


class BoardView:
    """The view of one board; listens to its buses from when it is made. Used on the event loop.

    Args:
        parts: the parts of the board, by device.
        bench: what they share.
        i2c: gives the device node of each I2C bus, by its name.
    """

    def __init__(
        self,
        parts: Mapping[str, Part],
        bench: Bench,
        i2c: Callable[[], Mapping[str, str]],
    ) -> None:
        self._parts, self._bench, self._i2c = parts, bench, i2c
        self._numbers = count(1)
        self._transactions: deque[tuple[int, Transaction]] = deque(maxlen=MAX_TRANSACTIONS)
        bench.taps.add(self._keep)

    def describe(self) -> dict[str, Any]:
        """Return what each part senses, which faults it can have, and where its pins are."""
        return {name: self._described(part) for name, part in self._parts.items()}

    def snapshot(self, since: int) -> dict[str, Any]:
        """Return how everything is now, and the transactions after the one numbered *since*."""
        with self._bench.lock:
            return {
                "time": self._bench.clock.time(),
                "pins": {
                    f"{bank}:{line}": _signal(self._bench.nets.net(bank, line))
                    for bank, line in self._lines()
                },
                "parts": {name: self._state(part) for name, part in self._parts.items()},
                "findings": [
                    {"kind": each.kind, "place": each.place, "text": each.text, "fix": each.fix}
                    for each in self._bench.nets.findings.all()
                ],
                "transactions": [
                    _shown(number, each) for number, each in self._transactions if number > since
                ],
            }

    def _keep(self, transaction: Transaction) -> None:
        self._transactions.append((next(self._numbers), transaction))

    def _lines(self) -> Iterable[tuple[str, int]]:
        """Return every line a device is on."""
        return sorted({line for part in self._parts.values() for line in part.wired.pins.values()})

    def _described(self, part: Part) -> dict[str, Any]:
        wired = part.wired
        quantities = {name: part.quantity_of(name) for name in part.sensed}
        return {
            "driver": wired.driver,
            "bus": self._i2c().get(wired.bus or "", wired.bus),
            "target": "" if wired.address is None else f"0x{wired.address:02x}",
            "pins": {role: f"{bank}:{line}" for role, (bank, line) in wired.pins.items()},
            "senses": {
                name: {"low": each.low, "high": each.high, "unit": each.unit}
                for name, each in quantities.items()
            },
            "faults": dict(part.fault_kinds),
            "is_contact": hasattr(part, "press"),
        }

    def _state(self, part: Part) -> dict[str, Any]:
        state: dict[str, Any] = {
            "senses": {name: part.sensed_value(name) for name in part.sensed},
            "faults": sorted(part.faults.pending),
        }
        if part.is_actuator:
            state["power"] = part.power
        shown = getattr(part, "shown", None)
        if shown is not None:
            state["shown"] = shown
        return state


def _signal(net: Net) -> dict[str, Any]:
    return {
        "level": net.level,
        "duty": net.duty,
        "is_floating": net.is_floating,
        "has_conflict": net.has_conflict,
    }


def _shown(number: int, transaction: Transaction) -> dict[str, Any]:
    error = transaction.error
    return {
        "number": number,
        "at": transaction.at_s,
        "bus": transaction.bus,
        "target": transaction.target,
        "written": _hex(transaction.written),
        "read": _hex(transaction.read),
        "error": errno.errorcode.get(error, str(error)) if error else None,
    }


def _hex(content: bytes) -> str:
    text = content[:MAX_BYTES].hex(" ")
    return f"{text} … {len(content)} bytes" if len(content) > MAX_BYTES else text
