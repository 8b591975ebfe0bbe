"""Runs one Python file that stands beside the device file as a module nobody else sees.

It is the user's code, with all rights of the process: what is caught here are its mistakes. It runs
on a thread of its own that is given up after a while. Code in C that never lets other threads run
(a regular expression that tries for ever) cannot be given up from within the process.
"""

from __future__ import annotations

import contextlib
import io
import sys
import threading
from collections.abc import Iterator
from contextvars import copy_context
from pathlib import Path
from types import CodeType, ModuleType
from typing import Final

from wampedge.devices.abandonment import interrupt
from wampedge.errors import ConfigError
from wampedge.records import Record

__all__ = ["IMPORT_LIMIT_S", "LocalSource", "load_local_module"]

IMPORT_LIMIT_S: Final = 5.0
"""How long a file may take to be imported; what takes time belongs into ``setup``."""
_PATIENCE_S: Final = 0.5
_MOST_UNFINISHED: Final = 8
"""So many imports may hang on, such as in a long sleep; each keeps a thread."""
_UNFINISHED: Final[list[tuple[str, threading.Thread]]] = []
"""Imports that were given up and whose threads still live, by name of their module."""
_ONE_AT_A_TIME: Final = threading.Lock()
"""Held while a file runs: what it prints and reads is redirected for the whole process."""


class LocalSource(Record):
    """A file beside the device file as it was when it was read.

    Attributes:
        path: where it stands.
        raw: what was in it; nobody reads it a second time.
    """

    path: Path
    raw: bytes

    @classmethod
    def read(cls, path: Path) -> LocalSource:
        """Return the file at *path*, whoever may write it; raises ConfigError."""
        try:
            return cls(path, path.read_bytes())
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise ConfigError(f"{path} cannot be read: {reason}") from error

    @property
    def digest(self) -> str:
        """What is the same for the same text only."""
        from hashlib import sha256  # noqa: PLC0415 # loads OpenSSL, for files with such drivers only

        return sha256(self.raw).hexdigest()


def load_local_module(source: LocalSource) -> ModuleType:
    """Run a Python file as a module.

    It has ``IMPORT_LIMIT_S`` to end. What it prints goes to stderr, where it does not mix with what
    a command answers; there is nothing to read on stdin.

    Raises:
        ConfigError: it cannot be used; says in which line and why.
    """
    path = source.path
    try:
        code = compile(source.raw, str(path), "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        # ValueError: bytes that are no text. The last two: expressions in expressions in ...
        place = f"{path.name}:{getattr(error, 'lineno', None) or 1}"
        text = getattr(error, "msg", None) or _told(error)
        raise ConfigError(f"{place}: {text}") from error
    module = ModuleType(f"_local_{path.stem}_{source.digest[:12]}")
    module.__file__ = str(path)
    with _ONE_AT_A_TIME:
        # Dataclasses look for their module there while they are made; afterwards nobody does.
        sys.modules[module.__name__] = module
        try:
            failure = _run_within_limit(code, module, path)
        finally:
            sys.modules.pop(module.__name__, None)
    if failure is not None:
        line = _line_of(failure, path)
        raise ConfigError(f"{path.name}:{line}: {_told(failure)}") from failure
    return module


def _run_within_limit(code: CodeType, module: ModuleType, path: Path) -> BaseException | None:
    """Run *code*; return what it raised; raises ConfigError where it does not come to an end."""
    _refuse_where_others_hang(module.__name__, path)
    failures: list[BaseException] = []

    def work() -> None:
        try:
            exec(code, module.__dict__)  # noqa: S102 # the file the device file names
        except BaseException as error:  # noqa: BLE001 # foreign code may raise anything, SystemExit too
            failures.append(error)

    thread = threading.Thread(target=copy_context().run, args=(work,), daemon=True)
    with contextlib.redirect_stdout(sys.stderr), _without_input():
        thread.start()
        thread.join(IMPORT_LIMIT_S)
        if not thread.is_alive():
            return failures[0] if failures else None
        if thread.ident is not None:
            interrupt(thread.ident)
        thread.join(_PATIENCE_S)
        if thread.is_alive():
            _UNFINISHED.append((module.__name__, thread))
    text = f"its import does not end within {IMPORT_LIMIT_S:g} s"
    raise ConfigError(f"{path.name}: {text} (what takes time belongs into setup)")


def _refuse_where_others_hang(module_name: str, path: Path) -> None:
    """Raise ConfigError where a thread would be lost again: the node may run for years."""
    _UNFINISHED[:] = [each for each in _UNFINISHED if each[1].is_alive()]
    if any(name == module_name for name, _ in _UNFINISHED):
        raise ConfigError(f"{path.name}: its import has not ended since it was last tried")
    if len(_UNFINISHED) >= _MOST_UNFINISHED:
        text = f"{len(_UNFINISHED)} imports of before have not ended yet: restart wampedge"
        raise ConfigError(f"{path.name}: {text}")


@contextlib.contextmanager
def _without_input() -> Iterator[None]:
    """Let ``input()`` raise EOFError: a thread that waits in it aborts the process at its end."""
    known, sys.stdin = sys.stdin, io.StringIO()
    try:
        yield
    finally:
        sys.stdin = known


def _told(error: BaseException) -> str:
    """Return kind and text of *error* in one line, whatever its class makes of ``str``."""
    try:
        text = " ".join(str(error).split())[:160]
    except Exception:  # noqa: BLE001 # foreign code may raise anything
        text = "its text cannot be made"
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _line_of(error: BaseException, path: Path) -> int:
    """Return the last line of *path* on the way to *error*."""
    line, trace = 0, error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == str(path):
            line = trace.tb_lineno
        trace = trace.tb_next
    return line
