"""Everything a node keeps on its card: one file, one thread that writes it, one step for all.

A write is a turn of the card, so what the sections hold is written in groups: as late as the most
urgent of them allows. The event loop never touches the disk; one thread does. What the disk refuses
stays in memory and is tried again on a file opened anew, with growing pauses, and nobody is told
that it is safe before.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

from wampedge.errors import WampedgeError
from wampedge.store.kept import KeptValues
from wampedge.store.sections import Batch, Section
from wampedge.store.wear import bytes_written_by_this_thread

if TYPE_CHECKING:
    import sqlite3

    from wampedge.store.database import Database

__all__ = ["OpenDatabase", "Store"]

log = logging.getLogger(__name__)

T = TypeVar("T")
OpenDatabase = Callable[[Path, Sequence[str]], "Database"]

_RETRY_MIN_S: Final = 1.0
_RETRY_MAX_S: Final = 60.0


class Store:
    """Owns the file from ``open`` to ``close``; used on one event loop.

    Args:
        path: the file; None keeps everything in memory only.
        is_inline: write on the event loop itself (virtual time needs it).
        open_database: opens the file in place of ``Database``.

    Attributes:
        path: the file; None where nothing outlives the process.
        kept: the values that devices keep.
        trouble: why nothing is safe at the moment; None while all is well.
        commits: how many groups were written.
        bytes_written: what reached the file since the start, its log included; None where the
            kernel does not tell.
    """

    def __init__(
        self,
        path: Path | None = None,
        *,
        is_inline: bool = False,
        open_database: OpenDatabase | None = None,
    ) -> None:
        self.path = path
        self.trouble: str | None = None
        self.commits = 0
        self.bytes_written: int | None = 0
        self._open_database = open_database
        self._is_inline = is_inline
        self._database: Database | None = None
        self._thread: ThreadPoolExecutor | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._loop_thread = 0
        self._timer: asyncio.TimerHandle | None = None
        self._writing: asyncio.Task[bool] | None = None
        self._is_dirty = False
        self._is_due_again = False
        """Whether something planned during the write under way must not wait for long after it."""
        self._retry_s = _RETRY_MIN_S
        self._is_closed = False
        self._observers: list[Callable[[str | None], None]] = []
        self._sections: list[Section] = []
        self.kept = KeptValues(self)
        self.join(self.kept)

    @property
    def is_lasting(self) -> bool:
        """Whether anything put here outlives the process."""
        return self.path is not None

    def join(self, section: Section) -> None:
        """Keep something for *section*; before ``open``."""
        assert self._loop is None, "sections that come later are added"
        self._sections.append(section)

    async def add(self, section: Section) -> None:
        """Keep something for *section*, after ``open``.

        Raises:
            StoreError: its tables cannot be made or read; it is kept in memory until they can.
        """
        self._sections.append(section)
        if self.path is None or not (self._database is not None or self.path.exists()):
            return

        def begin() -> None:
            self._opened().prepare(section.tables)
            self._opened().read(section.load)

        await self._on_disk(begin)

    def remove(self, section: Section) -> None:
        """Keep nothing more for *section*; what is in the file stays there."""
        self._sections.remove(section)

    def on_trouble(self, observer: Callable[[str | None], None]) -> None:
        """Call *observer* with the trouble at every change of it, from now on."""
        self._observers.append(observer)

    def open(self) -> None:
        """Read what is on disk; a damaged file is moved aside and told.

        Where the disk takes no writes, what is read lives on in memory, and that is told.

        Raises:
            AddressInUseError: another node uses the file.
        """
        self._loop = asyncio.get_running_loop()
        self._loop_thread = threading.get_ident()
        if self.path is None:
            return
        if not self.path.exists():  # made with the first write: many nodes never keep anything
            if self._is_dirty:
                self.plan(0.0)
            return
        from wampedge.store.database import DamagedStoreError, StoreError  # noqa: PLC0415 # loads SQLite

        try:
            self._opened().read(self._load)
        except DamagedStoreError as error:
            self._on_damage(error)
        except StoreError as error:
            self._on_refusal(error)

    def plan(self, within_s: float) -> None:
        """Write all there is in *within_s* seconds, or before that if somebody needs it earlier.

        May be called on any thread; without a file nothing happens.
        """
        self._is_dirty = True
        if self.path is None or self._loop is None or self._is_closed:
            return
        if threading.get_ident() == self._loop_thread:
            self._plan(within_s)
        else:
            self._loop.call_soon_threadsafe(self._plan, within_s)

    async def flush(self) -> bool:
        """Write what was planned before; return whether all of it is safe."""
        if self.path is None or self._loop is None:
            return False
        if self._writing is not None and not self._writing.done():
            await asyncio.shield(self._writing)
        if self._is_dirty and not self._is_closed:
            return await asyncio.shield(self._write_soon())
        return self.trouble is None

    async def read(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Return what *work* finds in the file, on the thread of the store and between two writes.

        Raises:
            StoreError: there is no file, or it cannot be read.
        """
        from wampedge.store.database import StoreError  # noqa: PLC0415 # loads SQLite

        if self.path is None or self._is_closed:
            raise StoreError("nothing is kept on a disk")
        return await self._on_disk(lambda: self._opened().read(work))

    async def close(self) -> None:
        """Write what is not safe yet, then let go of the file; raises nothing."""
        with contextlib.suppress(WampedgeError):
            await self.flush()
        self._is_closed = True
        self._forget_timer()
        if self._writing is not None:
            await asyncio.wait({self._writing})
        if self._thread is not None:
            self._thread.shutdown()  # idle: nothing is being written any more
            self._thread = None
        self._drop_database()

    def _load(self, connection: sqlite3.Connection) -> None:
        for section in self._sections:
            section.load(connection)

    def _plan(self, within_s: float) -> None:
        assert self._loop is not None, "planned only once opened"
        due_s = self._loop.time() + within_s
        if self.trouble is not None or self._is_closed:
            return  # the next try is planned already
        if self._timer is not None and self._timer.when() <= due_s:
            return
        self._arm(due_s)

    def _arm(self, due_s: float) -> None:
        assert self._loop is not None, "armed only once opened"
        self._forget_timer()
        self._timer = self._loop.call_at(due_s, self._on_due)

    def _on_due(self) -> None:
        self._timer = None
        # The write under way began before what is due now was planned.
        self._is_due_again = self._writing is not None and not self._writing.done()
        self._write_soon()

    def _write_soon(self) -> asyncio.Task[bool]:
        """Return the write under way, or one that includes all there is now."""
        if self._writing is None or self._writing.done():
            self._forget_timer()
            assert self._loop is not None, "written only once opened"
            self._writing = self._loop.create_task(self._write())
        return self._writing

    async def _write(self) -> bool:
        """Write one group; return whether all of it is safe."""
        self._is_dirty = False
        batches = [batch for section in self._sections if (batch := section.take()) is not None]
        if not batches and self.trouble is None:
            return True
        try:
            refused = await self._on_disk(lambda: self._write_to_disk(batches))
        except Exception as error:  # noqa: BLE001 # outermost edge: whatever the disk does
            self._is_dirty = True
            for batch in batches:
                batch.failed(error)
            self._on_trouble(error)
            return False
        self.commits += 1
        was_in_trouble = self.trouble is not None
        self._on_written(batches, refused)
        if self._is_due_again or (was_in_trouble and self._is_dirty):
            self._is_due_again = False
            self._plan(0.0)
        return not refused

    def _write_to_disk(self, batches: Sequence[Batch]) -> list[tuple[Batch, Exception]]:
        """Write *batches* on the thread of the store, and count what it costs the card."""
        before = bytes_written_by_this_thread()
        try:
            return self._opened().write(batches)
        finally:
            after = bytes_written_by_this_thread()
            if before is None or after is None or self.bytes_written is None:
                self.bytes_written = None
            else:
                self.bytes_written += after - before

    def _on_written(
        self, batches: Sequence[Batch], refused: Sequence[tuple[Batch, Exception]]
    ) -> None:
        bad = {id(batch) for batch, _ in refused}
        for batch in batches:
            if id(batch) not in bad:
                batch.written()
        for batch, error in refused:
            log.error("a part of what the node keeps cannot be written: %s", error, exc_info=error)
            batch.failed(error)
        if self.trouble is not None:
            log.info("%s: can be written again", self.path)
            self._tell(None)
        self._retry_s = _RETRY_MIN_S

    async def _on_disk(self, work: Callable[[], T]) -> T:
        if self._is_inline:
            return work()
        if self._thread is None:
            self._thread = ThreadPoolExecutor(1, thread_name_prefix="store")
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    def _opened(self) -> Database:
        if self._database is None:
            from wampedge.store.database import Database  # noqa: PLC0415 # loads SQLite

            assert self.path is not None, "nothing is written without a path"
            tables = [statement for section in self._sections for statement in section.tables]
            self._database = (self._open_database or Database)(self.path, tables)
        return self._database

    def _drop_database(self) -> None:
        if self._database is not None:
            self._database.close()
            self._database = None

    def _on_trouble(self, error: Exception) -> None:
        """Take the next try on a file opened anew: what one handle forgot it cannot make good."""
        from wampedge.store.database import DamagedStoreError, GoneStoreError  # noqa: PLC0415 # loads SQLite

        self._drop_database()
        if self.trouble is None:
            log.error("what the node keeps is not safe: %s", error)
        self._tell(str(error))
        if isinstance(error, DamagedStoreError):
            self._on_damage(error)
        elif isinstance(error, GoneStoreError):
            self._begin_anew()
        if not self._is_closed and self._loop is not None and self.path is not None:
            self._arm(self._loop.time() + self._retry_s)
            self._retry_s = min(2 * self._retry_s, _RETRY_MAX_S)

    def _on_damage(self, error: Exception) -> None:
        """Move the file aside: what it held is lost, what is in memory is not."""
        assert self.path is not None, "only a file can be damaged"
        self._drop_database()
        aside = self.path.with_name(f"{self.path.name}.damaged")
        try:
            for suffix in ("", "-wal", "-shm"):
                part = self.path.with_name(self.path.name + suffix)
                if part.exists():
                    part.replace(f"{aside}{suffix}")
        except OSError as failure:
            self._keep_nothing(failure)
            return
        log.error("%s; it is now %s, and totals begin anew", error, aside)
        self._begin_anew()

    def _begin_anew(self) -> None:
        for section in self._sections:
            section.forget()
        self._is_dirty = True

    def _on_refusal(self, error: Exception) -> None:
        """Read what can be read: a card that ends its days is read-only, and whole."""
        from wampedge.store.database import StoreError, read_copy  # noqa: PLC0415 # loads SQLite

        assert self.path is not None, "only a disk can refuse"
        if "later version" not in str(error):
            tables = [statement for section in self._sections for statement in section.tables]
            with contextlib.suppress(StoreError):
                read_copy(self.path, tables, self._load)
        self._keep_nothing(error)

    def _keep_nothing(self, error: Exception) -> None:
        log.error("what the node keeps is not safe, and ends with it: %s", error)
        self.path = None
        self._tell(str(error))

    def _tell(self, trouble: str | None) -> None:
        if trouble == self.trouble:
            return
        self.trouble = trouble
        for observer in self._observers:
            observer(trouble)

    def _forget_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
