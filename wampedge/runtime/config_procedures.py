"""``P.sys.config.get``, ``.check`` and ``.apply``: the device file of a running node, over WAMP.

Only a node that runs as a program has them, for only it knows its file; ``DeviceFile`` is the one
way by which a file is taken over, on SIGHUP as well. They are never offered upstream, and nobody
has them while other machines come in without a proof: who writes the file decides what the node
opens and drives.
"""

from __future__ import annotations

import asyncio
import logging
import os
import stat
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, Protocol

from wampedge.config.checking import Checked, check_all, load
from wampedge.config.model import SiteConfig
from wampedge.config.problems import Problem
from wampedge.config.redaction import redacted_files
from wampedge.config.source import read_source
from wampedge.config.statements import MAX_SIZE_BYTES
from wampedge.devices.fields import Field, Text
from wampedge.errors import ApplicationError, ConfigError, WampedgeError
from wampedge.runtime.changes import SiteChanges, compare
from wampedge.runtime.simulator_procedures import DeclaredProcedures

__all__ = ["DeviceFile", "config_procedures"]

log = logging.getLogger(__name__)

_REFUSED: Final = "wampedge.error.config"
_NOT_AUTHORIZED: Final = "wamp.error.not_authorized"
_TEXT: Mapping[str, Field] = {"text": Text(maximum_length=MAX_SIZE_BYTES)}


class _ReloadingNode(Protocol):
    """What taking a file over needs of the node."""

    @property
    def config(self) -> SiteConfig:
        """The device file that runs now."""
        ...

    @property
    def exposed_urls(self) -> list[str]:
        """Where other machines need no TLS, or no proof."""
        ...

    async def reload(self, new: SiteConfig) -> SiteChanges:
        """Go over to *new*."""
        ...

    def announce_file(self, outcome: Any, text: str) -> None:
        """Publish what became of a file."""
        ...


def _as_it_is(config: SiteConfig) -> SiteConfig:
    return config


class DeviceFile:
    """The device file of one running node; used on the node's event loop.

    Args:
        path: the file; a link is followed when it is written.
        node: who goes over to what is in it.
        adjusted: returns a configuration with what the command line says instead of the file.
        is_inline: read and write on the event loop (virtual time needs it); else in a thread,
            because checking a long file takes seconds on a small board.
    """

    def __init__(
        self,
        path: Path,
        node: _ReloadingNode,
        *,
        adjusted: Callable[[SiteConfig], SiteConfig] = _as_it_is,
        is_inline: bool = False,
    ) -> None:
        self._path, self._node = path, node
        self._adjusted, self._is_inline = adjusted, is_inline
        self._turn = asyncio.Lock()

    async def read_again(self) -> SiteChanges:
        """Go over to what the file says now; raises what ``load`` and ``Node.reload`` raise."""
        async with self._turn:
            config = await self._aside(load, self._path)
            return await self._node.reload(self._adjusted(config))

    async def get(self) -> dict[str, str]:
        """Return the text of each file by its name, secrets masked; the device file is first."""
        self._admit()
        files = self._node.config.files or (self._path,)
        texts: Mapping[str, str] = await self._aside(redacted_files, files)
        return dict(texts)

    async def check(self, *, text: str) -> dict[str, Any]:
        """Return what is wrong with *text*, and what it would change; nothing is written."""
        self._admit()
        checked = await self._aside(_checked, text, self._path)
        found = [_public(problem) for problem in (*checked.problems, *checked.warnings)]
        changes = None
        if checked.config is not None:
            changes = _told(compare(self._node.config, self._adjusted(checked.config)))
        return {"ok": checked.config is not None, "problems": found, "changes": changes}

    async def apply(self, *, text: str) -> dict[str, Any]:
        """Check *text*, write it and go over to it; return what changed.

        Raises:
            ApplicationError: it was refused; file and node are what they were.
        """
        self._admit()
        # A task of its own: a caller that cancels must not leave a file half taken over.
        return _told(await asyncio.shield(asyncio.ensure_future(self._in_turn(text))))

    async def _in_turn(self, text: str) -> SiteChanges:
        async with self._turn:
            changes = await self._apply(text)
            log.info("%s replaced: %s", self._path, changes.summary())
            self._node.announce_file("applied", changes.summary())
            return changes

    async def _apply(self, text: str) -> SiteChanges:
        checked: Checked = await self._aside(_checked, text, self._path)
        if checked.config is None:
            raise _refusal("the file has mistakes", checked.problems)
        before, new = self._node.config, self._adjusted(checked.config)
        tables = compare(before, new).needs_restart
        if tables:
            names = " and ".join(f"[{table}]" for table in tables)
            raise _refusal(f"{names} changed: edit the file and restart the node")
        try:
            written: _Replacement = await self._aside(_Replacement, self._path, text)
        except (OSError, ConfigError) as error:
            raise _refusal(f"the file cannot be written: {_reason(error)}") from error
        try:
            return await self._node.reload(new)
        except BaseException as error:
            try:
                await self._aside(written.undo)
            except OSError:
                log.exception("%s could not be put back, the backup has it", self._path)
            await self._go_back(before)
            self._node.announce_file("refused", _reason(error))
            if isinstance(error, WampedgeError):
                raise _refusal(f"{error}; the old file stays") from error
            raise

    async def _go_back(self, before: SiteConfig) -> None:
        """Go back to *before* where the reload broke off with some of it done."""
        if self._node.config is before:
            return
        try:
            await self._node.reload(before)
        except WampedgeError as error:  # the caller hears the first one, which tells more
            lost = [name for name in before.devices if name not in self._node.config.devices]
            log.error("not running: %s: %s (reload when it is mended)", ", ".join(lost), error)

    def _admit(self) -> None:
        if self._node.exposed_urls:
            text = "not while other machines come in without TLS or proof (insecure)"
            raise ApplicationError(_NOT_AUTHORIZED, [text], {"reason": text})

    async def _aside(self, work: Callable[..., Any], *args: Any) -> Any:
        return work(*args) if self._is_inline else await asyncio.to_thread(work, *args)


