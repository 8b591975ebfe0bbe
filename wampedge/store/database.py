"""The SQLite file of the node: opened in a folder of its own, whole after a power cut.

Every commit is on the disk when it returns (``synchronous=FULL``), and so is the name of a file
that was just made. One process has the file: a second one is refused.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from wampedge.errors import AddressInUseError, WampedgeError

__all__ = ["FORMAT", "DamagedStoreError", "Database", "StoreError", "read_copy"]

FORMAT: Final = 1
"""Version of the tables; a file of a later one is left alone."""

_TABLES: Final = """
CREATE TABLE IF NOT EXISTS kept (
    scope TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (scope, name)
) WITHOUT ROWID
"""


class StoreError(WampedgeError):
    """The disk did not take or give what is kept."""


class DamagedStoreError(StoreError):
    """What is on the disk is no database, or a broken one: nothing can be read from it."""


class Database:
    """One open file; used by one thread at a time.

    Args:
        path: the file; its folder is made where it is missing.

    Raises:
        DamagedStoreError: the file is broken.
        StoreError: it cannot be used: the disk is full, read-only, or gone.
        AddressInUseError: another process uses it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        is_new = not path.exists()
        try:
            _make_folder(path.parent)
            self._connection = sqlite3.connect(
                path, timeout=0.0, isolation_level=None, check_same_thread=False
            )
            try:
                self._prepare()
            except BaseException:
                self._connection.close()
                raise
            if is_new:
                path.chmod(0o600)
                _sync_folder(path.parent)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                text = f"{path} is in use by another node"
                raise AddressInUseError(f"{text} (set WAMPEDGE_STATE_DIR)") from error
            raise StoreError(f"{path}: {error}") from error
        except sqlite3.Error as error:
            raise DamagedStoreError(f"{path}: {error}") from error
        except OSError as error:
            raise StoreError(f"{path}: {error}") from error

    def kept(self) -> dict[tuple[str, str], str]:
        """Return every kept value as JSON, by (scope, name); raises DamagedStoreError."""
        try:
            rows = self._connection.execute("SELECT scope, name, value FROM kept").fetchall()
        except sqlite3.Error as error:
            raise DamagedStoreError(f"{self.path}: {error}") from error
        return {(scope, name): value for scope, name, value in rows}

    def keep(
        self, values: Mapping[tuple[str, str], str], gone: Iterable[tuple[str, str]] = ()
    ) -> None:
        """Write *values* and drop what is *gone*, in one step; raises StoreError."""
        write = "INSERT INTO kept VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value"
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                rows = [(*key, value) for key, value in values.items()]
                self._connection.executemany(write, rows)
                drop = "DELETE FROM kept WHERE scope = ? AND name = ?"
                self._connection.executemany(drop, list(gone))
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")
        except sqlite3.Error as error:
            raise StoreError(f"{self.path}: {error}") from error

    def close(self) -> None:
        """Close the file; raises nothing."""
        self._connection.close()

    def _prepare(self) -> None:
        run = self._connection.execute
        run("PRAGMA locking_mode = EXCLUSIVE")
        found = run("PRAGMA user_version").fetchone()[0]
        if found > FORMAT:
            raise StoreError(
                f"{self.path} was written by a later version of wampedge"
                " (update wampedge, or move the file away)"
            )
        run("PRAGMA journal_mode = WAL")
        run("PRAGMA synchronous = FULL")
        run("PRAGMA journal_size_limit = 1048576")
        # This takes the lock now, so that a second node is refused when it starts. Nothing is
        # written where there is nothing new: a full card can still be read.
        run("BEGIN IMMEDIATE")
        if found != FORMAT:
            run(_TABLES)
            run(f"PRAGMA user_version = {FORMAT}")
        run("COMMIT")
        faults = run("PRAGMA quick_check(1)").fetchone()[0]
        if faults != "ok":
            raise sqlite3.DatabaseError(f"is damaged: {faults}")


def read_copy(path: Path) -> dict[tuple[str, str], str]:
    """Return what is kept in a file whose disk takes no writes, by way of a copy elsewhere.

    Raises:
        StoreError: there is no other disk to write on, or the file cannot be read.
    """
    try:
        with tempfile.TemporaryDirectory(prefix="wampedge-") as folder:
            copy = Path(folder) / path.name
            for suffix in ("", "-wal"):
                part = path.with_name(path.name + suffix)
                if part.exists():
                    shutil.copyfile(part, f"{copy}{suffix}")
            database = Database(copy)
            try:
                return database.kept()
            finally:
                database.close()
    except OSError as error:
        raise StoreError(f"{path}: {error}") from error


def _make_folder(folder: Path) -> None:
    """Make *folder* and those above it, each of them on the disk before the next."""
    if folder.is_dir():
        return
    _make_folder(folder.parent)
    folder.mkdir(mode=0o700, exist_ok=True)
    _sync_folder(folder.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
