"""Drivers that stand beside the device file: one file each, run in a module of its own.

The file is read again whenever the device file is: what is the same text is the same driver, and
another text another one, so that a reload restarts the devices of what changed and no others. Of
each file only the newest is kept.
"""

from __future__ import annotations

import contextlib
import sys
import threading
from contextvars import copy_context
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any, Final

from wampedge.devices.abandonment import interrupt
from wampedge.devices.driver import Driver, DriverSpec, spec_of
from wampedge.errors import ConfigError

__all__ = ["IMPORT_LIMIT_S", "load_local_driver", "load_local_module", "simulated_part_of"]

IMPORT_LIMIT_S: Final = 5.0
"""How long a file may take to be imported; what takes time belongs into ``setup``."""
_MOST_KEPT: Final = 256
"""Of the files that were read, so many are remembered: more than a device file can name."""
_PATIENCE_S: Final = 0.5
_newest: dict[tuple[Path, str], tuple[str, DriverSpec]] = {}
"""By file and class: the digest of its text, and what it declares."""


def load_local_driver(
    name: str, path: Path, class_name: str | None, part: Path | None
) -> DriverSpec:
    """Return what the driver *name* in the file *path* declares.

    Args:
        name: what devices call it.
        path: a Python file, or a TOML map whose own name is *name*.
        class_name: which of its classes; None where it has one driver.
        part: the file of its simulated part, if it has one.

    Raises:
        ConfigError: the file cannot be used; says where and why.
    """
    raw = _bytes_of(path) + (b"" if part is None else _bytes_of(part))
    key, digest = (path, f"{name}:{class_name}"), _digest_of(raw)
    known = _newest.pop(key, None)
    if known is not None and known[0] == digest:
        _newest[key] = known  # the last one again
        return known[1]
    if path.suffix == ".toml":
        from wampedge.devices.tomlfile import load_driver_file  # noqa: PLC0415 # only they need compilers

        spec = load_driver_file(path)
    else:
        found = _driver_class(load_local_module(path), path, class_name)
        spec = found._spec = spec_of(found).but(name=name)
    setattr(spec.driver_class, "simulated_part", part)  # noqa: B010 # only local drivers have it
    _newest[key] = digest, spec
    while len(_newest) > _MOST_KEPT:
        del _newest[next(iter(_newest))]
    return spec


def load_local_module(path: Path) -> ModuleType:
    """Run the Python file *path* as a module nobody else sees; raises ConfigError.

    It runs on a thread of its own, which is given up after ``IMPORT_LIMIT_S``; what it prints goes
    to stderr, where it does not mix with what a command answers.
    """
    raw = _bytes_of(path)
    try:
        code = compile(raw, str(path), "exec", dont_inherit=True)
    except (SyntaxError, ValueError) as error:  # ValueError: bytes that are no text
        place = f"{path.name}:{getattr(error, 'lineno', None) or 1}"
        raise ConfigError(f"{place}: {getattr(error, 'msg', error)}") from error
    module = ModuleType(f"_local_{path.stem}_{_digest_of(raw)[:12]}")
    module.__file__ = str(path)
    # Dataclasses look for their module there while they are made; afterwards nobody does.
    sys.modules[module.__name__] = module
    try:
        _run_within_limit(code, module, path)
    except _EndlessImportError:
        raise
    except BaseException as error:  # foreign code may raise anything, SystemExit too
        text = f"{type(error).__name__}: {str(error)[:160]}"
        raise ConfigError(f"{path.name}:{_line_of(error, path)}: {text}") from error
    finally:
        del sys.modules[module.__name__]
    return module


class _EndlessImportError(ConfigError):
    """The import of a file was given up."""


def _run_within_limit(code: CodeType, module: ModuleType, path: Path) -> None:
    """Run *code*; raises what it raises, and ConfigError where it does not come to an end."""
    failures: list[BaseException] = []

    def work() -> None:
        try:
            exec(code, module.__dict__)  # noqa: S102 # the file the device file names
        except BaseException as error:  # noqa: BLE001 # told by who asked for the module
            failures.append(error)

    thread = threading.Thread(target=copy_context().run, args=(work,), daemon=True)
    with contextlib.redirect_stdout(sys.stderr):
        thread.start()
        thread.join(IMPORT_LIMIT_S)
        if thread.is_alive() and thread.ident is not None:
            interrupt(thread.ident)
            thread.join(_PATIENCE_S)
            raise _EndlessImportError(
                f"{path.name}: its import does not end within {IMPORT_LIMIT_S:g} s"
                " (what takes time belongs into setup)"
            )
    if failures:
        raise failures[0]


def _digest_of(raw: bytes) -> str:
    from hashlib import sha256  # noqa: PLC0415 # loads OpenSSL, for files with such drivers only

    return sha256(raw).hexdigest()


def _driver_class(module: ModuleType, path: Path, name: str | None) -> type[Driver]:
    own = [
        value
        for value in vars(module).values()
        if isinstance(value, type)
        and issubclass(value, Driver)
        and value.__module__ == module.__name__
    ]
    fitting = [each for each in own if name in (None, each.__name__)]
    if len(fitting) == 1:
        return fitting[0]
    if not own:
        raise ConfigError(f"{path.name} has no class that is a Driver")
    names = ", ".join(each.__name__ for each in own)
    if name is not None:
        raise ConfigError(f"{path.name} has no Driver called {name}; it has {names}")
    raise ConfigError(f'{path.name} has several drivers: write class = "..." ({names})')


def _bytes_of(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise ConfigError(f"{path} cannot be read: {reason}") from error


def _line_of(error: BaseException, path: Path) -> int:
    """Return the last line of *path* on the way to *error*."""
    line, trace = 0, error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == str(path):
            line = trace.tb_lineno
        trace = trace.tb_next
    return line


def simulated_part_of(spec: DriverSpec) -> Any:
    """Return the class of the simulated part that stands beside a local driver; None without.

    Raises:
        ConfigError: its file cannot be used; says where and why.
    """
    part: Path | None = getattr(spec.driver_class, "simulated_part", None)
    if part is None:
        return None
    found = getattr(load_local_module(part), "PART", None)
    if not isinstance(found, type) or not hasattr(found, "power_up"):
        raise ConfigError(f"{part.name} does not say PART = the class of the simulated part")
    return found
