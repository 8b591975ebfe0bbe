"""Kept values of all devices: in memory for whoever asks, on disk a little later.

A write is a turn of the card, so values are written in groups: as late as each of them allows. The
event loop never touches the disk; one thread does. What the disk refuses stays in memory and is
tried again on a file opened anew, with growing pauses, and nobody is told that it is safe before.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from wampedge.devices.kept import DEFAULT_WITHIN_S, Kept, KeptValue

if TYPE_CHECKING:
    from wampedge.store.database import Database

__all__ = ["MAX_VALUE_BYTES", "KeptValues"]

log = logging.getLogger(__name__)

MAX_VALUE_BYTES: Final = 4096
_RETRY_MIN_S: Final = 1.0
_RETRY_MAX_S: Final = 60.0


class KeptValues:
    """Owns what all devices keep, from ``open`` to ``close``; used on one event loop.

    Args:
        path: the database; None keeps everything in memory only.
        is_inline: write on the event loop itself (virtual time needs it).
        open_database: opens the file in place of ``Database``.
    """

    def __init__(
        self,
        path: Path | None = None,
        *,
        is_inline: bool = False,
        open_database: Callable[[Path], Database] | None = None,
    ) -> None:
        self._open_database = open_database
        self.path = path
        self.trouble: str | None = None
        """Why nothing is safe at the moment; None while all is well."""
        self.is_lasting = path is not None
        """Whether anything put here outlives the process."""
        self.commits = 0
        """How many groups were written."""
        self._values: dict[tuple[str, str], str] = {}
        self._unsafe: set[tuple[str, str]] = set()
        self._is_inline = is_inline
        self._database: Database | None = None
        self._thread: ThreadPoolExecutor | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._loop_thread = 0
        self._timer: asyncio.TimerHandle | None = None
        self._writing: asyncio.Task[bool] | None = None
        self._is_due_again = False
        """Whether something put during the write under way must not wait for long after it."""
        self._retry_s = _RETRY_MIN_S
        self._is_closed = False

    def open(self) -> None:
        """Read what is on disk; a damaged file is moved aside and told.

        Where the disk takes no writes, what is read lives on in memory, and that is told.

        Raises:
            AddressInUseError: another node uses the file.
        """
        self._loop = asyncio.get_running_loop()
        self._loop_thread = threading.get_ident()
        if self.path is None or not self.path.exists():
            return  # made with the first value: many nodes never keep any
        from wampedge.store.database import DamagedStoreError, StoreError  # noqa: PLC0415 # loads SQLite

        try:
            self._values = self._opened().kept()
        except DamagedStoreError as error:
            self._on_damage(error)
        except StoreError as error:
            self._on_refusal(error)

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
        """Keep one value; raises ValueError."""
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
        if self.path is None or self._loop is None or self._is_closed:
            return
        if threading.get_ident() == self._loop_thread:
            self._plan(within_s)
        else:
            self._loop.call_soon_threadsafe(self._plan, within_s)

    async def flush(self) -> bool:
        """Write what is not safe yet; return whether everything is."""
        if self.path is None or self._loop is None:
            return False
        while self._unsafe and not self._is_closed:
            if not await asyncio.shield(self._write_soon()):
                return False
        return not self._unsafe

    async def close(self) -> None:
        """Write what is not safe yet, then let go of the file; raises nothing."""
        await self.flush()
        self._is_closed = True
        self._forget_timer()
        if self._writing is not None:
            await asyncio.wait({self._writing})
        if self._thread is not None:
            self._thread.shutdown()  # idle: nothing is being written any more
            self._thread = None
        if self._database is not None:
            self._database.close()
            self._database = None

    def _plan(self, within_s: float) -> None:
        """Write in *within_s* seconds, or before that if somebody needs it earlier."""
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
        # The write under way began before what is due now was put.
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
        keys = set(self._unsafe)
        values = {key: self._values[key] for key in keys}
        try:
            await self._on_disk(lambda: self._opened().keep(values))
        except Exception as error:  # noqa: BLE001 # outermost edge: whatever the disk does
            self._on_trouble(error)
            return False
        self.commits += 1
        self._unsafe -= {key for key in keys if self._values[key] == values[key]}
        if self.trouble is not None:
            log.info("%s: can be written again", self.path)
        self.trouble, self._retry_s = None, _RETRY_MIN_S
        if self._unsafe and (self._timer is None or self._is_due_again):
            self._plan(0.0 if self._is_due_again else DEFAULT_WITHIN_S)
        self._is_due_again = False
        return True

    async def _on_disk(self, work: Callable[[], None]) -> None:
        if self._is_inline:
            work()
            return
        if self._thread is None:
            self._thread = ThreadPoolExecutor(1, thread_name_prefix="store")
        await asyncio.get_running_loop().run_in_executor(self._thread, work)

    def _opened(self) -> Database:
        if self._database is None:
            from wampedge.store.database import Database  # noqa: PLC0415 # loads SQLite

            assert self.path is not None, "nothing is written without a path"
            self._database = (self._open_database or Database)(self.path)
        return self._database

    def _on_trouble(self, error: Exception) -> None:
        """Take the next try on a file opened anew: what one handle forgot it cannot make good."""
        if self._database is not None:
            self._database.close()
            self._database = None
        if self.trouble is None:
            log.error("what the devices keep is not safe: %s", error)
        self.trouble = str(error)
        if not self._is_closed and self._loop is not None:
            self._arm(self._loop.time() + self._retry_s)
            self._retry_s = min(2 * self._retry_s, _RETRY_MAX_S)

    def _on_damage(self, error: Exception) -> None:
        assert self.path is not None, "only a file can be damaged"
        if self._database is not None:
            self._database.close()
            self._database = None
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

    def _on_refusal(self, error: Exception) -> None:
        """Read what can be read: a card that ends its days is read-only, and whole."""
        from wampedge.store.database import StoreError, read_copy  # noqa: PLC0415 # loads SQLite

        assert self.path is not None, "only a disk can refuse"
        if "later version" not in str(error):
            with contextlib.suppress(StoreError):
                self._values = read_copy(self.path)
        self._keep_nothing(error)

    def _keep_nothing(self, error: Exception) -> None:
        log.error("what the devices keep is not safe, and ends with the node: %s", error)
        self.trouble, self.is_lasting, self.path = str(error), False, None

    def _forget_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


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
