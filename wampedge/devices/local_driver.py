"""Drivers that stand beside the device file: one file each, run in a module of its own.

The file is read again whenever the device file is: what is the same text is the same driver, and
another text another one, so that a reload restarts the devices of what changed and no others. Of
each file only the newest is kept.
"""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from wampedge.devices.driver import Driver, DriverSpec, spec_of
from wampedge.errors import ConfigError

__all__ = ["load_local_driver", "load_local_module", "simulated_part_of"]

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
    known = _newest.get(key)
    if known is not None and known[0] == digest:
        return known[1]
    if path.suffix == ".toml":
        from wampedge.devices.tomlfile import load_driver_file  # noqa: PLC0415 # only they need compilers

        spec = load_driver_file(path)
    else:
        found = _driver_class(load_local_module(path), path, class_name)
        spec = found._spec = spec_of(found).but(name=name)
    setattr(spec.driver_class, "simulated_part", part)  # noqa: B010 # only local drivers have it
    _newest[key] = digest, spec
    return spec


def load_local_module(path: Path) -> ModuleType:
    """Run the Python file *path* as a module nobody else sees; raises ConfigError."""
    raw = _bytes_of(path)
    module = ModuleType(f"_local_{path.stem}_{_digest_of(raw)[:12]}")
    module.__file__ = str(path)
    # Dataclasses look for their module there while they are made; afterwards nobody does.
    sys.modules[module.__name__] = module
    try:
        exec(compile(raw, str(path), "exec", dont_inherit=True), module.__dict__)  # noqa: S102 # the file the device file names
    except SyntaxError as error:
        raise ConfigError(f"{path.name}:{error.lineno}: {error.msg}") from error
    except BaseException as error:  # foreign code may raise anything, SystemExit too
        text = f"{type(error).__name__}: {str(error)[:160]}"
        raise ConfigError(f"{path.name}:{_line_of(error, path)}: {text}") from error
    finally:
        del sys.modules[module.__name__]
    return module


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
    """Return the class of the simulated part that stands beside a local driver; None without."""
    part: Path | None = getattr(spec.driver_class, "simulated_part", None)
    return None if part is None else getattr(load_local_module(part), "PART", None)
