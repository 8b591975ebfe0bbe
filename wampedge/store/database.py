"""The SQLite file of the node: opened in a folder of its own, whole after a power cut.

Every commit is on the disk when it returns (``synchronous=FULL``), and so is the name of the file.
One process has the file: a second one is refused.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Final, TypeVar

from wampedge.errors import AddressInUseError, WampedgeError
from wampedge.store.sections import Batch

__all__ = ["FORMAT", "DamagedStoreError", "Database", "GoneStoreError", "StoreError", "read_copy"]

T = TypeVar("T")

FORMAT: Final = 1
"""Version of the tables; a file of a later one is left alone."""
_CHECKED_BYTES: Final = 1024 * 1024
"""A larger file is not checked as a whole when it is opened: that would take seconds on a card."""
_COPIED_BYTES: Final = 32 * 1024 * 1024
"""A larger file is not copied from a disk that takes no writes: a copy may have to be memory."""
_CORRUPT: Final = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


class StoreError(WampedgeError):
    """The disk did not take or give what is kept."""


class DamagedStoreError(StoreError):
    """What is on the disk is no database, or a broken one: nothing can be read from it."""


class GoneStoreError(StoreError):
    """The file that is open has no name any more: what is written to it ends with the node."""


class Database:
    """One open file; used by one thread at a time.

    Args:
        path: the file; its folder is made where it is missing.
        tables: statements that make what is not there yet.

    Raises:
        DamagedStoreError: the file is broken.
        StoreError: it cannot be used: the disk is full, read-only, or gone.
        AddressInUseError: another process uses it.
    """

    def __init__(self, path: Path, tables: Sequence[str] = ()) -> None:
        self.path = path
        is_new = not path.exists()
        try:
            _make_folder(path.parent)
            self._connection = sqlite3.connect(
                path, timeout=0.0, isolation_level=None, check_same_thread=False
            )
            try:
                self._prepare(tables)
                if is_new:
                    path.chmod(0o600)
                # Also where none of it is new: who made it may have ended, or failed, before this.
                _sync_names(path.parent)
                self._inode = path.stat().st_ino
            except BaseException:
                self._connection.close()  # it has the lock, which the next try needs
                raise
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                text = f"{path} is in use by another node"
                raise AddressInUseError(f"{text} (set WAMPEDGE_STATE_DIR)") from error
            raise StoreError(f"{path}: {error}") from error
        except sqlite3.Error as error:
            raise DamagedStoreError(f"{path}: {error}") from error
        except OSError as error:
            raise StoreError(f"{path}: {error}") from error

    def read(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Return what *work* finds; it must not write. Raises StoreError."""
        try:
            return work(self._connection)
        except sqlite3.Error as error:
            raise self._store_error(error) from error

    def prepare(self, tables: Iterable[str]) -> None:
        """Make more tables where they are missing; raises StoreError."""
        try:
            for statement in tables:
                self._connection.execute(statement)
        except sqlite3.Error as error:
            raise self._store_error(error) from error

    def write(self, batches: Sequence[Batch]) -> list[tuple[Batch, Exception]]:
        """Write *batches* in one step, but those that are wrong in themselves.

        Returns:
            The batches that were not written, with what is wrong with them.

        Raises:
            StoreError: the disk did not take it; nothing was written.
        """
        self._check_name()
        run = self._connection.execute
        refused: list[tuple[Batch, Exception]] = []
        try:
            run("BEGIN IMMEDIATE")
            try:
                for batch in batches:
                    run("SAVEPOINT batch")
                    try:
                        batch.apply(self._connection)
                    except sqlite3.Error as error:
                        if not _is_own_fault(error):
                            raise
                        run("ROLLBACK TO batch")
                        refused.append((batch, error))
                    except Exception as error:  # noqa: BLE001 # others must not wait for its mending
                        run("ROLLBACK TO batch")
                        refused.append((batch, error))
                    run("RELEASE batch")
                run("COMMIT")
            finally:
                if self._connection.in_transaction:
                    run("ROLLBACK")
        except sqlite3.Error as error:
            raise self._store_error(error) from error
        return refused

    def close(self) -> None:
        """Close the file; raises nothing."""
        self._connection.close()

    def _prepare(self, tables: Sequence[str]) -> None:
        run = self._connection.execute
        run("PRAGMA locking_mode = EXCLUSIVE")
        found = run("PRAGMA user_version").fetchone()[0]
        if found > FORMAT:
            raise StoreError(
                f"{self.path} was written by a later version of wampedge"
                " (update wampedge, or move the file away)"
            )
        if run("PRAGMA journal_mode = WAL").fetchone()[0] != "wal":
            # SQLite goes on without one, and a power cut could undo a commit that was told of.
            raise StoreError(f"{self.path}: the disk does not take the log")
        run("PRAGMA synchronous = FULL")
        run("PRAGMA journal_size_limit = 1048576")
        # This takes the lock now, so that a second node is refused when it starts. Nothing is
        # written where there is nothing new: a full card can still be read.
        run("BEGIN IMMEDIATE")
        for statement in tables:
            run(statement)
        if found != FORMAT:
            run(f"PRAGMA user_version = {FORMAT}")
        run("COMMIT")
        if self.path.stat().st_size <= _CHECKED_BYTES:
            faults = run("PRAGMA quick_check(1)").fetchone()[0]
            if faults != "ok":
                raise sqlite3.DatabaseError(f"is damaged: {faults}")

    def _check_name(self) -> None:
        """Make sure that what is written can be found again; raises StoreError."""
        try:
            inode = self.path.stat().st_ino
        except FileNotFoundError:
            inode = 0
        except OSError as error:
            raise StoreError(f"{self.path}: {error}") from error
        if inode != self._inode:
            raise GoneStoreError(f"{self.path} was removed")

    def _store_error(self, error: sqlite3.Error) -> StoreError:
        kind = DamagedStoreError if _code(error) in _CORRUPT else StoreError
        return kind(f"{self.path}: {error}")


