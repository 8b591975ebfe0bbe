"""Kept values of all devices: in memory for whoever asks, on disk a little later."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from wampedge.devices.kept import DEFAULT_WITHIN_S, Kept, KeptValue

if TYPE_CHECKING:
    import sqlite3

    from wampedge.store.store import Store

__all__ = ["MAX_VALUE_BYTES", "KeptValues"]

MAX_VALUE_BYTES: Final = 4096

_TABLE: Final = """
CREATE TABLE IF NOT EXISTS kept (
    scope TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (scope, name)
) WITHOUT ROWID
"""
_WRITE: Final = "INSERT INTO kept VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value"

Key = tuple[str, str]


class KeptValues:
    """What all devices keep: a section of the store.

    Args:
        store: where it is kept.
    """

    tables: Sequence[str] = (_TABLE,)

    def __init__(self, store: Store) -> None:
        self._store = store
        self._values: dict[Key, str] = {}
        self._unsafe: set[Key] = set()

    def of(self, scope: str) -> Kept:
        """Return the kept values of the device (or table) *scope*."""
        return _Scope(self, scope)

    def get(self, scope: str, key: str, default: KeptValue = None) -> Any:
        """Return one value."""
        text = self._values.get((scope, key))
        return default if text is None else json.loads(text)

    def all(self) -> dict[str, dict[str, Any]]:
        """Return everything that is kept, by scope and key."""
        scopes: dict[str, dict[str, Any]] = {}
        for (scope, key), text in self._values.items():
            scopes.setdefault(scope, {})[key] = json.loads(text)
        return scopes

    def put(self, scope: str, key: str, value: KeptValue, within_s: float) -> None:
        """Keep one value, also from another thread; raises ValueError."""
        try:
            text = json.dumps(value, allow_nan=False, ensure_ascii=False)
        except (TypeError, RecursionError) as error:
            raise ValueError(f"{scope}.{key} cannot be kept: {error}") from error
        if len(text.encode()) > MAX_VALUE_BYTES:
            raise ValueError(f"{scope}.{key} cannot be kept: more than {MAX_VALUE_BYTES} bytes")
        if self._values.get((scope, key)) == text:
            return
        self._values[scope, key] = text
        self._unsafe.add((scope, key))
        self._store.plan(within_s)

    async def flush(self) -> bool:
        """Write what is not safe yet; return whether everything is."""
        return await self._store.flush()

    def load(self, connection: sqlite3.Connection) -> None:
        """Read every value."""
        rows = connection.execute("SELECT scope, name, value FROM kept")
        self._values = {(scope, name): value for scope, name, value in rows} | self._values

    def take(self) -> _Group | None:
        """Return what is not safe yet."""
        if not self._unsafe:
            return None
        keys, self._unsafe = self._unsafe, set()
        return _Group(self, {key: self._values[key] for key in keys})

    def forget(self) -> None:
        """Write everything again."""
        self._unsafe = set(self._values)

    def return_unsafe(self, keys: Mapping[Key, str]) -> None:
        """Take *keys* again with the next group."""
        self._unsafe.update(keys)


class _Group:
    """Values written together."""

    def __init__(self, kept: KeptValues, values: Mapping[Key, str]) -> None:
        self._kept, self._values = kept, values

    def apply(self, connection: sqlite3.Connection) -> None:
        connection.executemany(_WRITE, [(*key, value) for key, value in self._values.items()])

    def written(self) -> None:
        pass

    def failed(self, error: Exception) -> None:
        self._kept.return_unsafe(self._values)


class _Scope:
    """What one device keeps."""

    __slots__ = ("_scope", "_values")

    def __init__(self, values: KeptValues, scope: str) -> None:
        self._values = values
        self._scope = scope

    def get(self, key: str, default: KeptValue = None) -> KeptValue:
        """Return the value of *key*."""
        value: KeptValue = self._values.get(self._scope, key, default)
        return value

    def put(self, key: str, value: KeptValue, *, within_s: float = DEFAULT_WITHIN_S) -> None:
        """Keep *value*; raises ValueError."""
        self._values.put(self._scope, key, value, within_s)

    async def flush(self) -> bool:
        """Wait until all that was put is safe; return whether it is."""
        return await self._values.flush()