def config_procedures(file: DeviceFile, prefix: str) -> DeclaredProcedures:
    """Return ``P.sys.config.*`` for the node whose URIs begin with *prefix*."""
    base = f"{prefix}.sys.config"
    return {
        f"{base}.get": ({}, file.get),
        f"{base}.check": (_TEXT, file.check),
        f"{base}.apply": (_TEXT, file.apply),
    }


class _Replacement:
    """A file with another text, and all that is needed to undo it; made in one go.

    Raises:
        OSError: it cannot be written; the file is what it was.
        ConfigError: the file that is there cannot be read.
    """

    def __init__(self, path: Path, text: str) -> None:
        self._path = path.resolve()
        self._backup = self._path.with_name(f"{self._path.name}.bak")
        read_source(self._path)  # a regular file of bounded size
        self._old = self._path.read_bytes()
        self._old_backup = self._backup.read_bytes() if self._backup.is_file() else None
        facts = self._path.stat()
        if not os.access(self._path, os.W_OK):
            raise PermissionError(None, "it is read-only")
        _write(self._backup, self._old, facts)
        _write(self._path, text.encode(), facts)

    def undo(self) -> None:
        """Give file and backup their old contents."""
        facts = self._path.stat()
        _write(self._path, self._old, facts)
        if self._old_backup is None:
            self._backup.unlink(missing_ok=True)
        else:
            _write(self._backup, self._old_backup, facts)


def _write(path: Path, raw: bytes, facts: os.stat_result) -> None:
    """Write *raw* so that after a power cut *path* is the old file or the new one, both whole."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(raw)
            if (facts.st_uid, facts.st_gid) != (os.geteuid(), os.getegid()):
                os.fchown(descriptor, facts.st_uid, facts.st_gid)
            os.fchmod(descriptor, stat.S_IMODE(facts.st_mode))
            file.flush()
            os.fsync(descriptor)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _checked(text: str, path: Path) -> Checked:
    return check_all(text, str(path), wants_warnings=True)


def _refusal(text: str, problems: list[Problem] | None = None) -> ApplicationError:
    found = [_public(problem) for problem in problems or ()]
    return ApplicationError(_REFUSED, [text], {"problems": found})


def _public(problem: Problem) -> dict[str, Any]:
    keys = ("file", "line", "column", "end_column", "text", "hint", "code", "severity")
    return {key: getattr(problem, key) for key in keys}


def _told(changes: SiteChanges) -> dict[str, Any]:
    return {
        "added": list(changes.added),
        "removed": list(changes.removed),
        "changed": list(changes.changed),
        "needs_restart": list(changes.needs_restart),
        "summary": changes.summary(),
    }


def _reason(error: BaseException) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    return str(error) or type(error).__name__
