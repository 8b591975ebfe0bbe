"""What is remembered of a run: edges for the waves, the last transactions, a hash of everything."""

from __future__ import annotations

import errno
from collections import deque
from collections.abc import Iterable
from hashlib import blake2b
from typing import Any, Final, NamedTuple

from wampedge.simulation.scenario.live import LiveSignal
from wampedge.simulation.scenario.spans import time_text
from wampedge.simulation.scenario.stage import Event, Stage
from wampedge_simulator.transactions import Transaction

__all__ = ["MAX_CHANGES", "Change", "Recording"]

MAX_CHANGES: Final = 100_000
"""Changes that are kept for the file of waves; the oldest go first."""
_LAST: Final = 20
_MAX_BYTES_SHOWN: Final = 24


class Change(NamedTuple):
    """A signal became something else."""

    at_s: float
    name: str
    value: Any


class Recording:
    """Listens to a stage from before its node starts; owned by the run.

    Args:
        stage: what is listened to.
        nets: bank and line of the pins to watch.
        signals: further signals for the file of waves.
        wants_hash: whether to compute ``digest`` as well.

    Attributes:
        changes: of pins and signals, for the waves.
        edges: how many edges the pins had.
        events: how many events there were; counted with *wants_hash* only.
        transactions: how many there were on the buses.
    """

    def __init__(
        self,
        stage: Stage,
        nets: Iterable[tuple[str, int]],
        signals: Iterable[LiveSignal],
        *,
        wants_hash: bool,
    ) -> None:
        self.changes: deque[Change] = deque(maxlen=MAX_CHANGES)
        self.edges = self.events = self.transactions = 0
        self.first: dict[str, Any] = {}
        self._last: deque[list[Any]] = deque(maxlen=_LAST)
        """Each with how often it came in a row."""
        self._hash = blake2b(digest_size=6) if wants_hash else None
        self._stage = stage
        for bank, line in nets:
            self._watch_net(bank, line)
        for signal in signals:
            if signal.ref.source != "pin":
                signal.watch(self._on_change)
        stage.board.tap(self._on_transaction)
        if wants_hash:
            stage.watch_events(self._on_event)

    @property
    def counts(self) -> tuple[int, int, int]:
        """How many edges, events and transactions there were."""
        return self.edges, self.events, self.transactions

    @property
    def digest(self) -> str:
        """Stands for every edge, event and transaction, in order; empty where nobody asked."""
        return "" if self._hash is None else self._hash.hexdigest()

    def last_transactions(self) -> tuple[str, ...]:
        """Return the last transactions, one a line, the newest last; those in a row as one."""
        return tuple(_line(*each) for each in self._last)

    def _watch_net(self, bank: str, line: int) -> None:
        net = self._stage.board.net(bank, line)
        name = f"{bank}:{line}"
        self.first[name] = net.level

        def on_edge(level: bool) -> None:
            at_s = self._stage.now() if net.stamp_s is None else net.stamp_s
            self.edges += 1
            self.changes.append(Change(at_s, name, level))
            if self._hash is not None:
                self._hash.update(f"e{at_s:.9f}{name}{level:d}".encode())

        net.watch(on_edge)

    def _on_change(self, signal: LiveSignal) -> None:
        self.changes.append(Change(self._stage.now(), signal.ref.name, signal.value))

    def _on_transaction(self, transaction: Transaction) -> None:
        self.transactions += 1
        last = self._last[-1] if self._last else None
        if last is not None and last[0][1:] == transaction[1:]:
            last[1] += 1
        else:
            self._last.append([transaction, 1])
        if self._hash is not None:
            self._hash.update(repr(transaction).encode())

    def _on_event(self, event: Event) -> None:
        self.events += 1
        assert self._hash is not None, "listens only for the hash"
        self._hash.update(f"{event.at_s:.9f}{event.topic}{event.value!r}".encode())


def _line(transaction: Transaction, count: int) -> str:
    """Return a transaction on one line: when first, where, what went each way, how often."""
    place = f"{transaction.bus} {transaction.target}".strip()
    parts = [f"{time_text(transaction.at_s):<18} {place}"]
    if transaction.written:
        parts.append(f"w {_shown(transaction.written)}")
    if transaction.read:
        parts.append(f"r {_shown(transaction.read)}")
    if transaction.error:
        name = errno.errorcode.get(transaction.error, "")
        parts.append(f"errno {transaction.error} {name}".rstrip())
    if count > 1:
        parts.append(f"({count} times)")
    return "  ".join(parts)


def _shown(content: bytes) -> str:
    more = f" ... ({len(content)} bytes)" if len(content) > _MAX_BYTES_SHOWN else ""
    return f"{content[:_MAX_BYTES_SHOWN].hex(' ')}{more}"
