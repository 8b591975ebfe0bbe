"""Runs the source of CircuitPython drivers in a world of their own.

The modules are never in ``sys.modules`` and see our ``busio``, ``digitalio``, ``micropython`` and
``time`` instead of the machine's. So they need no Blinka and do not mind one that is installed, two
nodes with different clocks may use one driver, and the program itself is not touched.

They are compiled with postponed annotations: their annotations use names that exist on a
microcontroller only.
"""

from __future__ import annotations
import __future__

import builtins
import importlib.util
import sys
from collections.abc import Mapping, Sequence
from threading import RLock
from types import CodeType, ModuleType
from typing import Any
from weakref import WeakKeyDictionary

from wampedge.devices.circuitpython.shims import make_time, shim_modules
from wampedge.devices.circuitpython.sources import PREFIX, find_source, is_package
from wampedge.devices.contracts import Clock

__all__ = ["Library", "library_of"]

_ABSENT = frozenset({"board", "circuitpython_typing", "microcontroller", "adafruit_blinka", "RPi"})
"""What drivers ask for in ``try``, or for machines other than ours."""


class Library:
    """One CircuitPython driver with the modules it imports, each loaded once, for any thread.

    Args:
        clock: what ``time`` means to them.
    """

    def __init__(self, clock: Clock) -> None:
        self._lock = RLock()
        self._modules: dict[str, ModuleType] = shim_modules()
        self._modules["time"] = make_time(clock)
        self._builtins = {**vars(builtins), "__import__": self._import}

    def load(self, name: str) -> ModuleType:
        """Return the module *name*; raises ImportError, and whatever its own code raises."""
        with self._lock:
            return self._load(name)

    def _load(self, name: str) -> ModuleType:
        if name in self._modules:
            return self._modules[name]
        parent, _, child = name.rpartition(".")
        if parent:
            self._load(parent)
            if name in self._modules:  # the parent has loaded it
                return self._modules[name]
        module, code = self._prepare(name)
        self._modules[name] = module
        if parent:  # before it runs, for modules that import each other
            setattr(self._modules[parent], child, module)
        try:
            exec(code, module.__dict__)  # noqa: S102 # the driver the device file asks for
        except BaseException:
            del self._modules[name]
            if parent:
                delattr(self._modules[parent], child)
            raise
        return module

    def _prepare(self, name: str) -> tuple[ModuleType, CodeType]:
        file = find_source(name, sys.path)
        if file is None:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        module = ModuleType(name)
        module.__file__ = str(file)
        module.__dict__["__builtins__"] = self._builtins
        if is_package(file):
            module.__path__ = [str(file.parent)]
        module.__package__ = name if is_package(file) else name.rpartition(".")[0]
        flags = __future__.annotations.compiler_flag
        code = compile(file.read_bytes(), str(file), "exec", flags=flags, dont_inherit=True)
        return module, code

    def _import(
        self,
        name: str,
        scope: Mapping[str, Any] | None = None,
        _: Mapping[str, Any] | None = None,
        wanted: Sequence[str] | None = (),
        level: int = 0,
    ) -> ModuleType:
        """Do what an ``import`` statement in one of the modules asks for."""
        if level:
            package = str((scope or {}).get("__package__") or "")
            name = importlib.util.resolve_name("." * level + name, package)
        top = name.partition(".")[0]
        if top in _ABSENT:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        with self._lock:
            if top not in self._modules and not top.startswith(PREFIX):
                return builtins.__import__(name, fromlist=tuple(wanted or ()))
            module = self._load(name)
            for each in wanted or ():
                self._load_if_submodule(module, each)
            return module if wanted or level else self._load(top)

    def _load_if_submodule(self, module: ModuleType, name: str) -> None:
        if hasattr(module, "__path__") and not hasattr(module, name):
            full = f"{module.__name__}.{name}"
            if find_source(full, sys.path) is not None:
                self._load(full)


_libraries_by_clock: WeakKeyDictionary[Clock, dict[str, Library]] = WeakKeyDictionary()
_lock = RLock()


def library_of(clock: Clock, module: str) -> Library:
    """Return the library of the package of *module* on *clock*; any thread may ask.

    One a package: a driver that hangs as it is imported keeps only its own library locked.
    """
    package = module.partition(".")[0]
    with _lock:
        libraries = _libraries_by_clock.setdefault(clock, {})
        if package not in libraries:
            libraries[package] = Library(clock)
        return libraries[package]
