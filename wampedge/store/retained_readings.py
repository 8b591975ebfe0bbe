"""The last value of every channel, so that it is known after a restart how things were.

It comes back as what it is: a value from before, with the time it was measured at.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from wampedge.devices.readings import Reading
from wampedge.store.lazy import LazyTurn

if TYPE_CHECKING:
    import sqlite3

    from wampedge.store.store import Store

__all__ = ["FROM_BEFORE", "RetainedReadings"]

FROM_BEFORE: Final = "from before the restart"
"""Reason of readings that were measured before the node started."""

_TABLE: Final = """
CREATE TABLE IF NOT EXISTS last_reading (
    device TEXT NOT NULL, channel TEXT NOT NULL, value TEXT NOT NULL, unit TEXT NOT NULL,
    time REAL NOT NULL, PRIMARY KEY (device, channel)
) WITHOUT ROWID
"""
_WRITE: Final = "INSERT OR REPLACE INTO last_reading VALUES (?, ?, ?, ?, ?)"
_DELETE: Final = "DELETE FROM last_reading WHERE device = ? AND channel = ?"

Key = tuple[str, str]
"""Device and channel."""


class RetainedReadings:
    """The newest reading with a value of each channel: a section of the store.

    Args:
        store: where they are kept.
        within_s: when a reading is on disk at the latest, in seconds.
    """

    tables: Sequence[str] = (_TABLE,)

    def __init__(self, store: Store, within_s: float) -> None:
        self._turn = LazyTurn(store, within_s)
        self._newest: dict[Key, Reading] = {}
        self._unsafe: set[Key] = set()
        self._gone: set[Key] = set()

    def note(self, device: str, channel: str, reading: Reading) -> None:
        """Keep *reading*, if it has a value."""
        if reading.value is None:
            return
        key = device, channel
        self._newest[key] = reading
        self._unsafe.add(key)
        self._turn.want()

    def of(self, device: str) -> dict[str, Reading]:
        """Return what is known of *device* from before, by channel."""
        return {
            channel: Reading(None, known.unit, known.time, 0, "stale", FROM_BEFORE, known.value)
            for (name, channel), known in self._newest.items()
            if name == device
        }

    def keep_only(self, channels: Iterable[Key]) -> None:
        """Forget all but *channels*: no device has the others any more."""
        gone = self._newest.keys() - set(channels)
        for key in gone:
            del self._newest[key]
        self._unsafe -= gone
        self._gone |= gone
        if gone:
            self._turn.want()

    def finish(self) -> None:
        """Let nothing wait any more: the store is about to be closed."""
        self._turn.finish()

    def load(self, connection: sqlite3.Connection) -> None:
        """Read every value."""
        rows = connection.execute("SELECT device, channel, value, unit, time FROM last_reading")
        for device, channel, text, unit, time in rows:
            with contextlib.suppress(ValueError):  # damaged: as if there had been none
                known = Reading(json.loads(text), unit, float(time), 0)
                self._newest.setdefault((device, channel), known)

    def take(self) -> _Group | None:
        """Return what is not safe yet, once in its time."""
        if not self._turn.is_due():
            return None
        unsafe, self._unsafe = self._unsafe, set()
        gone, self._gone = self._gone, set()
        return _Group(self, {key: self._newest[key] for key in unsafe}, gone)

    def forget(self) -> None:
        """Write everything again."""
        self._unsafe = set(self._newest)
        self._gone = set()
        if self._unsafe:
            self._turn.want()

    def return_unsafe(self, unsafe: Iterable[Key], gone: Iterable[Key], error: Exception) -> None:
        """Take these again with the next group."""
        self._unsafe |= set(unsafe) & self._newest.keys()
        self._gone |= set(gone) - self._newest.keys()
        self._turn.again(error)


class _Group:
    """Readings written together."""

    def __init__(
        self, readings: RetainedReadings, unsafe: Mapping[Key, Reading], gone: Iterable[Key]
    ) -> None:
        self._readings, self._unsafe, self._gone = readings, unsafe, list(gone)

    def apply(self, connection: sqlite3.Connection) -> None:
        connection.executemany(_DELETE, self._gone)
        connection.executemany(
            _WRITE,
            [
                (*key, json.dumps(reading.value), reading.unit, reading.time)
                for key, reading in self._unsafe.items()
            ],
        )

    def written(self) -> None:
        pass

    def failed(self, error: Exception) -> None:
        self._readings.return_unsafe(self._unsafe, self._gone, error)