def read_copy(
    path: Path, tables: Sequence[str], work: Callable[[sqlite3.Connection], None]
) -> None:
    """Let *work* read a file whose disk takes no writes, by way of a copy elsewhere.

    Raises:
        StoreError: there is no other disk to write on, the file cannot be read, or is too large.
    """
    parts = [path.with_name(path.name + suffix) for suffix in ("", "-wal")]
    try:
        if sum(part.stat().st_size for part in parts if part.exists()) > _COPIED_BYTES:
            raise StoreError(f"{path}: too large to be read from a disk that takes no writes")
        with tempfile.TemporaryDirectory(prefix="wampedge-") as folder:
            for part in parts:
                if part.exists():
                    shutil.copyfile(part, Path(folder) / part.name)
            database = Database(Path(folder) / path.name, tables)
            try:
                database.read(work)
            finally:
                database.close()
    except OSError as error:
        raise StoreError(f"{path}: {error}") from error


def _is_own_fault(error: sqlite3.Error) -> bool:
    """Tell whether a statement is wrong, and not the disk."""
    if isinstance(error, sqlite3.IntegrityError | sqlite3.ProgrammingError | sqlite3.DataError):
        return True
    return _code(error) in (sqlite3.SQLITE_ERROR, sqlite3.SQLITE_TOOBIG, sqlite3.SQLITE_MISMATCH)


def _code(error: sqlite3.Error) -> int:
    code: int | None = getattr(error, "sqlite_errorcode", None)
    return 0 if code is None else code & 0xFF


def _make_folder(folder: Path) -> None:
    """Make *folder* and those above it, each for nobody else."""
    if not folder.is_dir():
        _make_folder(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)


def _sync_names(folder: Path) -> None:
    """Make sure that *folder* is found again, with what is in it, as far up as its disk goes."""
    device = folder.stat().st_dev
    for each in (folder, *folder.absolute().parents):
        if each.stat().st_dev != device:
            break
        with contextlib.suppress(PermissionError):  # of others, and there before us
            _sync_folder(each)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
