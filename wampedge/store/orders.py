"""Orders with a key: written down before they are carried out, so that none is carried out twice.

An order is on the disk before its part is touched, and its answer soon after. What is found without
an answer had begun when the node ended: nobody knows what became of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from wampedge.records import Record

if TYPE_CHECKING:
    import sqlite3

    from wampedge.store.store import Store

__all__ = ["OrderKey", "OrderLog", "WrittenOrder"]

_ANSWER_WITHIN_S: Final = 1.0
_TABLE: Final = """
CREATE TABLE IF NOT EXISTS orders (
    procedure TEXT NOT NULL, caller TEXT NOT NULL, key TEXT NOT NULL, arguments TEXT NOT NULL,
    time REAL NOT NULL, answer TEXT, PRIMARY KEY (procedure, caller, key)
) WITHOUT ROWID
"""
_READ: Final = "SELECT procedure, caller, key, arguments, time, answer FROM orders ORDER BY time"
_WRITE: Final = "INSERT OR REPLACE INTO orders VALUES (?, ?, ?, ?, ?, ?)"
_DELETE: Final = "DELETE FROM orders WHERE procedure = ? AND caller = ? AND key = ?"


OrderKey = tuple[str, str, str]
"""The procedure, its caller, and the key."""


class WrittenOrder(Record):
    """One order as it is on the disk.

    Attributes:
        arguments: what it was given with, written out.
        time: Unix seconds when it came, or when it was answered.
        answer: what was answered, as text; None where it was not, yet.
    """

    arguments: str
    time: float
    answer: str | None


class OrderLog:
    """A section of the store; who uses it bounds it.

    Args:
        store: where it is kept.
    """

    tables: Sequence[str] = (_TABLE,)

    def __init__(self, store: Store) -> None:
        self._store = store
        self._order_by_key: dict[OrderKey, WrittenOrder] = {}
        self._unsafe: dict[OrderKey, None] = {}

    def restored(self) -> Mapping[OrderKey, WrittenOrder]:
        """Return what was found on disk, the oldest first."""
        return dict(self._order_by_key)

    async def begin(self, key: OrderKey, order: WrittenOrder) -> bool:
        """Write an order down; return whether that is safe."""
        self._change(key, order)
        self._store.plan(0.0)
        return await self._store.flush()

    def end(self, key: OrderKey, order: WrittenOrder) -> None:
        """Write down what an order was answered."""
        self._change(key, order)
        self._store.plan(_ANSWER_WITHIN_S)

    def drop(self, key: OrderKey) -> None:
        """Forget an order."""
        if key in self._order_by_key:
            self._change(key, None)
            self._store.plan(_ANSWER_WITHIN_S)

    def load(self, connection: sqlite3.Connection) -> None:
        """Read every order."""
        for procedure, caller, key, *order in connection.execute(_READ):
            self._order_by_key[procedure, caller, key] = WrittenOrder(*order)

    def take(self) -> _Group | None:
        """Return what changed."""
        if not self._unsafe:
            return None
        changed, self._unsafe = self._unsafe, {}
        return _Group(self, {key: self._order_by_key.get(key) for key in changed})

    def forget(self) -> None:
        """Write everything again."""
        self._unsafe = dict.fromkeys(self._order_by_key)

    def again(self, changed: Mapping[OrderKey, WrittenOrder | None]) -> None:
        """Write *changed* with the next group."""
        self._unsafe.update(dict.fromkeys(changed))

    def _change(self, key: OrderKey, order: WrittenOrder | None) -> None:
        if order is None:
            del self._order_by_key[key]
        else:
            self._order_by_key[key] = order
        self._unsafe[key] = None


class _Group:
    """Orders written together."""

    def __init__(self, log: OrderLog, changed: Mapping[OrderKey, WrittenOrder | None]) -> None:
        self._log, self._changed = log, changed

    def apply(self, connection: sqlite3.Connection) -> None:
        gone = [key for key, order in self._changed.items() if order is None]
        connection.executemany(_DELETE, gone)
        rows = [
            (*key, order.arguments, order.time, order.answer)
            for key, order in self._changed.items()
            if order is not None
        ]
        connection.executemany(_WRITE, rows)

    def written(self) -> None:
        pass

    def failed(self, error: Exception) -> None:
        self._log.again(self._changed)
